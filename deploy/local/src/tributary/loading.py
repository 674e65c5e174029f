"""Puts the small market in force and plans its campaigns, as its own machine."""

import httpx

from tributary.child_process import StackError
from tributary.running import Running
from tributary.traffic import campaigns, market


def load_market(running: Running, file: str = "") -> str:
    """Loads segments, teams, pipelines, rules and campaigns; loading them again changes nothing. Returns what was loaded.

    ``file`` is another market file than today's, for builds of another day.
    """
    with httpx.Client(headers={"authorization": f"Bearer {running.token}"}, timeout=30, trust_env=False) as client:
        answer = client.put(
            f"{running.services['territory'].url}/v1/market",
            content=file or market(),
            headers={"content-type": "application/yaml"},
        )
        loaded = _taken("the market", answer)
        planned = campaigns()
        for campaign in planned:
            body = {name: value for name, value in campaign.items() if name != "id"}
            url = f"{running.services['campaigns'].url}/v1/campaigns/{campaign['id']}"
            _taken(f"campaign {campaign['id']}", client.put(url, json=body))
    return (
        f"{loaded['segments']} segments, {loaded['teams']} teams, {loaded['rules']} rules"
        f" in version {loaded['version']}, {len(planned)} campaigns"
    )


def _taken(what: str, answer: httpx.Response) -> dict[str, object]:
    if answer.is_success:
        return dict(answer.json())
    raise StackError(f"The door refused {what}: {answer.status_code} {answer.text[:500]}")
