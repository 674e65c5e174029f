"""A plan is put on record, and its budget on the ledger."""

from campaigns.domain.campaign import Plan, rebudget
from campaigns.store import campaign as campaigns
from campaigns.store import ledger
from campaigns.use_cases.ledger import posted
from chassis import Transaction
from contracts.campaigns.campaign import BudgetLine, CampaignPlanned


async def plan_campaign(campaign: str, plan: Plan, tx: Transaction) -> int:
    """Carries the plan out and returns its version; the plan that is already on record changes nothing and says nothing."""
    book = (await ledger.open_books(tx, [campaign]))[campaign]
    recorded = await campaigns.recorded_plan(tx, book)
    if recorded.plan == plan:
        return recorded.version
    lines, postings = rebudget(book, plan)
    version = recorded.version + 1
    await campaigns.save_plan(tx, campaign, version, plan)
    await ledger.save_lines(tx, lines)
    await ledger.save_postings(tx, postings)
    tx.emit(_told(campaign, plan, version, tx))
    for posting in postings:
        tx.emit(posted(posting, tx.now))
    return version


def _told(campaign: str, plan: Plan, version: int, tx: Transaction) -> CampaignPlanned:
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
        planned_at=tx.now,
    )
