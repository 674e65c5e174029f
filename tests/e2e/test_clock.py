"""The response clock through the doors: what is owed to a customer is due, is told once and in order, and only an answer stops it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sales import ADMINISTRATOR, ANNA, JONAS, LEADER, Sales
from stage import Stage, mark
from waiting import until

pytestmark = pytest.mark.xdist_group("stack")

PROMPT = timedelta(seconds=1)
TIMES = ("due_soon", "breached", "escalated", "escalated")
ALL = (*TIMES, "answered", "corrected", "reopened", "cancelled")


def promised(stage: Stage, lead: str, within: float = 3, n: int = 0) -> datetime:
    """What is asked is due so many seconds from now by the clock on the wall, due soon after two thirds of them, with a step one and
    two seconds behind; when that is. The policy in force promises hours, so the row says it, as it would by such a policy."""
    row = stage.sql(
        "leads",
        """
        update request set times = array[now() + $3::float8 * interval '0.67 s', now() + $3::float8 * interval '1 s',
                now() + ($3::float8 + 1) * interval '1 s', now() + ($3::float8 + 2) * interval '1 s'],
            due_at = now() + $3::float8 * interval '1 s', next_at = now() + $3::float8 * interval '0.67 s'
        where lead_id = $1::uuid and n = $2 returning due_at
        """,
        lead,
        n,
        within,
    )
    assert row, "nothing of the kind is owed"
    return datetime.fromisoformat(str(row[0]["due_at"]))


def told(sales: Sales, lead: str) -> list[tuple[str, dict[str, Any]]]:
    """What the clock has said of a lead's first response."""
    return [(kind, body) for kind, body in sales.said("leads.request", lead, *ALL) if body["n"] == 0]


def in_time(events: list[tuple[str, dict[str, Any]]], lateness: timedelta = PROMPT) -> None:
    """Each step was told once, in order, and within a second of its time."""
    assert tuple(kind for kind, _ in events) == TIMES
    assert [body["step"] for kind, body in events if kind == "escalated"] == [1, 2]
    at = [datetime.fromisoformat(body["step_at"]) for _, body in events]
    assert at == sorted(at)
    late = [datetime.fromisoformat(body["fired_at"]) - one for (_, body), one in zip(events, at, strict=True)]
    assert all(timedelta() <= one <= lateness for one in late), late


def fired(sales: Sales, lead: str, within: float = 15) -> list[tuple[str, dict[str, Any]]]:
    """All that the clock says of it, once it has said the last."""
    events = until("the last step is told", lambda: len(found := told(sales, lead)) >= len(TIMES) and found, within)
    time.sleep(0.5)  # whether it says anything twice
    return told(sales, lead) or events


def test_what_nobody_answers_is_due_soon_breached_and_escalated_once_each(stage: Stage, sales: Sales) -> None:
    """Case 20 of leads' acceptance, by one process; whoever leads the team and the company is named."""
    lead = sales.hers()
    promised(stage, lead)
    events = fired(sales, lead)
    in_time(events)
    _, breached, first, second = (body for _, body in events)
    assert (breached["responder"], breached["holder"]) == (ANNA, ANNA)
    assert (first["level"], LEADER in first["to"]) == ("supervisor", True)
    assert second["level"] == "manager"
    [row] = sales.company.asks(ANNA, "GET", "leads", f"leads/{lead}/requests").json()["rows"]
    assert (row["state"], row["breached"]) == ("open", True)


def test_of_two_replicas_one_dies_just_before_the_time_and_it_is_told_once(stage: Stage, sales: Sales) -> None:
    """Case 20 of leads' acceptance, by two processes of which one is killed at 2.9 s."""
    leads = [sales.hers() for _ in range(4)]
    with sales.second("leads") as other:
        due = [promised(stage, lead) for lead in leads]
        time.sleep(max(0.0, (due[0] - datetime.now(UTC)).total_seconds() - 0.1))
        other.kill()
        for lead in leads:
            # A row that the dead one held is let go when the database has seen that it is gone.
            in_time(fired(sales, lead), 2 * PROMPT)


