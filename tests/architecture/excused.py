"""What the rules about growth are told to let be, each with its reason. Whoever adds to the house takes a side here, or seals it."""

# Texts in events and in tables that are the company's own business and nobody's personal data. A name alone holds wherever it
# stands; names that could be a customer's hold in one place only. Everything else is `Sealed`, or bytes that only keys open.
BUSINESS = {
    # what a lead is about, in the words of the market
    "about", "attributes", "channel", "country", "industry", "language", "postcode_area", "product", "region", "written",
    "LeadSubmitted.postcode",
    # where it came in, and under which number: an id that is personal is sealed at the door
    "external_id", "flags", "form", "sender", "source",
    # what was judged, decided and counted, by rules of ours; what people write beside it is sealed within
    "cause", "detail", "disposition", "discard_reason", "excluded_people", "excluded_teams", "grade", "outcome", "outcomes", "pipeline",
    "reason", "refused", "rule", "state", "term", "waits", "what",
    # the company's structure and its people at work; a salesperson is named by the id that the market file gives
    "assignee", "by", "campaign", "credits", "document", "item", "line", "owner", "segment", "team", "MemberOfTeam.person",
    "LeadAssigned.person", "SegmentDefined.id", "SegmentDefined.name", "TeamDefined.id", "TeamDefined.name", "CampaignPlanned.name",
    "campaigns.campaign.name",
    # money; what an outsider writes beside a spend is sealed before it is stored
    "account", "currency", "kind", "note_box", "spend_id", "SpendReported.note",
    # numbers and what they are about: channels, segments, teams and campaigns by their names
    "campaign_key", "channel_key", "measures", "others", "period", "segment_key", "steps", "KpiChanged.id", "KpiChanged.key",
    "metrics.kpi.key", "metrics.kpi_part.key", "metrics.known_name.key", "metrics.known_name.name", "campaigns.campaign.key",
    # whose a campaign is, and what the league keeps of a lead: a step, a salesperson's id, and sums of closed periods
    "owning_team", "metrics.league_entry.step", "metrics.league_entry.person", "grain", "counts", "money",
    # how it is carried: histories, topics, ids, digests that only keys make
    "content", "event_id", "history", "sha256", "topic", "leads.intake_key.name",
}  # fmt: skip

# Types of events that verify does not look into: only their numbers count.
UNREAD = {
    "campaigns.ledger.overspent.v1": "said beside the posting that overspends, which is read, and holds nothing more",
    "territory.structure.segment_defined.v1": "a part of the market file, of which every version is read whole",
    "territory.structure.team_defined.v1": "a part of the market file, of which every version is read whole",
}

# Modules of use cases whose name stands on fewer than two more floors, and what their floors are called instead.
ALONE = {
    "campaigns.note": "a part of spend and of the ledger's door, which opens what it sealed",
    "leads.free_mail": "a part of intake: what is known of mail providers, which is a library's list and no rule of ours",
    "leads.intake": "the stream is named so; its rules are qualification, identity and person, its table is lead",
    "leads.notes": "a part of outcomes: prose is sealed as the person is",
    "leads.opportunity": "the lead's own life after a decision: domain and store are lead",
    "leads.personal": "the domain's personal, packed and read; the door seals it",
    "leads.to_events": "no use case: what each of them tells, in one place",
    "leads.waiting": "a job over the store's outcome",
    "metrics.leads": "the service's subject is numbers: domain and store are facts, contributions and kpis",
    "metrics.publication": "a job over the store's kpis",
    "metrics.recompute": "the command that counts anew from facts and kpis",
    "metrics.spend": "like leads: facts, contributions and kpis",
    "metrics.tickets": "a part of the stream's door: what it seals is kept nowhere",
}
