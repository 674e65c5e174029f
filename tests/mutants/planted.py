"""The bugs that are planted, each with the smallest part of the suite that must see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHASSIS, TESTS = "libs/chassis/src/chassis", "libs/chassis/tests"
LEADS, CAMPAIGNS = "services/leads/src/leads", "services/campaigns/src/campaigns"
LOCAL = "deploy/local/src/tributary"
KEY = f"{LEADS}/migrations/versions/0002_opened_before.py"
OPENING, SCOPE = "services/leads/tests/component/test_opening.py", "services/campaigns/tests/component/test_scope.py"
COMPONENT = "services/leads/tests/component"
ACTIVITY = f"{COMPONENT}/test_activity.py"
METRICS, TERRITORY = "services/metrics/src/metrics", "services/territory/src/territory"


@dataclass(frozen=True)
class Mutant:
    """What is wrong, where, the exact text that becomes another, and the tests that must fail."""

    name: str
    changes: tuple[tuple[str, str, str], ...]  # file, old, new
    tests: tuple[str, ...]


def _m(name: str, file: str, old: str, new: str, *tests: str) -> Mutant:
    return Mutant(name, ((file, old, new),), tests)


MUTANTS = (
    _m(
        "effect after the commit: the outbox is filled when the transaction is over",
        f"{CHASSIS}/database.py",
        "            async with conn.transaction():\n                yield tx\n                await tx.finish()\n",
        "            async with conn.transaction():\n                yield tx\n            await tx.finish()\n",
        f"{TESTS}/component/test_outbox.py",
        f"{TESTS}/component/test_histories.py",
    ),
    _m(
        "the doors work with the workers' rights",
        f"{CHASSIS}/database.py",
        'Pool(settings, "door_database_url"',
        'Pool(settings, "database_url"',
        f"{TESTS}/component/test_actors.py",
    ),
    _m(
        "an actor stays on the connection when his transaction is over",
        f"{CHASSIS}/database.py",
        "'{text}', true)",
        "'{text}', false)",
        f"{TESTS}/component/test_actors.py",
    ),
    _m(
        "who proposes a gain of access confirms it himself",
        f"{TERRITORY}/domain/proposal.py",
        "    if who.principal == proposal.proposed_by:\n",
        "    if not who.principal:\n",
        "services/territory/tests/component/test_people.py",
    ),
    _m(
        "an administrator confirms though a leader is inside",
        f"{TERRITORY}/domain/proposal.py",
        "if not who.is_inside(proposal.unit):",
        "if not who.is_inside(proposal.unit) and not who.roles:",
        "services/territory/tests/component/test_people.py",
    ),
    _m(
        "a look behind the glass is granted by who asked for it",
        f"{TERRITORY}/domain/break_glass.py",
        "if granter.principal == glass.asker:",
        "if not granter.principal:",
        "services/territory/tests/component/test_organisation.py",
    ),
    _m(
        "a substitute sees after either has left the unit",
        f"{TERRITORY}/domain/access.py",
        "for other in (span, their, our):",
        "for other in (span,):",
        "services/territory/tests/unit/test_access.py",
    ),
    _m(
        "a leader sees only where he belongs, or everybody what is below",
        f"{TERRITORY}/domain/access.py",
        "        yield from structure.below(membership.unit)\n",
        "        yield membership.unit\n",
        "services/territory/tests/unit/test_access.py",
    ),
    _m(
        "a version of access falls when the clock does",
        f"{TERRITORY}/use_cases/access.py",
        "max(one.person.access + 1, now)",
        "now",
        "services/territory/tests/component/test_bootstrap.py",
    ),
    _m(
        "a market file resets what was made at a door",
        f"{TERRITORY}/domain/member.py",
        "for key in stayed if after.entries[key] != before.entries[key]}",
        "for key in stayed}",
        "services/territory/tests/component/test_market_members.py",
    ),
    _m(
        "members are kept though the organisation has changed",
        f"{TERRITORY}/store/member.py",
        "if version != organisation:",
        "if version is None:",
        "services/territory/tests/component/test_market_members.py",
    ),
    _m(
        "what a token says of scopes counts for a person too",
        f"{CHASSIS}/access_reader.py",
        "*(scopes & self._scopes if is_machine else ())",
        "*(scopes & self._scopes)",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "a role is whatever a machine's token calls a scope",
        f"{CHASSIS}/access_reader.py",
        'frozenset(role for role in roles if ":" in role)',
        "frozenset(roles)",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "access is ordered by moments and not by versions",
        f"{CHASSIS}/access_reader.py",
        "        if fresh := [said for said in newest.values() if said.version > self.people.get(said.person, nothing).version]:\n",
        "        if fresh := list(newest.values()):\n",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "another replica's newer word on access is overruled",
        f"{CHASSIS}/access_reader.py",
        "where access_person.version < excluded.version returning person",
        "returning person",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "doors stay open while it is not known who may see what",
        f"{CHASSIS}/access_reader.py",
        "return bool(self.unreadable) or self.age_s > self.settings.access_stale_s",
        "return bool(self.unreadable)",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "a record of access that can't be read is skipped",
        f"{CHASSIS}/access_reader.py",
        "        self.unreadable |= unreadable  # before anything can fail\n",
        "",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "a term of access never ends",
        f"{CHASSIS}/access_reader.py",
        " and (term.ends_at is None or now < term.ends_at.timestamp())",
        "",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "a route that does not say who may use it is let through",
        f"{CHASSIS}/http.py",
        "                if not (asks := guards(router, route)):\n",
        "                asks = guards(router, route)\n                if False:\n",
        "tests/architecture/test_guards.py",
    ),
    _m(
        "a token that has ended is still remembered",
        f"{CHASSIS}/identity.py",
        "if known is not None and time.time() < known.expires_at:",
        "if known is not None:",
        f"{TESTS}/unit/test_identity.py",
    ),
    _m(
        "any algorithm will do",
        f"{CHASSIS}/identity.py",
        "        if algorithm not in algorithms:\n",
        "        if False:\n",
        f"{TESTS}/unit/test_identity.py",
    ),
    _m(
        "absent is told as soon as it is known",
        f"{CHASSIS}/http.py",
        "                if status == 404:\n",
        "                if False:\n",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "a table loses its row policies",
        f"{CHASSIS}/row_policies.py",
        "    for table in its:\n        policies = wanted(table, owner)\n",
        "    for table in its:\n        policies = wanted(table, owner) if table.name != 'piece' else []\n",
        f"{TESTS}/component/test_row_policies.py",
    ),
    _m(
        "a grant that has ended still opens rows",
        f"{CHASSIS}/row_policies.py",
        " and g.begins_at <= now() and g.ends_at > now()",
        " and g.begins_at <= now()",
        f"{TESTS}/component/test_row_policies.py",
    ),
    _m(
        "who may write only his own writes his whole team's",
        f"{CHASSIS}/row_policies.py",
        "if shared else \"= 'all'\"",
        "if True else \"= 'all'\"",
        f"{TESTS}/component/test_row_policies.py",
    ),
    _m(
        "a door can write without saying so",
        f"{CHASSIS}/database.py",
        "'read write' if writes else 'read only'",
        "'read write'",
        f"{TESTS}/component/test_row_policies.py",
    ),
    _m(
        "a revocation does not wait for the writes under way",
        f"{CHASSIS}/database.py",
        "    if writes:\n        entered.append(",
        "    if False:\n        entered.append(",
        f"{TESTS}/component/test_row_policies.py",
    ),
    _m(
        "a service does not look whether its doors see too much",
        f"{CHASSIS}/service.py",
        '        return f"a door could see too much: {\'; \'.join(faults)}" if faults else ""\n',
        '        return ""\n',
        f"{TESTS}/component/test_catalogue.py",
    ),
    _m(
        "a refusal at a door is told as an outage",
        f"{CHASSIS}/service.py",
        "        if is_refused(error) or",
        "        if",
        f"{TESTS}/component/test_row_policies.py",
    ),
    _m(
        "a token is enough for any permission",
        f"{CHASSIS}/access.py",
        "        if not actor.may(self.permission):\n",
        "        if False:\n",
        f"{TESTS}/component/test_actors.py",
    ),
    Mutant(
        "numbers given outside the writer's transaction, by sequences",
        (
            (
                f"{CHASSIS}/transaction.py",
                "        numbered.first + row_number() over (partition by said.topic, said.shard order by said.n) - 1,\n",
                "        nextval(format('\"%s %s\"', said.topic, said.shard)::regclass),\n",
            ),
            (
                f"{CHASSIS}/migrations/versions/chassis_0001_carriage_before.py",
                "    for statement in SQL:\n",
                "    from contracts import STREAMS\n\n"
                "    shards = [(s.topic, n) for s in STREAMS for n in range(s.partitions)]\n"
                "    for statement in (*SQL, *(f'create sequence \"{topic} {n}\"' for topic, n in shards)):\n",
            ),
        ),
        (f"{TESTS}/component/test_outbox.py",),
    ),
    _m(
        "no watermark: what was heard before is heard again",
        f"{CHASSIS}/consumer.py",
        '    if seq <= last:\n        return "duplicate"\n',
        "",
        f"{TESTS}/component/test_outcomes.py",
    ),
    _m(
        "a gap is stepped over",
        f"{CHASSIS}/consumer.py",
        'return "next" if holes or seq == last + 1 else "gap"',
        'return "next"',
        f"{TESTS}/component/test_histories.py",
    ),
    _m(
        "watermark set without a comparison",
        f"{CHASSIS}/transaction.py",
        " and w.last_seq = step.old\n",
        "\n",
        f"{TESTS}/component/test_histories.py",
    ),
    _m(
        "the door answers before the broker's ack",
        f"{CHASSIS}/intake.py",
        "                await waiting.done\n",
        "                await asyncio.sleep(0)\n",
        f"{TESTS}/real/test_intake.py",
    ),
    _m(
        "a submission that waits behind a slow round waits as long as that takes",
        f"{CHASSIS}/intake.py",
        '                self._late = loop.call_later(ACK_WITHIN_S, _fail, self._queue, "Kafka is slow")\n',
        "                pass\n",
        f"{TESTS}/real/test_intake.py",
    ),
    _m(
        "a body that is there already has no limit",
        f"{CHASSIS}/http.py",
        "        if len(whole) > limit:\n",
        "        if False:\n",
        f"{TESTS}/component/test_doors.py",
    ),
    _m(
        "a full door goes on taking",
        f"{CHASSIS}/intake.py",
        "return self._senders >= self.settings.door_limit",
        "return False",
        f"{TESTS}/real/test_intake.py",
    ),
    _m(
        "a shard that was refused goes on with the producer of the others",
        f"{CHASSIS}/lanes.py",
        "if line is None or shard in self._aside or shard in self._own:",
        "if line is None:",
        f"{TESTS}/real/test_relay.py",
    ),
    _m(
        "one shard that is refused stops all",
        f"{CHASSIS}/lanes.py",
        "            raise self._refused(shard, why)\n        if shard",
        "            raise ConnectionError(why)\n        if shard",
        f"{TESTS}/real/test_shards.py",
    ),
    _m(
        "a shard that is refused is tried again at once, for ever",
        f"{CHASSIS}/lanes.py",
        "return max(0.0, aside.until - time.monotonic()) if aside else 0.0",
        "return 0.0",
        f"{TESTS}/real/test_shards.py",
    ),
    _m(
        "a relay that begins again sends again what was acknowledged",
        f"{CHASSIS}/outbox.py",
        "if source != self._history or any(",
        "if True or any(",
        f"{TESTS}/real/test_shards.py",
    ),
    _m(
        "a transaction may be silent for ever",
        f"{CHASSIS}/database.py",
        'f"{settings.transaction_idle_ms}"',
        '"0"',
        f"{TESTS}/component/test_frozen.py",
    ),
    _m(
        "a head has no bounds",
        f"{CHASSIS}/connection.py",
        "if self._untold > HEAD_BYTES and not self._refused:",
        "if False:",
        f"{TESTS}/unit/test_connection.py",
    ),
    _m(
        "a body is read before the token is looked at",
        f"{CHASSIS}/http.py",
        "            for guard in methods[method]:\n                guard.check(scope)\n",
        "",
        f"{TESTS}/component/test_strangers.py",
    ),
    _m(
        "a stranger has his trace recorded",
        f"{CHASSIS}/http.py",
        "if trace != given or settings.trust_traces or",
        "if True or settings.trust_traces or",
        f"{TESTS}/component/test_strangers.py",
    ),
    _m(
        "the relay needs no lock",
        f"{CHASSIS}/outbox.py",
        '"select pg_try_advisory_lock($1)"',
        '"select $1::int > 0"',
        f"{TESTS}/real/test_relay.py",
    ),
    _m(
        "the relay deletes before the ack",
        f"{CHASSIS}/outbox.py",
        "                await self._publish(rows, source)\n",
        "                self._sent |= {(row['topic'], row['shard']): row['seq'] for row in rows}\n"
        "                await self._delete(connection)\n                await self._publish(rows, source)\n",
        f"{TESTS}/real/test_relay.py",
    ),
    _m(
        "a restored database goes on in its old epoch",
        f"{CHASSIS}/restored.py",
        "\"update epoch set name = replace(gen_random_uuid()::text, '-', ''), begun_at = now() returning name\"",
        '"select name from epoch"',
        f"{TESTS}/real/test_subscription.py",
    ),
    _m(
        "a restored service does not hear again",
        f"{CHASSIS}/restored.py",
        "rewound = await _rewind(service) if service.router.subscriptions else 0",
        "rewound = 0",
        f"{TESTS}/real/test_subscription.py",
    ),
    _m(
        "every delivery waits for a commit that nobody answers",
        f"{CHASSIS}/kafka_consumer.py",
        "            return  # a commit would wait for the coordinator, and the next delivery for the commit\n",
        "            pass\n",
        f"{TESTS}/real/test_subscription.py",
    ),
    _m(
        "nobody sees that the consumer's look-out for brokers has died",
        f"{CHASSIS}/broker.py",
        "    keep_looking(consumer._client)\n",
        "",
        f"{TESTS}/real/test_subscription.py",
    ),
    _m(
        "parking outside the transaction",
        f"{CHASSIS}/consumer.py",
        "                await parking.store(tx, delivery.parked)\n                for subscription",
        "                async with self.database.transaction() as other:\n"
        "                    await parking.store(other, delivery.parked)\n                for subscription",
        f"{TESTS}/component/test_outcomes.py",
        f"{TESTS}/component/test_histories.py",
        f"{TESTS}/component/test_parking.py",
    ),
    _m(
        "what an event said that failed alone is said all the same",
        f"{CHASSIS}/splitting.py",
        "del tx.emitted[emitted:], tx.set_aside[refused:]",
        "del tx.set_aside[refused:]",
        f"{TESTS}/component/test_outcomes.py",
    ),
    _m(
        "whoever took a number first is believed, and the true event is dropped",
        f"{CHASSIS}/consumer.py",
        'return "conflict" if another else verdict',
        "return verdict",
        f"{TESTS}/component/test_forged.py",
    ),
    _m(
        "a number far ahead is obeyed",
        f"{CHASSIS}/consumer.py",
        "FAR = 100_000\n",
        "FAR = 1 << 40\n",
        f"{TESTS}/component/test_forged.py",
    ),
    _m(
        "what a sender has caused holds the delivery",
        f"{CHASSIS}/consumer.py",
        "failed.bugs += not is_of_a_value(error)",
        "failed.bugs += 1",
        f"{TESTS}/component/test_forged.py",
    ),
    _m(
        "an error's text is told",
        f"{CHASSIS}/errors.py",
        "    parts = [type(error).__name__]\n",
        "    parts = [type(error).__name__, str(error)]\n",
        f"{TESTS}/component/test_discretion.py",
    ),
    Mutant(
        "a key is handed out and the look is not written down",
        (
            (
                KEY,
                "from allowed a cross join look where a.wrapped_key is not null",
                "from allowed a cross join look where false",
            ),
            (KEY, "case when w.lead_id is not null then a.wrapped_key end", "a.wrapped_key"),
        ),
        (OPENING,),
    ),
    _m(
        "a grant that opens no personal data opens some",
        KEY,
        "and g.team = p.team and g.opens and g.begins_at",
        "and g.team = p.team and g.begins_at",
        OPENING,
    ),
    _m(
        "broken glass opens for any purpose",
        KEY,
        "and (g.kind = 'break_glass') = (why = 'break_glass')",
        "",
        OPENING,
    ),
    _m(
        "whom a lead is about is opened, and nobody is told",
        f"{LEADS}/use_cases/opening.py",
        "            tx.emit(_to_event(lead_id, one, purpose, is_last, tx))\n",
        "",
        OPENING,
    ),
    _m(
        "another team's lead is answered 403, and one that never was 404",
        f"{LEADS}/api/opening.py",
        "    if lead_id not in found.known:\n        raise no_such_lead()\n",
        "    if lead_id not in found.known:\n"
        "        async with request.app.state.service.database.transaction() as tx:\n"
        "            held = await leads.exists(tx, lead_id)\n"
        "        raise Problem(403, 'Not yours') if held else no_such_lead()\n",
        OPENING,
    ),
    _m(
        "whoever opens is counted together with all whose looks he sees",
        f"{LEADS}/store/opening.py",
        "where person = $1 and at > $2 and (purpose",
        "where $1 <> '' and at > $2 and (purpose",
        OPENING,
    ),
    _m(
        "who moves to another team begins his hour anew",
        f"{LEADS}/store/tables.py",
        "sees=f\"{own('person').sees} or {_BY_LEAD.sees}\"",
        "sees=_BY_LEAD.sees",
        OPENING,
    ),
    _m(
        "a list leaves it to the policy whose rows it shows",
        f"{CAMPAIGNS}/store/campaign.py",
        "where campaign > $1 and {_SEEN} order by",
        "where campaign > $1 order by",
        SCOPE,
    ),
    _m(
        "the spends behind a ledger are looked for under the spelling of the plan",
        f"{CAMPAIGNS}/store/tables.py",
        'through(CAMPAIGN, "campaign", "key")',
        'through(CAMPAIGN, "campaign")',
        SCOPE,
    ),
    _m(
        "whoever reads a ledger waits for everybody's spends",
        f"{CAMPAIGNS}/api/taken.py",
        "if awaited.book == book and clock()",
        "if clock()",
        SCOPE,
    ),
    _m(
        "to read what belongs to one lead every lead that somebody sees is gathered",
        f"{CHASSIS}/row_policies.py",
        'return Rows(f"exists ({its} offset 0)"',
        'return Rows(f"exists ({its})"',
        OPENING,
    ),
    _m(
        "a parked body is shown without a reason",
        f"{CHASSIS}/parking.py",
        "whole=bool(because)",
        "whole=True",
        f"{TESTS}/component/test_parking.py",
    ),
    _m(
        "the key of a parked lead is destroyed",
        f"{LEADS}/use_cases/keys.py",
        "since = min(tx.now, waiting) if waiting else tx.now",
        "since = tx.now",
        "services/leads/tests/component/test_waiting.py",
    ),
    _m(
        "capture makes a new id for the same idempotency key",
        f"{LEADS}/api/capture.py",
        "    return lead_id_for(key, form.source, form.external_id, form.sender, form.form)\n",
        "    return None\n",
        "services/leads/tests/component",
    ),
    _m(
        "a submission sent again is judged and told again",
        f"{LEADS}/use_cases/intake.py",
        "isinstance(e, LeadSubmitted) and not current.get(e.lead_id, Lead()).known]",
        "isinstance(e, LeadSubmitted)]",
        "services/leads/tests/component",
    ),
    _m(
        "what a sender caused counts as a bug of ours, and holds the delivery",
        f"{CHASSIS}/consumer.py",
        "failed.bugs += not is_of_a_value(error)",
        "failed.bugs += 1",
        f"{TESTS}/component/test_forged.py",
    ),
    _m(
        "submissions that no key opens hold the others",
        f"{LEADS}/use_cases/intake.py",
        '            tx.park(one, "no intake key opens it: it was not sealed at this door, or its key is gone")\n',
        '            raise LookupError("no intake key opens it")\n',
        "services/leads/tests/component/test_on_leads_intake.py",
    ),
    _m(
        "an outcome does not wait for its lead",
        f"{LEADS}/use_cases/intake.py",
        "    await outcomes.keep(tx, overtook)\n",
        "",
        "services/leads/tests/component",
    ),
    _m(
        "a lead's timeline begins anew with each step",
        f"{LEADS}/store/lead.py",
        "entries = lead_place.entries + excluded.entries",
        "entries = excluded.entries",
        "services/leads/tests/component/test_on_territory_lead.py",
    ),
    _m(
        "a lead with a team is decided before it has the person it is due",
        f"{LEADS}/domain/lead.py",
        '            return self.disposition != "near_term"\n',
        "            return True\n",
        "services/leads/tests/unit/test_lead.py",
    ),
    _m(
        "verify does not count the entries of a timeline",
        f"{LOCAL}/verify/invariants/written.py",
        "    if numbers != list(range(1, lead.entries + 1)):\n",
        "    if False:\n",
        "deploy/local/tests/verify/test_invariants.py",
    ),
    _m(
        "personal data in the lead's row is not sealed",
        f"{LEADS}/use_cases/intake.py",
        "ciphertext = seal_bytes(one.key, pack(one.personal), one.submission.lead_id.bytes)",
        "ciphertext = pack(one.personal)",
        "services/leads/tests/component",
    ),
    _m(
        "an id does not belong to its sender",
        f"{LEADS}/domain/identity.py",
        "    place = _place(sender, form)\n",
        '    place = ""\n',
        "services/leads/tests/unit",
    ),
    _m(
        "an answer that may be about a person stays in the clear",
        f"{LEADS}/domain/personal.py",
        '    if isinstance(value, bool) or kind == "telling":\n        return kind == "telling"\n',
        "    if name:\n        return False\n",
        "services/leads/tests/unit",
    ),
    _m(
        "each intake key is drawn, so that a restored database can't open what was sealed since",
        f"{LEADS}/store/keys.py",
        "    return following, derive(key, following)\n",
        "    return following, new_key()\n",
        "services/leads/tests/component/test_door_key.py",
    ),
    _m(
        "a spend that is reported twice is counted twice",
        f"{CAMPAIGNS}/store/spend.py",
        'return {(row["sender"], row["spend_id"]) for row in await tx.conn.fetch(_ADD, _rows(spends), tx.now)}',
        "await tx.conn.fetch(_ADD, _rows(spends), tx.now)\n    return {spend.identity for spend in spends}",
        "services/campaigns/tests/component/test_on_campaigns_spend.py",
    ),
    _m(
        "a KPI's effect is the whole fact and not the difference",
        f"{METRICS}/use_cases/leads.py",
        "delta.move(before[lead_id], contribution(fact))",
        "delta.move(None, contribution(fact))",
        "services/metrics/tests/component/test_counting.py",
    ),
    _m(
        "a KPI row forgets what it had counted before",
        f"{METRICS}/store/kpis.py",
        "[(*key[1:], to_json(moved(held.get(key, {}), delta.rows[key])).decode())",
        "[(*key[1:], to_json(moved({}, delta.rows[key])).decode())",
        "services/metrics/tests/component/test_counting.py",
    ),
    _m(
        "a sum forgets to ask whose the numbers are",
        f"{METRICS}/store/kpis.py",
        "and team = any($5::text[]) and key <= ",
        "and key <= ",
        "services/metrics/tests/component/test_scope.py",
    ),
    _m(
        "the leads behind a number are anybody's",
        f"{METRICS}/store/facts.py",
        "wanted = (of_teams, lead.captured_at",
        "wanted = (lead.captured_at",
        "services/metrics/tests/component/test_scope.py",
    ),
    _m(
        "the database shows every team's numbers at every door",
        f"{METRICS}/store/tables.py",
        'postgresql_with={"fillfactor": "50"},\n    info={"door": "select", "rows": team()},',
        'postgresql_with={"fillfactor": "50"},\n    info={"door": "select", "rows": free("planted")},',
        "services/metrics/tests/component/test_scope.py",
    ),
    _m(
        "readers who see other teams share a channel and its frames",
        f"{METRICS}/api/feed.py",
        "        if (by, teams) not in self.channels:\n",
        "        teams = next((of for its, of in self.channels if its == by), teams)\n"
        "        if (by, teams) not in self.channels:\n",
        "services/metrics/tests/component/test_stream_scope.py",
    ),
    _m(
        "a tick tells everybody what changed for anybody",
        f"{METRICS}/api/feed.py",
        "for team, part in of.items() if team in self.teams]",
        "for team, part in of.items()]",
        "services/metrics/tests/component/test_stream_scope.py",
    ),
    _m(
        "a team that is hidden alone stays alone",
        f"{METRICS}/domain/league.py",
        "len(teams) - len(shown) == 1 and shown",
        "False",
        "services/metrics/tests/unit/test_league.py",
    ),
    _m(
        "a step that was told again later loses its first time",
        f"{METRICS}/domain/facts.py",
        '            self.stepped("routed", min(at, held))\n',
        '            self.stepped("routed", max(at, held))\n',
        "services/metrics/tests/unit/test_catalogue.py",
    ),
    _m(
        "a market is kept before it is committed",
        f"{TERRITORY}/api/market.py",
        "    store.keep(tx, active)",
        "        store.keep(tx, active)",
        "services/territory/tests/component/test_api_market.py",
    ),
    _m(
        "whose turn it was is not saved",
        f"{TERRITORY}/use_cases/routing.py",
        "        await rotation.save_rotations(tx, standings, rosters.values())\n",
        "        pass\n",
        "services/territory/tests/component/test_on_leads_lead.py",
    ),
    _m(
        "an edited team begins its rotation anew",
        f"{TERRITORY}/store/rotation.py",
        "on conflict do nothing",
        "on conflict (team) do update set turn = 0, credits = '{}'",
        "services/territory/tests/component/test_on_leads_lead.py",
    ),
    _m(
        "a lead that was decided is decided again",
        f"{TERRITORY}/use_cases/routing.py",
        "if lead.lead_id not in decided]",
        "if lead.lead_id]",
        "services/territory/tests/component/test_on_leads_lead.py",
    ),
    _m(
        "a launcher takes whoever answers at a port for its own service",
        f"{LOCAL}/services.py",
        "        if stack_of(text) != self.stack:\n",
        "        if False:\n",
        "deploy/local/tests/test_stack.py",
    ),
    _m(
        "the same words again are taken for progress",
        f"{LOCAL}/patience.py",
        "        if bare in self._told:\n            return False\n",
        "",
        "deploy/local/tests/test_patience.py",
    ),
    _m(
        "verify does not look at what a timeline leaves out",
        f"{LOCAL}/verify/invariants/written.py",
        "    for line in due(lead):\n",
        "    for line in ():\n",
        "deploy/local/tests/verify/test_invariants.py",
    ),
    _m(
        "verify believes the credits that are saved",
        f"{LOCAL}/verify/invariants/turns.py",
        "        if held.get(person, 0) != right.get(person, 0):\n",
        "        if False:\n",
        "deploy/local/tests/verify/test_invariants.py",
    ),
    _m(
        "verify does not look for a lead's own contact",
        f"{LOCAL}/verify/private.py",
        "        self._own[lead_id.encode()] = tuple((kind, text) for kind, text in own if text)\n",
        "",
        "deploy/local/tests/verify/test_invariants.py",
    ),
    _m(
        "every service may read every topic",
        "libs/contracts/src/contracts/principals.py",
        "return *hearers(stream), WATCH",
        "return *SERVICES, WATCH",
        "libs/contracts/tests/test_principals.py",
    ),
    _m(
        "a right is to every name that begins like it",
        f"{CHASSIS}/principals.py",
        "_ANY, _LITERAL, _ALLOW, _SHA_512 = 1, 3, 3, 2",
        "_ANY, _LITERAL, _ALLOW, _SHA_512 = 1, 4, 3, 2",
        f"{TESTS}/real/test_principals.py",
    ),
    _m(
        "what a principal has beyond the contracts stays",
        f"{CHASSIS}/principals.py",
        "{acl for acl in held - wanted if acl[3] in ours}",
        "set[Acl]()",
        f"{TESTS}/real/test_principals.py",
    ),
    _m(
        "a broker lets everybody do what nobody has a right to",
        f"{LOCAL}/kafka.py",
        "allow.everyone.if.no.acl.found=false",
        "allow.everyone.if.no.acl.found=true",
        f"{TESTS}/real/test_principals.py",
    ),
    # Leaks, each of which the matrix of tests/access sees.
    Mutant(
        "leak: how a lead went on loses its row policy",
        (
            (
                f"{LEADS}/store/tables.py",
                'comment="append only",\n    postgresql_with=GROWING,\n'
                '    info={"door": "select", "rows": through(LEAD_PLACE, "lead_id")},',
                'comment="append only",\n    postgresql_with=GROWING,\n'
                '    info={"door": "select", "rows": free("planted")},',
            ),
        ),
        ("tests/access/test_rows.py",),
    ),
    Mutant(
        "leak: the database shows every decision at every door",
        (
            (f"{TERRITORY}/store/tables.py", "import team\n", "import free\n"),
            (f"{TERRITORY}/store/tables.py", '"rows": team()},', '"rows": free("planted")},'),
        ),
        ("tests/access/test_rows.py",),
    ),
    _m(
        "leak: a table that was forgotten can be read at the doors",
        f"{LEADS}/store/tables.py",
        'info={"keys": "select (person_id, wrapped_key)"},',
        'info={"keys": "select (person_id, wrapped_key)", "door": "select", "rows": own("person_id::text")},',
        "tests/access/test_rows.py",
    ),
    _m(
        "leak: what is of another team is refused and not absent",
        f"{LEADS}/api/leads.py",
        "    if found is None:\n        raise no_such_lead()\n",
        "    if found is None:\n"
        "        async with service.database.transaction() as tx:\n"
        "            if await leads.exists(tx, lead_id):\n"
        "                raise __import__('chassis').Problem(403, 'Not yours')\n"
        "        raise no_such_lead()\n",
        "tests/access/test_matrix.py",
    ),
    _m(
        "leak: an answer about a lead is kept for whoever asks next",
        f"{LEADS}/api/leads.py",
        "            found = await leads.show(tx, lead_id)\n",
        "            kept = service.__dict__.setdefault('kept', {})\n"
        "            found = kept[lead_id] = kept.get(lead_id) or await leads.show(tx, lead_id)\n",
        "tests/access/test_matrix.py",
    ),
    _m(
        "leak: a list of who looked does not ask who may see the lead",
        f"{LEADS}/api/opening.py",
        "known = await leads.exists(tx, lead_id)",
        "known = True",
        "tests/access/test_matrix.py",
    ),
    _m(
        "leak: a door of no document that nobody watches",
        f"{CHASSIS}/page.py",
        '    @api.get("/docs", include_in_schema=False)\n',
        '    @api.get("/people", include_in_schema=False)\n    @api.get("/docs", include_in_schema=False)\n',
        "tests/access/test_matrix.py",
    ),
    _m(
        "leak: who looks after the system sees what is in it",
        f"{LEADS}/api/permissions.py",
        '    "leader": _OF_THE_TEAM,\n',
        '    "leader": _OF_THE_TEAM,\n    "system_administrator": _OF_THE_TEAM,\n',
        "tests/access/test_matrix.py",
    ),
    _m(
        "leak: management writes what it may only see",
        f"{CHASSIS}/row_policies.py",
        "\"<> 'none'\" if shared",
        "\"<> ''\" if shared",
        "tests/access/test_rows.py",
    ),
    _m(
        "leak: the operator's token reads as it did once",
        f"{CHASSIS}/access.py",
        '        ("leads:capture", "outcomes:report",',
        '        ("reader", "leads:capture", "outcomes:report",',
        "tests/access/test_matrix.py",
    ),
    _m(
        "leak: what is shown of campaigns leaves the teams to the database",
        f"{CAMPAIGNS}/store/campaign.py",
        '_SHOW = f"{_HEAD} and {_SEEN}"',
        "_SHOW = _HEAD",
        "services/campaigns/tests/component/test_scope.py",
    ),
    _m(
        "leak: who is there by a right that is over stays for as long as nobody says more",
        f"{CHASSIS}/access_reader.py",
        "            standing.actors.clear()\n",
        "            pass\n",
        f"{TESTS}/component/test_access.py",
    ),
    _m(
        "leak: a machine's word is enough where it is not known who may see what",
        f"{CHASSIS}/access.py",
        'if self.rows or actor.kind != "machine":\n            scope["service"].access.check()\n',
        'if self.rows or actor.kind != "machine":\n'
        '            if actor.kind != "machine":\n                scope["service"].access.check()\n',
        "tests/access/test_turns.py",
    ),
    _m(
        "leak: everybody in the company is known by name",
        f"{TERRITORY}/api/person.py",
        'row["name"] if may_know(who, row["id"], units) else None',
        'row["name"]',
        "tests/access/test_organisation.py",
    ),
    _m(
        "leak: why somebody looks at a unit from outside is for everybody to read",
        f"{TERRITORY}/api/break_glass.py",
        "for row in rows if may_see(row, who)",
        "for row in rows if may_see(row, who) or True",
        "tests/access/test_organisation.py",
    ),
    _m(
        "leak: the faults let everything be seen that was somebody's once",
        f"{LOCAL}/faults/sight.py",
        "look.asked <= self.ends + GONE_WITHIN_S",
        "bool(self.ends)",
        "tests/faults/test_sight.py",
    ),
    # A salesperson's day.
    _m(
        "day: whoever is of the team voids what others recorded",
        f"{LEADS}/domain/activity.py",
        "    own = author == who and",
        "    own = author != '' and",
        ACTIVITY,
    ),
    _m(
        "day: what is done is recorded in anybody's name by the database",
        f"{LEADS}/store/activity_tables.py",
        'f"{{row}}.{who} = (select access_me()) and {its}"',
        "its",
        ACTIVITY,
    ),
    _m(
        "day: who stands in records in his own name",
        f"{LEADS}/domain/activity.py",
        "    if holder and holder in whose:",
        "    if holder and holder in whose and not holder:",
        ACTIVITY,
    ),
    _m(
        "day: a cursor goes on with other filters",
        f"{LEADS}/domain/list.py",
        "    if others:\n",
        "    if others and not others:\n",
        f"{COMPONENT}/test_list.py",
    ),
    _m(
        "day: search passes what is captured by a transaction under way",
        f"{LEADS}/store/search.py",
        "coalesce(min(xact_start), 'infinity') - $1::interval",
        "coalesce(min(xact_start) + interval '1 day', 'infinity') - $1::interval",
        f"{COMPONENT}/test_search.py",
    ),
    _m(
        "day: a page of names is counted as contacts are",
        f"{LEADS}/use_cases/opening.py",
        "settings.pages_in_five_minutes if purpose in IN_PASSING",
        "settings.pages_in_five_minutes if not purpose",
        f"{COMPONENT}/test_list.py",
    ),
    _m(
        "day: what is breached comes last",
        f"{LEADS}/store/work.py",
        "order = (-c.priority,",
        "order = (c.priority,",
        f"{COMPONENT}/test_work.py",
    ),
)


def misplaced(root: Path, mutants: Sequence[Mutant] = MUTANTS) -> list[str]:
    """Mutants whose code has changed: the text of each stands there exactly once, or the bug is not the one that is meant."""
    return [
        f"{mutant.name}: {file} has {count} times what is to be replaced: {old.strip()}"
        for mutant in mutants
        for file, old, _ in mutant.changes
        if (count := (root / file).read_text().count(old)) != 1
    ]
