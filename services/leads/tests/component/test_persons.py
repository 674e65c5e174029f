"""Who a lead is about: however somebody writes an address or a number, it is one person."""

import pytest

from chassis_testing import ServiceUnderTest


@pytest.mark.parametrize(
    "contacts",
    [
        [{"email": e} for e in ("ana@bücher.example", "ANA@BÜCHER.example", "ana@xn--bcher-kva.example", "ana\u200b@bu\u0308cher.example")],
        [{"phone": p} for p in ("030 901820", "+49 (0)30 901820", "030 901820 x136", "۰۳۰ ۹۰۱۸۲۰", "030\u200e901820 Durchwahl 12")],
    ],
    ids=["addresses", "numbers"],
)  # fmt: skip
async def test_spellings_of_one_contact_are_one_person(
    service: ServiceUnderTest, contacts: list[dict[str, str]]
) -> None:
    for contact in contacts:
        answer = await service.anonymous.post("/v1/leads", json={"source": "web", "country": "DE", "contact": contact})
        assert answer.status_code == 202, answer.text
        await service.receives(service.intake.emitted[-1])
    assert len(await service.sql("select 1 from lead")) == len(contacts)
    assert len(await service.sql("select distinct person_id from lead")) == 1


async def test_a_number_is_of_whoever_is_called_so_and_under_another_name_of_another(service: ServiceUnderTest) -> None:
    names = ("Jule Marx", "MARX  Jule", "Dr. Jule Marx", "سارا احمدي", "سارا احمدی", "Karl Vogt", None, "Dr.")
    for name in names:
        contact = {"phone": "030 901820"} | ({"name": name} if name else {})
        answer = await service.anonymous.post("/v1/leads", json={"source": "web", "country": "DE", "contact": contact})
        assert answer.status_code == 202, answer.text
        await service.receives(service.intake.emitted[-1])
    rows = await service.sql("select person_id, party_id from lead order by captured_at, lead_id")
    assert [len({row[name] for row in rows}) for name in ("person_id", "party_id")] == [5, 5]
    assert len({row["person_id"] for row in rows[:3]}) == len({row["person_id"] for row in rows[3:5]}) == 1


async def test_a_call_without_a_number_is_a_person_of_its_own_and_goes_to_a_person(service: ServiceUnderTest) -> None:
    for _ in range(2):
        call = {"source": "phone", "contact": {"phone": "anonymous"}, "message": "Wants two lathes, calls again."}
        answer = await service.http.post("/v1/calls", json=call)
        assert answer.status_code == 202, answer.text
        await service.receives(service.intake.emitted[-1])
    assert len(await service.sql("select distinct person_id from lead")) == 2
    judged = (await service.http.get(f"/v1/leads/{answer.json()['id']}")).json()
    assert [h["disposition"] for h in judged["history"] if h["what"] == "qualified"] == ["needs_qualifier"]
