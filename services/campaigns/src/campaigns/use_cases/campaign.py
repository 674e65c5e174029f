"""A plan is put on record, and its budget on the ledger."""

from dataclasses import replace

from campaigns.domain.campaign import Plan, owner_of, rebudget
from campaigns.store import campaign as campaigns
from campaigns.store import ledger
from campaigns.use_cases.ledger import posted
from chassis import Transaction
from contracts.campaigns.campaign import BudgetLine, CampaignPlanned
from values.text import key


class NotYours(Exception):
    """Under this name there is a campaign of another team."""


async def plan_campaign(name: str, plan: Plan, tx: Transaction) -> tuple[str, int]:
    """Carries the plan out and returns the campaign's id on record and the plan's version; raises NotYours for one of another
    team, and WhoseCampaign.

    The plan that is already on record changes nothing and says nothing, in whatever spelling its names come.
    """
    books = list((await ledger.open_books(tx, {key(name): name})).values())
    if not books:
        raise NotYours
    [book] = books
    recorded = await campaigns.recorded_plan(tx, book)
    teams = None if tx.actor.kind == "machine" else await campaigns.teams(tx)
    team = owner_of(plan, recorded.plan.team if recorded.plan else None, teams)
    campaign, plan = book.campaign, replace(plan.as_written_in(book), team=team)
    if recorded.plan == plan:
        return campaign, recorded.version
    lines, postings = rebudget(book, plan)
    version = recorded.version + 1
    await campaigns.save_plan(tx, campaign, version, plan)
    await ledger.save_lines(tx, lines)
    await ledger.save_postings(tx, postings)
    tx.emit(_to_event(campaign, plan, version, tx))
    for posting in postings:
        tx.emit(posted(posting, tx.now))
    return campaign, version


def _to_event(campaign: str, plan: Plan, version: int, tx: Transaction) -> CampaignPlanned:
    return CampaignPlanned(
        campaign=campaign,
        name=plan.name,
        channel=plan.channel,
        segment=plan.segment,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        currency=plan.currency,
        lines=tuple(BudgetLine(line=p.line, item=p.item, budget=p.budget, owner=p.owner) for p in plan.lines),
        version=version,
        team=plan.team,
        planned_at=tx.now,
    )
