"""What the rules about growth are told to let be, each with its reason. Whoever adds to the house takes a side here, or seals it."""

# Texts in events and in tables that are the company's own business and nobody's personal data. A name alone holds wherever it
# stands; names that could be a customer's hold in one place only. Everything else is `Sealed`, or bytes that only keys open.
BUSINESS = {
    # what a lead is about, in the words of the market
    "about", "attributes", "channel", "country", "industry", "inputs", "language", "postcode_area", "product", "region", "written",
    # where it came in, and under which number: an id that is personal is sealed at the door
    "external_id", "flags", "form", "sender", "source",
    # what was judged, decided and counted, by rules of ours
    "disposition", "discard_reason", "grade", "measure", "outcome", "pipeline", "reason", "refused", "rule", "state", "term", "waits",
    # the company's structure and its people at work; a salesperson is named by the id the market file gives
    "assignee", "campaign", "item", "line", "owner", "segment", "team", "MemberOfTeam.person", "LeadAssigned.person",
    "SegmentDefined.id", "SegmentDefined.name", "TeamDefined.id", "TeamDefined.name", "CampaignPlanned.name",
    # money
    "account", "currency", "kind", "spend_id",
}  # fmt: skip

# Types of events that verify does not look into: only their numbers count.
UNREAD = {
    "campaigns.ledger.overspent.v1": "said beside the posting that overspends, which is read, and holds nothing more",
    "territory.structure.segment_defined.v1": "a part of the market file, of which every version is read whole",
    "territory.structure.team_defined.v1": "a part of the market file, of which every version is read whole",
}

# Modules of use cases that stand alone under their name.
ALONE: dict[str, str] = {}
