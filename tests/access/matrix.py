"""Who may what at which door: written by hand, a line a door, and never taken from what the doors declare.

A line says what each caller of people.py is answered on a thing of the team berlin: ``status caller caller | status caller |
status *``, where ``*`` is everybody else. Its first status is what whoever sees a thing is answered on it, of whatever team.
Whoever is let in and sent nothing useful gets 422: what matters is that he was let in; USEFUL says what he gets for the rest.
Doors for everybody are named with the reason.
"""

from typing import Any

from .people import CALLERS

SHUT = "401 nobody forged expired | 403 *"
# The door of one thing of a team: who sees it and may not is told so, to everybody else it is absent.
ABSENT = "401 nobody forged expired | 404 *"
SEES = "member leader qualifier marketer manager general substitute glass board"
AWAY = "stranger desk mover soon_in stood_in glass_soon glass_over"
BELONGS = f"member leader qualifier marketer manager general substitute glass {AWAY}"
RECORDS = f"member leader qualifier marketer substitute glass {AWAY}"
LOOKS = f"{BELONGS} board keeper designer auditor"
MARKET = f"{LOOKS} operator intake"
PEOPLE = f"{BELONGS} keeper"
LEADS = "leader keeper"
CONFIRMS = "leader manager general keeper"
KEEPS = "keeper"
ASSIGNS = "leader"
TRANSFERS = "leader"
TRIES = "leader designer"
FORMS = "marketer"
RULES = f"{BELONGS} designer"  # who works by a rule reads it; one drafts it and another puts it in force
SHAPES = "designer operator intake"
PUTS_IN = f"member leader qualifier marketer substitute glass {AWAY} operator intake"
ME = "200 * | 401 nobody forged expired"

OPEN: dict[tuple[str, str, str], str] = {
    **{
        (service, "GET", path): "health says nothing of anybody"
        for service in ("leads", "territory", "campaigns", "metrics")
        for path in ("/livez", "/readyz")
    },
    ("leads", "POST", "/v1/leads"): "anybody may become a lead",
    ("leads", "GET", "/v1/leads/thanks"): "where a form's sender lands",
    ("leads", "GET", "/v1/forms/{form}/definition"): "what a form asks is shown to every stranger",
    ("leads", "GET", "/v1/forms/{form}/embed.js"): "the script is the same for every site",
    ("leads", "OPTIONS", "/v1/forms/{form}/submissions"): "a browser asks before a stranger sends",
    ("leads", "POST", "/v1/forms/{form}/submissions"): "whoever meets a form may send it",
    ("leads", "GET", "/f/{form}"): "the same form as a page",
    ("leads", "GET", "/f/{form}/thanks"): "where its sender lands",
}

# Not in a document, and of no team: the document itself, the page that shows it, and figures of the process.
UNDOCUMENTED: dict[tuple[str, str, str], str] = {
    ("leads", "POST", "/v1/leads/"): "the capture door as some write it",
    ("leads", "GET", "/f/-/form.css"): "how pages of forms look",
    **{
        (service, method, path): reason
        for service in ("leads", "territory", "campaigns", "metrics")
        for method, path, reason in (
            ("GET", "/openapi.json", "the doors are no secret"),
            ("HEAD", "/openapi.json", "the doors are no secret"),
            ("GET", "/docs", "the doors are no secret"),
            ("*", "/docs/static", "the page's script and style"),
            ("*", "/metrics", "counts of the process, which name nobody"),
        )
    },
}

