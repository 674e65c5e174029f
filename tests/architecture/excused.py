"""What the rules about growth are told to let be, each with its reason. Whoever adds to the house takes a side here, or seals it."""

# Texts in events and in tables that are the company's own business and nobody's personal data. A name alone holds wherever it
# stands; names that could be a customer's hold in one place only. Everything else is `Sealed`, or bytes that only keys open.
BUSINESS = {
    # what a lead is about, in the words of the market
    "about", "attributes", "channel", "country", "industry", "language", "postcode_area", "product", "region", "written",
    "LeadSubmitted.postcode",
    # where it came in, and under which number: an id that is personal is sealed at the door
    "external_id", "flags", "form", "sender", "source",
    # by which link somebody came, and which text of ours was agreed to: what could reach somebody is sealed at the door
    "Consent.text_id", "Touch.medium", "Touch.referrer_host", "leads.form.author",
    # what was judged, decided and counted, by rules of ours; what people write beside it is sealed within
    "cause", "detail", "disposition", "discard_reason", "excluded_people", "excluded_teams", "grade", "outcome", "outcomes", "pipeline",
    "reason", "refused", "rule", "state", "leads.lead_place.place", "term", "waits", "what",
    # the company's structure and its people at work; a salesperson is named by the id that the market file gives
    "assignee", "by", "campaign", "credits", "document", "item", "line", "owner", "segment", "team", "MemberOfTeam.person",
    "LeadAssigned.person", "SegmentDefined.id", "SegmentDefined.name", "TeamDefined.id", "TeamDefined.name", "CampaignPlanned.name",
    "campaigns.campaign.name",
    # the organisation: units and people at work by their ids; a person's name is shown to colleagues and stands in no event, and
    # why somebody asks for a look behind the glass is prose that stays in its table and its history
    "absent", "asker", "calendar", "code", "ended_why", "for_person", "granted_by", "granter", "id", "kind", "languages",
    "ordered_by", "parent", "proposed_by", "decided_by", "rank", "role", "second", "settings", "skills", "subject", "issuer",
    "substitute", "terms", "to_unit", "from_unit", "unit", "why", "zone", "week", "exceptions", "book", "items", "members", "after",
    "before", "ended", "UnitDefined.name", "territory.unit.name", "territory.person.name", "territory.vocabulary.name",
    "territory.membership.person", "territory.move.person", "territory.proposal.person", "territory.role_grant.person",
    "territory.subject.person", "territory.absence.person",
    "MemberJoined.person", "MemberMoved.person", "MemberLeft.person", "RoleGranted.person", "RoleRevoked.person",
    "AbsenceChanged.person", "SubstitutionOrdered.person", "SubstitutionEnded.person", "GlassOpened.person", "GlassClosed.person",
    # who looked at personal data, by the ids of people at work, and by which right; nothing of what was seen
    "grant_kind", "leads.activity.author", "leads.activity.on_behalf_of", "leads.opened.on_behalf_of", "leads.opened.person", "leads.opened.trace", "purpose",
    # what was done about a lead, by codes; what was said or written is sealed
    "direction", "evidence", "leads.activity.result",
    # what is owed to a customer: by whom of the people at work, by when, by which version of which clock
    "leads.request.responder", "leads.lead_place.answers", "leads.party.class", "standing", "hours", "leads.request_evidence.on_behalf_of", "leads.request_evidence.result",
    "request_id", "withdraws", "codes",
    # to whom a lead went and came back from, who decided that, and by which right: teams, rules and people at work by their ids
    "excluded", "not_to", "would_rule", "from_team", "to_team", "from_person", "to_person", "transfer_id", "successors", "asked_by",
    "LeadRouted.on_behalf_of", "LeadAssigned.on_behalf_of", "LeadTransferred.on_behalf_of", "territory.decision.on_behalf_of",
    "LeadReturned.person", "LeadClosed.person", "OpportunityOpened.person", "OpportunityOpened.stands", "LeadUnclaimed.place",
    "QualificationRefused.right", "leads.claim.person", "leads.refusal.person", "leads.refusal.door", "leads.refusal.lacks",
    "leads.lead_place.later", "leads.conservation.places", "stands", "place", "territory.customer.person", "territory.lead_case.person",
    "territory.load.person", "territory.transfer.person", "RecordTransferred.hash",
    # rules that the company writes, by whom of the people at work; and what one of them does to many leads, by ids and codes
    "territory.market_draft.author", "territory.market_draft.tried",
    "leads.rule.author", "leads.rule.tried", "leads.job.person", "leads.job.said", "leads.job.digest", "leads.job_row.answer",
    # how a sale goes on: stages and kinds of documents by the market's names; what a document is called and what is in it are sealed
    "stage", "stages", "from_stage", "to_stage", "StageOfPipeline.documents", "StageOfPipeline.fields", "StageOfPipeline.name",
    "PipelinePublished.name", "OpportunityAmended.person", "StageChanged.person", "leads.pipeline.name", "leads.document.author",
    "leads.document.media_type", "leads.document.on_behalf_of",
    # money; what an outsider writes beside a spend is sealed before it is stored
    "account", "currency", "note_box", "spend_id", "SpendReported.note",
    # numbers and what they are about: channels, segments, teams and campaigns by their names
    "campaign_key", "channel_key", "measures", "others", "period", "segment_key", "steps", "KpiChanged.id", "KpiChanged.key",
    "counts", "grain", "money", "owning_team", "step", "metrics.lead_fact.requests", "metrics.league_entry.person", "metrics.kpi.key", "metrics.kpi_part.key",
    "metrics.known_name.key", "metrics.known_name.name", "campaigns.campaign.key",
    # how it is carried: histories, topics, ids, digests that only keys make
    "content", "event_id", "history", "sha256", "topic", "leads.intake_key.name",
}  # fmt: skip