def test_a_single_process_that_is_down_when_it_is_due_tells_it_once_when_it_is_back(stage: Stage, sales: Sales) -> None:
    """Case 20 of leads' acceptance: all times pass while nobody is there."""
    lead = sales.hers()
    service = stage.services["leads"]
    due = promised(stage, lead)
    service.kill()
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() + 2))
    service.start()
    service.wait_until_ready()
    until("the last step is told", lambda: len(told(sales, lead)) >= 3, 15)
    time.sleep(0.5)
    events = told(sales, lead)
    assert [kind for kind, _ in events] == ["breached", "escalated", "escalated"], "what is over will not be due soon"
    assert [body["step"] for kind, body in events if kind == "escalated"] == [1, 2]


def test_nothing_but_a_response_stops_it(stage: Stage, sales: Sales) -> None:
    """Case 21 of leads' acceptance."""
    lead, answered = sales.hers(), sales.hers()
    before, _ = promised(stage, lead), promised(stage, answered)
    sales.company.asks(ANNA, "POST", "leads", f"leads/{lead}/claim")
    sales.done(ANNA, lead, kind="note", reached=None, text="Ask for the size.")
    sales.done(ANNA, lead, reached=False)
    sales.company.does(LEADER, "POST", f"leads/{lead}/assignment", {"person": JONAS})
    sales.becomes(lead, person=JONAS)
    [row] = sales.company.asks(JONAS, "GET", "leads", f"leads/{lead}/requests").json()["rows"]
    assert (datetime.fromisoformat(row["due_at"]), row["answered_at"], row["responder"]) == (before, None, JONAS)
    done = sales.done(ANNA, answered)
    assert [kind for kind, _ in fired(sales, lead)] == list(TIMES)
    kinds = [kind for kind, _ in told(sales, answered)]
    assert [kind for kind in kinds if kind != "due_soon"] == ["answered"]
    [body] = [body for kind, body in told(sales, answered) if kind == "answered"]
    assert (body["activity_id"], body["late"], body["by"]) == (done["id"], False, ANNA)


def moved_back(stage: Stage, lead: str, hours: float) -> None:
    """The lead, and all that it is owed, is so much older."""
    back = f"interval '{hours} h'"
    stage.sql(
        "leads",
        f"""
        update request set asked_at = asked_at - {back}, starts_at = starts_at - {back}, due_at = due_at - {back},
            next_at = next_at - {back}, times = array(select t - {back} from unnest(times) t)
        where lead_id = $1::uuid
        """,
        lead,
    )


def test_an_earlier_answer_takes_back_what_was_told_and_late_typing_waits_for_who_leads(
    stage: Stage, sales: Sales
) -> None:
    """Case 22 of leads' acceptance; the earlier call is typed, as no telephone system tells of it yet."""
    channel = mark("clock")
    lead = sales.hers(channel=channel)
    moved_back(stage, lead, 1)
    promised(stage, lead, 0.5)
    until("it is breached", lambda: "breached" in [kind for kind, _ in told(sales, lead)])
    stage.counted("channel", channel, breaches=1)
    at = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    done = sales.done(ANNA, lead, occurred_at=at)
    [corrected] = until("it is corrected", lambda: [body for kind, body in told(sales, lead) if kind == "corrected"])
    assert corrected["withdraws"][0] == "breached"
    assert corrected["late"] is False
    stage.counted("channel", channel, breaches=0, answered_in_time=1)
    void = sales.company.asks(
        ANNA, "POST", "leads", f"leads/{lead}/activities/{done['id']}/void", {"code": "did_not_happen"}
    )
    assert void.status_code == 200, void.text
    until("it is owed again", lambda: "reopened" in [kind for kind, _ in told(sales, lead)])
    late = sales.hers()
    moved_back(stage, late, 31)
    typed = sales.done(ANNA, late, occurred_at=(datetime.now(UTC) - timedelta(hours=30)).isoformat())
    path = f"leads/{late}/requests"
    assert sales.company.asks(ANNA, "GET", "leads", path).json()["rows"][0]["state"] == "open"
    believed = {"activity_id": typed["id"], "counts": True}
    assert sales.company.asks(ANNA, "POST", "leads", f"{path}/0/check", believed).status_code == 403
    answer = sales.company.asks(LEADER, "POST", "leads", f"{path}/0/check", believed)
    assert (answer.status_code, answer.json()["state"]) == (200, "answered"), answer.text


