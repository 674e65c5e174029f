"""How an organisation begins: two administrators and a reading machine, once."""

import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.access import AccessGranted
from contracts.territory.member import MemberJoined, RoleGranted
from contracts.territory.structure import UnitDefined
from territory.use_cases.organisation import First, Refused, begin_organisation, say_everybody

ISSUER = "https://issuer.test"
TWO = (First("adm", "subject-1"), First("om", "subject-2"))


async def begin(service: ServiceUnderTest, *firsts: First, machines: tuple[str, ...] = ()) -> list[str]:
    """What the command does."""
    async with service.service.database.transaction() as tx:
        return await begin_organisation(firsts, machines, ISSUER, tx)


async def test_two_administrators_and_a_machine_begin_an_organisation(service: ServiceUnderTest) -> None:
    assert len(await begin(service, *TWO, machines=("local",))) == 3
    said = await service.emitted()
    access = {event.person: event for event in said if isinstance(event, AccessGranted)}
    assert access.keys() == {"adm", "om", "machine:local"}
    for person, subject in (("adm", "subject-1"), ("om", "subject-2")):
        held = access[person]
        assert [role.role for role in held.roles] == ["organisation_management", "people_administrator"]
        assert held.grants == ()
        assert [(of.issuer, of.subject) for of in held.subjects] == [(ISSUER, subject)]
    machine = access["machine:local"]
    assert (machine.kind, machine.roles) == ("machine", ())
    assert [(g.team, g.kind, g.records, g.opens) for g in machine.grants] == [
        ("(unplaced)", "machine", "none", False),
        ("company", "machine", "none", False),
    ]
    assert [event.unit for event in said if isinstance(event, UnitDefined)] == ["company"]
    assert len([event for event in said if isinstance(event, RoleGranted)]) == 4
    assert [event.person for event in said if isinstance(event, MemberJoined)] == ["machine:local"]


async def test_asked_again_for_the_same_nothing_changes(service: ServiceUnderTest) -> None:
    await begin(service, *TWO, machines=("local",))
    before = await service.state()
    assert await begin(service, *TWO, machines=("local",)) == []
    assert await begin(service, *TWO) == []
    assert await service.state() == before


async def test_an_organisation_begins_once_and_with_two(service: ServiceUnderTest) -> None:
    with pytest.raises(Refused, match="Two administrators"):
        await begin(service, TWO[0])
    await begin(service, *TWO)
    for firsts, machines in (((First("eve", "e"), TWO[0]), ()), (TWO, ("another",)), ((), ("another",))):
        with pytest.raises(Refused, match="has administrators"):
            await begin(service, *firsts, machines=machines)


async def test_after_a_backup_everybody_is_told_anew_and_under_a_greater_version(service: ServiceUnderTest) -> None:
    await begin(service, *TWO, machines=("local",))
    before = {event.person: event for event in await service.emitted() if isinstance(event, AccessGranted)}
    async with service.service.database.transaction() as tx:
        assert await say_everybody(tx) == 3
    for event in await service.emitted():
        assert isinstance(event, AccessGranted)
        old = before.pop(event.person)
        assert (event.version > old.version, event.grants, event.roles) == (True, old.grants, old.roles)
    assert before == {}


async def test_a_version_never_falls_though_the_clock_does(service: ServiceUnderTest) -> None:
    await begin(service, *TWO)
    await service.sql("update person set access = $1", 2**62)
    async with service.service.database.transaction() as tx:
        await say_everybody(tx)
    assert {event.version for event in await service.emitted() if isinstance(event, AccessGranted)} >= {2**62 + 1}
