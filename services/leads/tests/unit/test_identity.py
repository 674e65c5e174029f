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