def test_whose_delay_it_was_is_told_apart(stage: Stage, sales: Sales) -> None:
    """Case 23 of leads' acceptance, with two seconds in the queue and three with anna."""
    team = sales.team("anna", "jonas")
    sales.known(team)
    absences = [sales.away(person) for person in team.people.values()]
    lead = sales.decided(stage.submit(sales.form(team)))
    sales.becomes(lead, place="queue")
    owed = stage.sql("leads", "select starts_at, due_at from request where lead_id = $1::uuid and n = 0", lead)[0]
    time.sleep(max(0.0, 2 - (datetime.now(UTC) - owed["starts_at"]).total_seconds()))
    sales.back(absences[0])
    sales.becomes(lead, person=team.anna)
    [since] = stage.sql("leads", "select at from timeline where lead_id = $1::uuid and what = 'assigned'", lead)
    time.sleep(max(0.0, 3 - (datetime.now(UTC) - since["at"]).total_seconds()))
    sales.done(team.anna, lead)
    [answered] = [body for kind, body in told(sales, lead) if kind == "answered"]
    waited = (since["at"] - owed["starts_at"]).total_seconds()
    whole = (datetime.fromisoformat(answered["answered_at"]) - owed["starts_at"]).total_seconds()
    assert answered["system_wall_s"] == pytest.approx(waited, abs=1)
    assert answered["human_wall_s"] == pytest.approx(whole - waited, abs=1)
    assert waited >= 2
    again = stage.sql("leads", "select due_at from request where lead_id = $1::uuid and n = 0", lead)[0]
    assert again["due_at"] == owed["due_at"]


def test_what_a_form_asks_for_is_owed_and_a_quotation_is_answered_by_what_was_sent(stage: Stage, sales: Sales) -> None:
    """Case 25 of leads' acceptance."""
    lead = sales.hers(requests=[{"kind": "sample"}])
    path = f"leads/{lead}/requests"
    rows = sales.company.asks(ANNA, "GET", "leads", path).json()["rows"]
    assert [(row["n"], row["kind"], row["responder"]) for row in rows] == [
        (0, "first_response", ANNA),
        (1, "sample", ANNA),
    ]
    assert rows[1]["due_at"]
    asked = sales.company.asks(ANNA, "POST", "leads", path, {"kind": "quotation"})
    assert (asked.status_code, asked.json()["n"]) == (201, 2), asked.text
    how = {"result": "sent", "how": "email"}
    bare = sales.company.asks(ANNA, "POST", "leads", f"{path}/2/answer", how)
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "document")
    sent = sales.company.asks(ANNA, "POST", "leads", f"{path}/2/answer", how | {"document": "Q-2026-17"})
    assert (sent.status_code, sent.json()["state"]) == (200, "answered"), sent.text
    met = sales.company.asks(LEADER, "POST", "leads", f"{path}/2/check", {"met": True})
    assert (met.status_code, met.json()["met"]) == (200, True), met.text


WEEK = ("mon", "tue", "wed", "thu", "fri")
DESIGNER = "d.rules"


def works(sales: Sales, zone: str, week: dict[str, Any], **exceptions: Any) -> str:
    """A calendar that is in force."""
    name = mark("c")
    body = {"zone": zone, "week": week, "exceptions": exceptions}
    answer = sales.company.asks(ADMINISTRATOR, "PUT", "territory", f"calendars/{name}", body)
    assert answer.status_code == 201, answer.text
    return name


