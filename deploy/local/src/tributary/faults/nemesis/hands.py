"""Leads change hands and clocks run while both services that do it are killed: what began goes on, once."""

import random
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

from tributary.faults.nemesis import processes
from tributary.faults.nemesis.people import MOVERS, taken
from tributary.faults.testbed import DidNotHappen, Testbed, happens
from tributary.tokens import ADMINISTRATORS

MOST_MOVED, RETURNED, OWED = 1000, 12, 300
WITHIN_S = 60.0
MANAGES = "organisation_management"

# Two teams: the one with the most leads, which gives, and the next one.
_TEAMS = """
select string_agg(team, ' ') from (
    select team from lead_case where person is not null and ended_at is null group by team order by count(*) desc, team limit 2) t
"""
_OF_TEAM = """
select string_agg(lead_id::text, ' ') from (
    select lead_id from lead_case where team = '{team}' and person is not null and ended_at is null order by lead_id limit {most}) l
"""
# What was ordered and not confirmed, unless the lead has gone on since.
_ON_THE_WAY = """
select count(*) from transfer_item i join lead_case c using (lead_id)
where i.transfer_id = '{which}' and (i.state = 'waiting' or (i.state = 'done' and c.number = i.made))
"""
_STATE = "select state from transfer where id = '{which}'"
_MOVED = "select count(*) from transfer_item where transfer_id = '{which}' and state = 'applied'"
_RECORDED = "select count(*) from transfer_item where transfer_id = '{which}'"
_HELD = """
select string_agg(lead_id::text || '/' || person, ' ') from (
    select lead_id, person from lead_case where person is not null and ended_at is null order by lead_id limit {most}) l
"""
_TAKEN_BACK = (
    "select count(distinct lead_id) from decision where cause = 'returned' and lead_id = any('{{{leads}}}'::uuid[])"
)
# As if their policy had promised so little time: a day would not do for a run of a minute.
_HURRY = """
with chosen as (
    select lead_id, n, times[2] - now() - random() * interval '3 s' as early from request
    where state = 'open' and step = 0 and cardinality(times) > 1 order by lead_id, n limit {most} for update skip locked
), hurried as (
    update request r set times = array(select at - chosen.early from unnest(r.times) at), next_at = r.times[1] - chosen.early,
        due_at = r.due_at - chosen.early
    from chosen where (r.lead_id, r.n) = (chosen.lead_id, chosen.n) returning r.lead_id, r.n
)
select string_agg(lead_id::text || '/' || n, ' ') from hurried
"""
_STILL = """
select count(*) from request where lead_id::text || '/' || n = any(string_to_array('{which}', ' ')) and state = 'open' and step < 2
"""