# Types of events that verify does not look into: only their numbers count.
UNREAD = {
    "leads.lead.qualification_refused.v1": "a fact for people; each refusal is on record, told or not",
    "leads.lead.transfer_refused.v1": "what was not done leaves nothing to compare",
    "leads.rule.activated.v1": "a version's number and digest, beside the state that its row says",
    "campaigns.ledger.overspent.v1": "said beside the posting that overspends, which is read, and holds nothing more",
    "territory.calendar.published.v1": "a calendar's version as its table has it; what is due by it stands in requests",
    "territory.member.absence_changed.v1": "a fact for people; turns follow the table, and TURNS looks at those",
    "territory.member.glass_closed.v1": "a fact for people; what may be seen stands in territory.access, which is read whole",
    "territory.member.glass_opened.v1": "the same",
    "territory.member.joined.v1": "the same",
    "territory.member.left.v1": "the same",
    "territory.member.moved.v1": "the same",
    "territory.member.role_granted.v1": "the same",
    "territory.member.role_revoked.v1": "the same",
    "territory.member.substitution_ended.v1": "the same",
    "territory.member.substitution_ordered.v1": "the same",
    "territory.structure.pipeline_published.v1": "a part of the market file, of which every version is read whole",
    "territory.structure.unit_defined.v1": "a part of the organisation, of which every unit is read",
    "territory.structure.segment_defined.v1": "a part of the market file, of which every version is read whole",
    "territory.structure.team_defined.v1": "a part of the market file, of which every version is read whole",
}

# Modules of use cases whose name stands on fewer than two more floors, and what their floors are called instead.
ALONE = {
    "leads.answers": "a part of merge, and of what gives leads to others: the store is merge",
    "leads.wish": "the words of a request, sealed: domain, store and door are request",
    "campaigns.note": "a part of spend and of the ledger's door, which opens what it sealed",
    "territory.authority": "what every change of the organisation begins with; its doors are all of them",
    "territory.confirmation": "what becomes of a proposal: domain, store and door are proposal",
    "territory.assignment": "a leader's own decision: domain and store are decision and case, its door is routing's",
    "territory.deciding": "what every decision does, whatever asks for it: its domain is deciding, its store case, customer and rotation",
    "territory.queue": "what waits in a team: the jobs over the store's case; the doors are routing's",
    "territory.substitution": "the domain's and the door's absence: who is away and who stands in",
    "territory.role": "a part of membership's store and door; which roles there are says the domain's authority",
    "leads.free_mail": "a part of intake: what is known of mail providers, which is a library's list and no rule of ours",
    "leads.intake": "the stream is named so; its rules are qualification, identity and person, its table is lead",
    "leads.clock": "the job that turns it; what it tells is request's",
    "leads.policies": "which version of the domain's policy is in force",
    "leads.rule_contents": "what rules' versions say; what each has to be like says its own module of the domain",
    "leads.request_events": "no use case: what those of request tell, in one place",
    "leads.notes": "a part of outcomes: prose is sealed as the person is",
    "leads.opportunity": "the lead's own life after a decision: domain and store are lead",
    "leads.personal": "the domain's personal, packed and read; the door seals it",
    "leads.to_events": "no use case: what each of them tells, in one place",
    "leads.waiting": "a job over the store's outcome",
    "metrics.leads": "the service's subject is numbers: domain and store are facts, contributions and kpis",
    "metrics.publication": "a job over the store's kpis",
    "metrics.recompute": "the command that counts anew from facts and kpis",
    "metrics.requests": "what leads.request says, in the words of a lead's fact: the domain is requests, the store facts",
    "metrics.values": "no use case: what of an event no column can hold",
    "metrics.spend": "like leads: facts, contributions and kpis",
    "metrics.tickets": "a part of the stream's door: what it seals is kept nowhere",
}