DOORS: dict[tuple[str, str, str], str] = {
    # -- leads
    ("leads", "GET", "/v1/access/me"): ME,
    ("leads", "GET", "/v1/work"): f"200 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/queues"): f"200 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/conservation"): f"200 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/qualification"): f"200 qualifier | {SHUT}",
    ("leads", "GET", "/v1/summary"): f"200 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/leads"): f"200 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/leads/{lead_id}"): f"200 {SEES} | {ABSENT}",
    ("leads", "GET", "/v1/leads/{lead_id}/timeline"): f"200 {SEES} | {ABSENT}",
    # What no team has had yet has no holder; the general manager and his like see, and are told so.
    ("leads", "GET", "/v1/leads/{lead_id}/holders"): f"200 {SEES} | {ABSENT}",
    ("leads", "GET", "/v1/leads/{lead_id}/activities"): f"200 {SEES} | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/activities"): f"422 {RECORDS} | 403 manager general board | {ABSENT}",
    (
        "leads",
        "POST",
        "/v1/leads/{lead_id}/activities/{activity_id}/void",
    ): f"422 {RECORDS} | 403 manager general board | {ABSENT}",
    # Who sees the lead and is no qualifier is told so, and it is on record.
    (
        "leads",
        "POST",
        "/v1/leads/{lead_id}/claim",
    ): f"200 qualifier | 403 member leader marketer manager general substitute glass board | {ABSENT}",
    (
        "leads",
        "DELETE",
        "/v1/leads/{lead_id}/claim",
    ): f"204 qualifier | 403 member leader marketer manager general substitute glass board | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/qualification"): f"422 {BELONGS} board | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/return"): f"422 {BELONGS} board | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/discard"): f"422 {BELONGS} board | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/merge"): f"422 {BELONGS} board | {ABSENT}",
    (
        "leads",
        "POST",
        "/v1/leads/{lead_id}/unmerge",
    ): f"428 leader qualifier | 403 member marketer manager general substitute glass board | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/restore"): f"422 {BELONGS} board | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/outcome"): f"422 {BELONGS} board | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/reopen"): f"422 {BELONGS} board | {ABSENT}",
    ("leads", "GET", "/v1/pipelines"): f"200 {BELONGS} board | {SHUT}",
    # Who sees more teams than a board is of, and names none, is told so.
    ("leads", "GET", "/v1/board"): f"200 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/documents-missing"): f"200 {BELONGS} board | {SHUT}",
    # What no team has had yet stands in no pipeline, and who sees it is told so.
    ("leads", "GET", "/v1/leads/{lead_id}/opportunity"): f"200 {SEES} | 404 {AWAY} | {SHUT}",
    ("leads", "PATCH", "/v1/leads/{lead_id}/opportunity"): f"422 {BELONGS} board | {SHUT}",
    ("leads", "POST", "/v1/leads/{lead_id}/stage"): f"422 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/leads/{lead_id}/documents"): f"200 {SEES} | 404 {AWAY} | {SHUT}",
    # A file is no JSON: whoever is let in and sends that is told what is taken.
    ("leads", "POST", "/v1/leads/{lead_id}/documents"): f"415 {RECORDS} | {SHUT}",
    # What rests in no store of files was lost there, and who may open it is told so.
    ("leads", "GET", "/v1/leads/{lead_id}/documents/{document_id}"): (
        f"503 member leader qualifier marketer manager general substitute glass | 404 {AWAY} | {SHUT}"
    ),
    ("leads", "GET", "/v1/leads/{lead_id}/requests"): f"200 {SEES} | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/requests"): f"422 {RECORDS} | 403 manager general board | {ABSENT}",
    ("leads", "PATCH", "/v1/leads/{lead_id}/requests/{n}"): f"422 {RECORDS} | 403 manager general board | {ABSENT}",
    (
        "leads",
        "POST",
        "/v1/leads/{lead_id}/requests/{n}/answer",
    ): f"422 {RECORDS} | 403 manager general board | {ABSENT}",
    (
        "leads",
        "POST",
        "/v1/leads/{lead_id}/requests/{n}/cancel",
    ): f"422 {RECORDS} | 403 manager general board | {ABSENT}",
    (
        "leads",
        "POST",
        "/v1/leads/{lead_id}/requests/{n}/check",
    ): f"422 {RECORDS} | 403 manager general board | {ABSENT}",
    ("leads", "POST", "/v1/leads/{lead_id}/contact"): f"422 {BELONGS} | 403 board | {ABSENT}",
    ("leads", "GET", "/v1/leads/{lead_id}/openings"): (
        f"200 member leader qualifier marketer manager general substitute glass auditor | 403 board | {ABSENT}"
    ),
    ("leads", "POST", "/v1/bulk"): f"422 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/jobs/{job_id}"): f"404 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/jobs/{job_id}/rows"): f"404 {BELONGS} board | {SHUT}",
    ("leads", "POST", "/v1/jobs/{job_id}/cancel"): f"404 {BELONGS} board | {SHUT}",
    ("leads", "GET", "/v1/rules"): f"200 {RULES} | {SHUT}",
    ("leads", "GET", "/v1/rules/{kind}"): f"200 {RULES} | {SHUT}",
    ("leads", "POST", "/v1/rules/{kind}"): f"422 designer | {SHUT}",
    ("leads", "GET", "/v1/rules/{kind}/active"): f"200 {RULES} | {SHUT}",
    ("leads", "GET", "/v1/rules/{kind}/{version}"): f"200 {RULES} | {SHUT}",
    ("leads", "PUT", "/v1/rules/{kind}/{version}"): f"422 designer | {SHUT}",
    ("leads", "POST", "/v1/rules/{kind}/{version}/activate"): f"428 general | {SHUT}",
    ("leads", "POST", "/v1/rules/{kind}/{version}/archive"): f"428 designer | {SHUT}",
    ("leads", "POST", "/v1/rules/response/{version}/try"): f"422 {RULES} | {SHUT}",
    ("leads", "POST", "/v1/rules/scorecard/{version}/apply"): f"409 general | {SHUT}",
    ("leads", "POST", "/v1/rules/scorecard/{version}/try"): f"202 designer | {SHUT}",
    # Forms are of no team: marketing makes them, and by that sees no lead.
    ("leads", "GET", "/v1/form-definitions"): f"200 {FORMS} | {SHUT}",
    ("leads", "POST", "/v1/form-definitions"): f"422 {FORMS} | {SHUT}",
    ("leads", "GET", "/v1/form-definitions/{form}"): f"404 {FORMS} | {SHUT}",
    ("leads", "PUT", "/v1/form-definitions/{form}"): f"422 {FORMS} | {SHUT}",
    ("leads", "POST", "/v1/form-definitions/{form}/activate"): f"428 {FORMS} | {SHUT}",
    ("leads", "POST", "/v1/form-definitions/{form}/pause"): f"428 {FORMS} | {SHUT}",
    ("leads", "POST", "/v1/form-definitions/{form}/resume"): f"428 {FORMS} | {SHUT}",
    ("leads", "POST", "/v1/form-definitions/{form}/archive"): f"428 {FORMS} | {SHUT}",
    ("leads", "POST", "/v1/calls"): f"422 {PUTS_IN} | {SHUT}",
    ("leads", "POST", "/v1/leads/batch"): f"422 {PUTS_IN} | {SHUT}",
    ("leads", "POST", "/v1/outcomes"): f"422 operator intake | {SHUT}",
    # -- campaigns
    ("campaigns", "GET", "/v1/access/me"): ME,
    ("campaigns", "GET", "/v1/campaigns"): f"200 {BELONGS} board | {SHUT}",
    ("campaigns", "GET", "/v1/campaigns/{campaign}"): (f"200 {SEES} | {ABSENT}"),
    ("campaigns", "PUT", "/v1/campaigns/{campaign}"): f"422 marketer operator intake | {SHUT}",
    (
        "campaigns",
        "GET",
        "/v1/campaigns/{campaign}/ledger",
    ): f"200 leader marketer manager general board | 403 member qualifier substitute glass | {ABSENT}",
    ("campaigns", "POST", "/v1/spend"): f"422 marketer operator intake | {SHUT}",
    # -- metrics
    ("metrics", "GET", "/v1/access/me"): ME,
    ("metrics", "GET", "/v1/kpis"): f"200 {BELONGS} board | {SHUT}",
    ("metrics", "GET", "/v1/kpis/series"): f"200 {BELONGS} board | {SHUT}",
    ("metrics", "GET", "/v1/kpis/stream"): f"422 {BELONGS} board | {SHUT}",
    ("metrics", "POST", "/v1/kpis/stream/tickets"): f"200 {BELONGS} board | {SHUT}",
    # A key of no lead of his is a list of none, whether others have it or nobody.
    ("metrics", "GET", "/v1/kpis/{by}/{key}/facts"): f"200 {BELONGS} board | {SHUT}",
    ("metrics", "GET", "/v1/league"): f"404 {BELONGS} board | {SHUT}",
    # -- territory
    ("territory", "GET", "/v1/access/me"): ME,
    ("territory", "GET", "/v1/leads/{lead_id}/decision"): f"200 {SEES} | {ABSENT}",
    (
        "territory",
        "POST",
        "/v1/leads/{lead_id}/assignment",
    ): f"422 {ASSIGNS} | 403 member qualifier marketer manager general substitute glass board | {ABSENT}",
    ("territory", "GET", "/v1/queues"): f"200 {BELONGS} board | {SHUT}",
    # The structure holds no lead. Whom these doors let in is asked a second time, for the unit: nobody here leads one that
    # territory has on record, so that what a body has to name is not found, and what needs a unit of one's own is shut.
    ("territory", "DELETE", "/v1/absences/{absence}"): f"404 {PEOPLE} | {SHUT}",
    ("territory", "PATCH", "/v1/absences/{absence}"): f"404 {PEOPLE} | {SHUT}",
    ("territory", "GET", "/v1/access/{person}"): f"404 {LOOKS} | {SHUT}",
    ("territory", "GET", "/v1/break-glass"): f"200 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/break-glass"): SHUT,
    ("territory", "POST", "/v1/break-glass/{glass}/close"): f"404 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/break-glass/{glass}/grant"): SHUT,
    ("territory", "GET", "/v1/calendars"): f"200 {LOOKS} | {SHUT}",
    ("territory", "GET", "/v1/calendars/{calendar}"): f"404 {LOOKS} | {SHUT}",
    ("territory", "PUT", "/v1/calendars/{calendar}"): f"422 {KEEPS} | {SHUT}",
    ("territory", "GET", "/v1/calendars/{calendar}/at"): f"422 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/calendars/{calendar}/propose"): f"422 {KEEPS} | {SHUT}",
    ("territory", "POST", "/v1/decisions/try"): f"422 {TRIES} | {SHUT}",
    ("territory", "GET", "/v1/market"): f"200 {MARKET} | {SHUT}",
    ("territory", "GET", "/v1/market/drafts"): f"200 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/market/drafts"): f"422 designer | {SHUT}",
    ("territory", "GET", "/v1/market/drafts/{draft}"): f"404 {LOOKS} | {SHUT}",
    ("territory", "PUT", "/v1/market/drafts/{draft}"): f"422 designer | {SHUT}",
    ("territory", "POST", "/v1/market/drafts/{draft}/activate"): f"428 general | {SHUT}",
    ("territory", "POST", "/v1/market/drafts/{draft}/archive"): f"428 designer | {SHUT}",
    ("territory", "POST", "/v1/market/drafts/{draft}/try"): f"404 designer | {SHUT}",
    ("territory", "GET", "/v1/market/whole"): f"200 {LOOKS} | {SHUT}",
    ("territory", "PUT", "/v1/market"): f"422 {SHAPES} | {SHUT}",
    ("territory", "PATCH", "/v1/memberships/{membership}"): f"404 {LEADS} | {SHUT}",
    ("territory", "GET", "/v1/moves"): f"200 {LEADS} | {SHUT}",
    ("territory", "POST", "/v1/moves"): f"422 {LEADS} | {SHUT}",
    ("territory", "DELETE", "/v1/moves/{move}"): f"404 {LEADS} | {SHUT}",
    ("territory", "GET", "/v1/organisation/changes"): f"200 {KEEPS} auditor | {SHUT}",
    ("territory", "GET", "/v1/people"): f"200 {LOOKS} | {SHUT}",
    ("territory", "GET", "/v1/people/{person}"): f"404 {LOOKS} | {SHUT}",
    ("territory", "PUT", "/v1/people/{person}"): SHUT,
    ("territory", "GET", "/v1/people/{person}/absences"): f"200 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/people/{person}/absences"): f"404 {PEOPLE} | {SHUT}",
    ("territory", "GET", "/v1/people/{person}/memberships"): f"200 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/people/{person}/memberships"): f"422 {LEADS} | {SHUT}",
    ("territory", "GET", "/v1/people/{person}/roles"): f"200 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/people/{person}/roles"): f"422 {KEEPS} | {SHUT}",
    ("territory", "POST", "/v1/people/{person}/subjects"): f"422 {LEADS} | {SHUT}",
    ("territory", "POST", "/v1/people/{person}/subjects/unbind"): f"422 {LEADS} | {SHUT}",
    ("territory", "DELETE", "/v1/people/{person}/suspension"): SHUT,
    ("territory", "PUT", "/v1/people/{person}/suspension"): SHUT,
    ("territory", "GET", "/v1/proposals"): f"200 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/proposals/{proposal}/confirm"): f"404 {CONFIRMS} | {SHUT}",
    ("territory", "POST", "/v1/proposals/{proposal}/refuse"): f"404 {CONFIRMS} | {SHUT}",
    ("territory", "POST", "/v1/proposals/{proposal}/withdraw"): f"404 {LEADS} | {SHUT}",
    ("territory", "DELETE", "/v1/roles/{role}"): f"404 {KEEPS} | {SHUT}",
    ("territory", "GET", "/v1/rulesets"): f"200 {MARKET} | {SHUT}",
    ("territory", "GET", "/v1/rulesets/{version}"): f"200 {MARKET} | {SHUT}",
    ("territory", "GET", "/v1/segments"): f"200 {MARKET} | {SHUT}",
    ("territory", "GET", "/v1/substitutions"): f"200 {LOOKS} | {SHUT}",
    ("territory", "POST", "/v1/substitutions"): f"422 {PEOPLE} | {SHUT}",
    ("territory", "POST", "/v1/substitutions/{substitution}/end"): f"404 {PEOPLE} | {SHUT}",
    ("territory", "GET", "/v1/teams"): f"200 {MARKET} | {SHUT}",
    ("territory", "GET", "/v1/teams/{team}/rotation"): f"200 {SEES} | 404 {AWAY} | {SHUT}",
    ("territory", "GET", "/v1/transfers"): f"200 {TRANSFERS} | {SHUT}",
    ("territory", "POST", "/v1/transfers"): f"422 {TRANSFERS} | {SHUT}",
    ("territory", "GET", "/v1/transfers/{transfer}"): f"404 {TRANSFERS} | {SHUT}",
    ("territory", "GET", "/v1/transfers/{transfer}/items"): f"404 {TRANSFERS} | {SHUT}",
    ("territory", "POST", "/v1/transfers/{transfer}/approve"): f"404 {TRANSFERS} | {SHUT}",
    ("territory", "POST", "/v1/transfers/{transfer}/refuse"): f"404 {TRANSFERS} | {SHUT}",
    ("territory", "POST", "/v1/transfers/{transfer}/undo"): f"404 {TRANSFERS} | {SHUT}",
    ("territory", "GET", "/v1/units"): f"200 {LOOKS} | {SHUT}",
    ("territory", "GET", "/v1/units/{unit}"): f"200 {LOOKS} | {SHUT}",
    ("territory", "PUT", "/v1/units/{unit}"): f"422 {KEEPS} | {SHUT}",
    ("territory", "POST", "/v1/units/{unit}/close"): SHUT,
    ("territory", "GET", "/v1/vocabularies/{vocabulary}"): f"200 {LOOKS} | {SHUT}",
    ("territory", "PUT", "/v1/vocabularies/{vocabulary}"): f"422 {KEEPS} | {SHUT}",
}

