"""The id of a lead comes from what its sender calls it."""

from leads.domain.identity import lead_id_for


def test_the_same_key_makes_the_same_id_and_another_key_another() -> None:
    assert lead_id_for("k1", "web", None) == lead_id_for("k1", "phone", None) != lead_id_for("k2", "web", None)


def test_the_external_id_of_a_source_makes_the_id_whatever_the_key_so_that_an_outcome_finds_its_lead() -> None:
    assert lead_id_for("k1", "import", "7") == lead_id_for(None, "import", "7") != lead_id_for(None, "sales", "7")


def test_a_key_that_looks_like_an_external_id_is_not_one() -> None:
    assert lead_id_for("ext:import:7", None, None) != lead_id_for(None, "import", "7")


def test_nothing_given_makes_no_id() -> None:
    assert lead_id_for(None, "web", None) is None
    assert lead_id_for("", None, "7") is None


def test_an_id_belongs_to_its_sender_or_to_its_public_form_and_the_two_never_meet() -> None:
    ids = {
        lead_id_for(None, "web", "17", *place)
        for place in ((), ("site-a", None), ("site-b", None), (None, "site-a"), (None, "site-b"))
    }
    assert len(ids) == 5
    assert lead_id_for(None, "web", "17", None, "Site-A ") == lead_id_for(None, "web", "17", None, "site-a")


def test_no_name_can_be_read_as_a_name_and_the_beginning_of_an_id() -> None:
    assert lead_id_for(None, "web", "b:7", "a") != lead_id_for(None, "web", "7", "a:b")
    assert lead_id_for("b:7", None, None, "a") != lead_id_for("7", None, None, "a:b")
