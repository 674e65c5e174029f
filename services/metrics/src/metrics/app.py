"""The service, put together."""

from chassis import Service
from contracts.metrics.kpi import KPI
from metrics import handlers
from metrics.api import kpis, league, series, stream
from metrics.api.feed import Feed
from metrics.api.permissions import ROLES
from metrics.jobs import JOBS
from metrics.settings import MetricsSettings


def build(settings: MetricsSettings) -> Service:
    """Doors, streams and jobs of metrics, and the feed that its readers share."""
    feed = Feed(settings)
    return Service(
        "metrics",
        settings,
        router=handlers.router,
        roles=ROLES,
        jobs=JOBS,
        api=(stream.router(feed), series.router, kpis.router, league.router),
        streams=(KPI,),
        background=(feed.run,),
        description="The numbers of segments, channels, teams and campaigns, live, the facts behind them, and a league of teams.",
    )