def due(sales: Sales, calendar: str, since: str, minutes: int) -> str:
    answer = sales.company.asks(ANNA, "GET", "territory", f"calendars/{calendar}/at?from={since}&minutes={minutes}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["due_at"])


def test_working_time_knows_weekends_lunch_summer_time_and_days_that_are_other(sales: Sales) -> None:
    """Cases 16 and 17 of territory's acceptance, and 19 of leads': what a calendar without an hour is told."""
    hours = [["09:00", "18:00"]]
    teheran = works(
        sales,
        "Asia/Tehran",
        {key: [["09:00", "17:00"]] for key in ("sat", "sun", "mon", "tue", "wed")} | {"thu": [["09:00", "13:00"]]},
    )
    assert due(sales, teheran, "2026-11-26T09:00:00Z", 120) == "2026-11-28T07:00:00Z"
    berlin = works(sales, "Europe/Berlin", dict.fromkeys(WEEK, hours))
    assert due(sales, berlin, "2026-10-23T15:30:00Z", 120) == "2026-10-26T09:30:00Z"
    lunch = {key: [["09:00", "12:00"], ["13:00", "18:00"]] for key in WEEK}
    half = works(sales, "Europe/Berlin", lunch)
    assert due(sales, half, "2026-11-27T16:30:00Z", 120) == "2026-11-30T09:30:00Z"
    assert due(sales, half, "2026-11-28T21:00:00Z", 120) == "2026-11-30T10:00:00Z"
    closed = works(sales, "Europe/Berlin", lunch, **{"2026-11-30": []})
    assert due(sales, closed, "2026-11-27T16:30:00Z", 120) == "2026-12-01T09:30:00Z"
    made = works(sales, "Asia/Shanghai", dict.fromkeys(WEEK, hours), **{"2027-02-20": hours})
    assert due(sales, made, "2027-02-19T09:30:00Z", 120) == "2027-02-20T02:30:00Z"
    plain = works(sales, "Asia/Shanghai", dict.fromkeys(WEEK, hours))
    assert due(sales, plain, "2027-02-19T09:30:00Z", 120) == "2027-02-22T02:30:00Z"
    always = works(sales, "UTC", {key: [["00:00", "24:00"]] for key in (*WEEK, "sat", "sun")})
    assert due(sales, always, "2026-11-27T23:30:00Z", 48 * 60) == "2026-11-29T23:30:00Z"
    night = [["02:00", "03:00"]]
    sundays = works(sales, "Europe/Berlin", dict.fromkeys(WEEK, hours), **{"2026-03-29": night, "2026-10-25": night})
    assert due(sales, sundays, "2026-03-28T12:00:00Z", 1) == "2026-03-30T07:01:00Z", "an hour that is not there"
    assert due(sales, sundays, "2026-10-24T12:00:00Z", 120) == "2026-10-25T02:00:00Z", "an hour that comes twice"
    none = {"zone": "Europe/Berlin", "week": {}, "exceptions": {}}
    refused = sales.company.asks(ADMINISTRATOR, "PUT", "territory", f"calendars/{mark('c')}", none)
    assert refused.status_code == 422, refused.text


def test_by_when_an_answer_is_owed_is_tried_by_a_policy_and_a_calendar(sales: Sales) -> None:
    """Cases 15 to 19 and 24 of leads' acceptance, at the door that tries a version: 2 hours, soon at 75 in a hundred, steps after 1 h,
    4 h and a day."""
    lunch = {key: [["09:00", "12:00"], ["13:00", "18:00"]] for key in WEEK}
    berlin = works(sales, "Europe/Berlin", lunch)
    closed = works(sales, "Europe/Berlin", lunch, **{"2026-11-30": []})
    week = {key: [["08:30", "17:00"]] for key in ("sat", "sun", "mon", "tue", "wed")} | {"thu": [["08:30", "13:00"]]}
    tehran = works(sales, "Asia/Tehran", week)
    nouruz = works(sales, "Asia/Tehran", week, **{f"2027-03-{day}": [] for day in range(20, 25)})
    plain = {key: [["09:00", "18:00"]] for key in WEEK}
    shanghai = works(sales, "Asia/Shanghai", plain)
    made = works(sales, "Asia/Shanghai", plain, **{"2027-02-20": plain["mon"]})
    always = works(sales, "UTC", {key: [["00:00", "24:00"]] for key in (*WEEK, "sat", "sun")})
    known = "select count(*) from calendar where calendar = any($1)"
    names = [berlin, closed, tehran, nouruz, shanghai, made, always]
    until("leads knows them", lambda: sales.stage.sql("leads", known, names)[0][0] == len(names))
    [version] = [
        row["version"]
        for row in sales.company.asks(LEADER, "GET", "leads", "rules").json()["rows"]
        if (row["kind"], row["state"]) == ("response", "active")
    ]

    def tried(calendar: str, starts_at: str, version: int = version) -> list[str]:
        body = {"calendar": calendar, "starts_at": starts_at}
        answer = sales.company.asks(LEADER, "POST", "leads", f"rules/response/{version}/try", body)
        assert answer.status_code == 200, answer.text
        times = answer.json()
        return [times["due_at"], times["soon_at"], *times["steps"]]

    monday = ["2026-11-30T09:30:00Z", "2026-11-30T09:00:00Z", "2026-11-30T10:30:00Z", "2026-11-30T14:30:00Z"]
    assert tried(berlin, "2026-11-27T16:30:00Z") == [*monday, "2026-12-01T09:30:00Z"]
    for calendar, starts_at, due_at in (
        (berlin, "2026-10-23T15:00:00Z", "2026-10-26T09:00:00Z"),  # summer time ends on the way
        (closed, "2026-11-27T16:30:00Z", "2026-12-01T09:30:00Z"),
        (tehran, "2026-11-26T09:00:00Z", "2026-11-28T06:30:00Z"),
        (nouruz, "2027-03-18T09:00:00Z", "2027-03-25T06:30:00Z"),
        (made, "2027-02-19T09:30:00Z", "2027-02-20T02:30:00Z"),
        (shanghai, "2027-02-19T09:30:00Z", "2027-02-22T02:30:00Z"),
        (berlin, "2026-11-28T21:00:00Z", "2026-11-30T10:00:00Z"),
    ):
        assert tried(calendar, starts_at)[0] == due_at, (calendar, starts_at)
    sales.company.comes(DESIGNER, "territory_designer")
    content = sales.company.asks(DESIGNER, "GET", "leads", "rules/response/active").json()["content"]
    longer = content | {"promises": [{"within": "48h"}]}
    draft = sales.company.asks(DESIGNER, "POST", "leads", "rules/response", {"content": longer})
    assert draft.status_code == 201, draft.text
    assert tried(always, "2026-11-27T23:30:00Z", draft.json()["version"])[0] == "2026-11-29T23:30:00Z"
    where = f"rules/response/{draft.json()['version']}/archive"
    assert sales.company.asks(DESIGNER, "POST", "leads", where, None, draft.headers["etag"]).status_code == 200


def test_a_work_list_has_what_is_late_first_and_says_by_when(stage: Stage, sales: Sales) -> None:
    """The day of a salesperson: what the clock says is what the list says."""
    team = sales.team("anna")
    sales.known(team)
    calm, late = sales.comes(team), sales.comes(team)
    promised(stage, late, -1)
    rows = sales.company.asks(team.anna, "GET", "leads", "work?names=false").json()["rows"]
    owed = {
        row["lead_id"]: row["due_at"]
        for row in stage.sql(
            "leads", "select lead_id::text, due_at from request where lead_id = any($1::uuid[])", [calm, late]
        )
    }
    assert [row["id"] for row in rows] == [late, calm]
    assert [datetime.fromisoformat(row["due_at"]) for row in rows] == [owed[late], owed[calm]]
    assert (rows[0]["priority"], rows[0]["because"]) == (3, "breached")
    sales.done(team.anna, late)
    rows = sales.company.asks(team.anna, "GET", "leads", "work?names=false").json()["rows"]
    assert [row["due_at"] is None for row in rows if row["id"] == late] == [True]
