"""Which rows of which tables exist for whom: written by hand, a line a table, and never taken from what the tables ask for.

A line says in SQL whose a row ``t`` is, as a worker finds out: a team, or the principal whom it is about. Who has one of these in sight
sees the row, and nobody else does.
"""

_LEAD = "(select p.team from lead_place p where p.lead_id = t.lead_id)"
_CAMPAIGN = "(select c.team from campaign c where c.campaign = t.campaign)"
_PLACED = "array[coalesce(t.team, '(unplaced)')]"  # what is not placed is the desk's
_OWN = {"access_person": "array[t.person]", "access_grant": "array[t.person]"}

ROWS: dict[str, dict[str, str]] = {
    "leads": {
        **_OWN,
        "lead_place": "array[t.team]",
        "lead": f"array[{_LEAD}]",
        "timeline": f"array[{_LEAD}]",
        "activity": f"array[{_LEAD}]",
        "request": f"array[{_LEAD}]",
        "document": f"array[{_LEAD}]",
        "request_evidence": f"array[{_LEAD}]",
        "activity_void": f"array[{_LEAD}]",
        "claim": f"array[{_LEAD}]",
        "refusal": "array[t.person]",  # each sees his own, which are counted
        "search_word": f"array[{_LEAD}]",
        "job": "array[t.person]",  # what somebody asked for is his alone
        "job_row": "array[(select j.person from job j where j.job_id = t.job_id)]",
        "opened": f"array[{_LEAD}, t.person, 'auditor']",  # his own looks count against his limit
    },
    "campaigns": {
        **_OWN,
        "campaign": "array[t.team]",
        "budget_line": f"array[{_CAMPAIGN}]",
        "spend": "array[(select c.team from campaign c where c.key = t.campaign)]",
        "ledger_posting": f"array[{_CAMPAIGN}]",
        "ledger_entry": "array[(select team from campaign join ledger_posting p using (campaign) where p.id = t.posting_id)]",
    },
    "metrics": {**_OWN, "lead_fact": _PLACED, "kpi_part": "array[t.team]"},
    "territory": {
        **_OWN,
        "decision": _PLACED,
        "lead_case": _PLACED,
        "customer": "array[t.team]",
        "transfer_item": "array[t.from_team]",
    },
}

_NUMBERS = {"outbox_shard": "the next number of a shard says nothing of anybody"}
_STRUCTURE = "the structure of the company holds no lead; its doors ask who looks"

FREE: dict[str, dict[str, str]] = {
    "leads": {
        **_NUMBERS,
        "form": "what a form asks is shown to every stranger; its doors ask who makes it",
        "unit": "the structure of the company holds no lead",
        "conservation": "sums over the whole company name no lead and no team",
        "calendar": "when people work holds no lead",
        "rule": "what leads are judged and answered by is the company's; its doors ask who may write it",
        "rule_applied": "how far a rule of the company is applied; the id in it is of a lead that its doors ask for",
        "pipeline": "how sales go on holds no lead",
        "party": "a word under an id that was drawn; whose it is says a lead, which its doors ask for",
    },
    "campaigns": _NUMBERS,
    "metrics": {
        **_NUMBERS,
        "merged": "when anything was counted last says nothing of anybody",
        "as_of": "how far topics were heard says nothing of anybody",
        "known_name": "how names are spelled",
        "league": "closed periods, without small groups, are for every member",
        "league_period": "which periods are closed",
    },
    "territory": {
        **_NUMBERS,
        "market_draft": "rules hold no lead; the ids of a trial are of leads that its door asks for",
        **dict.fromkeys(
            (
                "absence", "active_market", "break_glass", "calendar", "load", "market", "membership", "move", "organisation",
                "organisation_change", "person", "proposal", "role_grant", "roster", "rotation", "rotation_back", "rule_return", "subject",
                "substitution", "transfer", "unit", "vocabulary",
            ),
            _STRUCTURE,
        ),
    },
}  # fmt: skip

# What a door changes of a table, and of which teams' rows that is true for whom. Management and machines record on none.
WRITTEN = {
    "campaign": "update campaign set name = name returning campaign",
    "budget_line": "update budget_line set item = item returning campaign",
}