def transfer(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """Many leads of a team go to another and back, and twice on each way territory and leads die."""
    onset = time.monotonic()
    teams = str(testbed.sql("territory", _TEAMS) or "").split()
    if len(teams) < 2:
        raise DidNotHappen("no two teams have leads")
    leads = str(testbed.sql("territory", _OF_TEAM.format(team=teams[0], most=MOST_MOVED))).split()
    manager = _manager(testbed)
    order = {"from_team": teams[0], "to_team": teams[1], "leads": leads, "code": "balance"}
    there = _ordered(testbed, draw, manager, "/transfers", order)
    back = _ordered(testbed, draw, manager, f"/transfers/{there['id']}/undo", None)
    if not there["moved"]:
        raise DidNotHappen(f"none of {len(leads)} leads has moved")
    return {"onset": onset, "from": teams[0], "to": teams[1], "moved": there["moved"], "moved_back": back["moved"]}


def _manager(testbed: Testbed) -> str:
    """Somebody who may order leads about: one administrator has asked for it, the other has confirmed it."""
    running = testbed.stack.running
    if held := testbed.sql("territory", f"select min(person) from role_grant where role = '{MANAGES}'"):
        return str(held)
    known = ", ".join(f"'{one}'" for one in (*ADMINISTRATORS, *MOVERS))
    name = testbed.sql("territory", f"select min(person) from membership where person not in ({known})")
    proposal = taken(running, ADMINISTRATORS[0], f"/people/{name}/roles", {"role": MANAGES})["proposal"]["id"]
    taken(running, ADMINISTRATORS[1], f"/proposals/{proposal}/confirm", None)
    return str(name)


def _ordered(testbed: Testbed, draw: random.Random, who: str, path: str, body: Any) -> dict[str, Any]:
    which = taken(testbed.stack.running, who, path, body)["id"]
    _killed(testbed, draw)
    where = f"transfer {which} is carried out"
    happens(where, lambda: testbed.sql("territory", _STATE.format(which=which)) == "completed", WITHIN_S)
    happens(where, lambda: not testbed.sql("territory", _ON_THE_WAY.format(which=which)), WITHIN_S)
    moved = testbed.sql("territory", _MOVED.format(which=which))
    recorded = testbed.sql("leads", _RECORDED.format(which=which))
    if moved != recorded:
        raise DidNotHappen(f"territory has {moved} leads that leads says it has moved, and leads has {recorded}")
    return {"id": which, "moved": moved}


def give_back(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """People give leads back while leads and territory die; each return is asked for until there is an answer."""
    onset = time.monotonic()
    held = [one.split("/") for one in str(testbed.sql("territory", _HELD.format(most=RETURNED)) or "").split()]
    killer = threading.Thread(target=_killed, args=(testbed, draw))
    killer.start()
    try:
        returned = [lead for lead, person in held if _returned(testbed, lead, person)]
    finally:
        killer.join()
    if not returned:
        raise DidNotHappen(f"none of {len(held)} leads was returned")
    asked = _TAKEN_BACK.format(leads=",".join(returned))
    happens("what was returned is decided again", lambda: testbed.sql("territory", asked) == len(returned), WITHIN_S)
    return {"onset": onset, "returned": len(returned)}


def _returned(testbed: Testbed, lead: str, person: str) -> bool:
    """Whether it was returned by this, now or by an answer that never came. What has ended since stands against it."""
    running, deadline = testbed.stack.running, time.monotonic() + WITHIN_S
    url, asked = f"{running.services['leads'].url}/v1/leads/{lead}", False
    while time.monotonic() < deadline:
        headers: Mapping[str, str] = {"authorization": f"Bearer {running.tokens.person(person)}"}
        with suppress(httpx.TransportError, KeyError):
            read = httpx.get(url, headers=headers, timeout=5, trust_env=False)
            if read.status_code == 200:
                headers = {**headers, "if-match": read.headers["etag"]}
                asked = True
                said = httpx.post(
                    f"{url}/return", json={"code": "overload"}, headers=headers, timeout=5, trust_env=False
                )
                if said.status_code == 200:
                    return True
                if said.status_code in (403, 404, 409):
                    break
            elif read.status_code in (403, 404):
                break
        time.sleep(0.1)
    is_there = f"select count(*) from timeline where lead_id = '{lead}' and what = 'returned'"
    return asked and bool(testbed.sql("leads", is_there))


def breach(testbed: Testbed, draw: random.Random) -> dict[str, Any]:
    """The time of many promises comes within seconds, and leads dies while it is told."""
    onset = time.monotonic()
    owed = testbed.sql("leads", _HURRY.format(most=OWED))
    if not owed:
        raise DidNotHappen("nothing is owed to anybody")
    _killed(testbed, draw, ("leads", "leads"))
    happens("each breach is told", lambda: not testbed.sql("leads", _STILL.format(which=owed)), WITHIN_S)
    return {"onset": onset, "owed": len(owed.split())}


def _killed(testbed: Testbed, draw: random.Random, services: tuple[str, ...] = ("territory", "leads") * 2) -> None:
    """kill -9 one after the other, each back at once."""
    for service in services:
        processes.kill(testbed, draw, service)
