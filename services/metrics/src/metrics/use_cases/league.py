"""Days and weeks of teams are closed, once each."""

from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from chassis import Transaction
from metrics.domain.league import Entry, Hidden, Limits, deals, table
from metrics.settings import MetricsSettings
from metrics.store import league as store

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST_DAYS = 31  # closed in one transaction, after a long absence


async def close_periods(tx: Transaction) -> None:
    """Closes each day that is over, the oldest first, and each week whose last day that is. The first day that is ever closed
    is the one before; what was captured or closed before it is in no league."""
    settings = cast(MetricsSettings, tx.settings)
    zone = ZoneInfo(settings.league_zone)
    newest = (tx.now - timedelta(minutes=settings.league_grace_minutes)).astimezone(zone).date() - DAY
    first, last = await store.closed(tx, "day")
    day = last + DAY if last else newest
    since = _begins(first or newest, zone)
    for _ in range(MOST_DAYS):
        if day > newest:
            return
        await _close_day(tx, day, since, _begins(day + DAY, zone))
        week = day - 6 * DAY
        if day.weekday() == (settings.league_week_begins - 1) % 7 and week >= (first or newest):
            await _close_week(tx, week)
        day += DAY


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _limits(tx: Transaction) -> Limits:
    s = cast(MetricsSettings, tx.settings)
    return Limits(s.league_leads, s.league_persons, s.league_won, s.league_largest)


async def _close_day(tx: Transaction, day: date, since: datetime, until: datetime) -> None:
    await store.take(tx, day, since, until)
    entries = (await store.entries(tx, day, day)).get(day, {})
    await store.close(tx, "day", store.Period(day, day), table(entries, _limits(tx)))


async def _close_week(tx: Transaction, first: date) -> None:
    last = first + 6 * DAY
    days, shown = await store.entries(tx, first, last), await store.rows(tx, "day", first, last)
    whole: dict[str, list[Entry]] = {}
    counts: dict[str, list[list[Entry]]] = {}
    money: dict[str, list[list[Entry]]] = {}
    for day, teams in days.items():
        rows = {row.team: row for row in shown[day]}
        for team, of in teams.items():
            whole.setdefault(team, []).extend(of)
            if rows[team].counts is None:
                counts.setdefault(team, []).append(of)
            if rows[team].money is None and deals(of):
                money.setdefault(team, []).append(of)
    hidden = {team: Hidden(counts.get(team, ()), money.get(team, ())) for team in whole}
    await store.close(tx, "week", store.Period(first, last), table(whole, _limits(tx), hidden))