# What these are let in to is no JSON: test_flowing.py looks at what flows there. A door whose document names another kind of answer
# has a place here.
STREAMS = {("metrics", "GET", "/v1/kpis/stream")}
FILES = {("leads", "GET", "/v1/leads/{lead_id}/documents/{document_id}")}
NOBODYS = {
    ("territory", "GET", "/v1/market"): "the market file names no lead",
    ("territory", "GET", "/v1/market/whole"): "it names no lead, and of people no more than who is in which team",
}
# What an auditor of the whole company is told of whatever team; of no other door's things.
AUDITED = {("leads", "GET", "/v1/leads/{lead_id}/openings")}

NOTE = {"kind": "note"}
CALL = {"contact": {"phone": "+49 30 901820"}}
PLAN = {"name": "{canary}", "currency": "EUR", "lines": []}
SPEND = {"spend_id": "s", "campaign": "{campaign}", "amount": "EUR 1", "occurred_at": "2026-01-02"}

# What a useful body is answered: the door, the body, the line for a thing of berlin, and one for a thing of munich where another
# is to be found there than what is absent.
USEFUL: tuple[tuple[tuple[str, str, str], Any, str, str], ...] = (
    (
        ("leads", "POST", "/v1/leads/{lead_id}/contact"),
        {"purpose": "call"},
        f"200 member leader qualifier marketer manager general substitute | 403 glass board | {ABSENT}",
        "",
    ),
    (
        ("leads", "POST", "/v1/leads/{lead_id}/contact"),
        {"purpose": "break_glass"},
        f"200 glass | 403 member leader qualifier marketer manager general substitute board | {ABSENT}",
        f"403 stranger mover soon_in stood_in glass_soon glass_over manager general substitute glass board | {ABSENT}",
    ),
    (
        ("leads", "POST", "/v1/leads/{lead_id}/activities"),
        NOTE,
        f"201 member leader qualifier marketer substitute | 403 manager general glass board | {ABSENT}",
        "",
    ),
    (
        ("leads", "POST", "/v1/leads/{lead_id}/return"),
        {"code": "other"},
        f"409 leader | 403 member qualifier marketer manager general substitute glass board | {ABSENT}",  # nobody works it yet
        "",
    ),
    # Each lead has its own answer, and none stops the call.
    (
        ("leads", "POST", "/v1/bulk"),
        {"do": "return", "with": {"code": "other"}, "to": [{"lead_id": "{lead_id}"}]},
        f"200 {BELONGS} board | {SHUT}",
        "",
    ),
    (
        ("leads", "POST", "/v1/leads/{lead_id}/qualification"),
        {"verdict": "not_genuine", "code": "spam"},
        f"428 qualifier leader | 403 member marketer manager general substitute glass board | {ABSENT}",
        "",
    ),
    (
        ("leads", "POST", "/v1/leads/{lead_id}/requests"),
        {"kind": "sample"},
        f"201 member leader qualifier marketer substitute | 403 manager general glass board | {ABSENT}",
        "",
    ),
    (("leads", "POST", "/v1/calls"), CALL, f"202 {PUTS_IN} | {SHUT}", ""),
    (("leads", "POST", "/v1/leads/batch"), {"leads": [CALL]}, f"200 {PUTS_IN} | {SHUT}", ""),
    (
        ("leads", "POST", "/v1/outcomes"),
        {"outcomes": [{"lead_id": "{lead_id}", "result": "lost"}]},
        f"200 operator intake | {SHUT}",
        "",
    ),
    # A name that is taken is absent for whom it is not there; whoever plans for any team changes it.
    (
        ("campaigns", "PUT", "/v1/campaigns/{campaign}"),
        PLAN,
        f"200 marketer operator intake | {SHUT}",
        f"200 operator intake | 404 marketer | {SHUT}",
    ),
    (("campaigns", "POST", "/v1/spend"), {"spend": [SPEND]}, f"200 marketer operator intake | {SHUT}", ""),
    (("metrics", "POST", "/v1/kpis/stream/tickets"), {}, f"200 {BELONGS} board | {SHUT}", ""),
)


def expected(line: str) -> dict[str, int]:
    """What a line says of each caller."""
    said: dict[str, int] = {}
    rest = 0
    for part in line.split("|"):
        status, *names = part.split()
        for name in names:
            if name == "*":
                rest = int(status)
            else:
                assert name in CALLERS, name
                said[name] = int(status)
    return {name: said.get(name, rest) for name in CALLERS}
