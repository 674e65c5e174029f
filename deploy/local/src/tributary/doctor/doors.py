"""Services and the issuer: who answers, who is ready, whether all are of one contract, and whether tokens are taken."""

import asyncio
import ssl
from collections.abc import Mapping

import httpx

from tributary.doctor.finding import Installation, Report

# What readiness says, and which finding it is; the first that fits. Everything else is a service that is not ready.
REASONS = (
    ("gap: ", "gap", "`python -m {service} gap list`: what is lost is let go by `gap accept`, with a reason", "gap"),
    ("held: ", "held", "read the log line `held`: mend what it names, or let the failing events through", "held"),
    ("are parked", "parked", "`python -m {service} parked list`", "parked"),
    ("Kafka refuses", "refused", "run the job `principals`, with the password that the service is told", "refused"),
    ("asks who comes", "refused", "give the service its principal and password", "refused"),
)


async def look(installation: Installation, report: Report) -> None:
    """Asks all of them at the same time."""
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=ssl.create_default_context()) as client:
        asked = [_one(client, name, url, installation, report) for name, url in installation.urls.items()]
        if installation.issuer:
            asked.append(_issuer(client, installation, report))
        versions = dict(filter(None, await asyncio.gather(*asked)))
    _same(versions, report)


async def _one(
    client: httpx.AsyncClient, service: str, url: str, installation: Installation, report: Report
) -> tuple[str, str] | None:
    try:
        answer = await client.get(f"{url}/readyz")
        reasons = answer.json()["because"]
        document = (await client.get(f"{url}/openapi.json")).json()
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as failure:
        report.critical(
            "service-away",
            service,
            f"it does not answer at {url}: {str(failure) or type(failure).__name__}",
            "start it, and read the end of its log",
            "not-ready",
        )
        return None
    for reason in reasons:
        code, do, page = next(
            ((code, do, page) for words, code, do, page in REASONS if words in reason),
            ("not-ready", "mend what it says; the page names the usual causes", "not-ready"),
        )
        report.critical(code, service, reason, do.format(service=service), page)
    await _token(client, service, url, installation, report)
    report.looked_at.append(service)
    return service, str(document["info"]["version"])


async def _token(client: httpx.AsyncClient, service: str, url: str, installation: Installation, report: Report) -> None:
    if not installation.token:
        return
    headers = {"authorization": f"Bearer {installation.token}"}
    answer = await client.get(f"{url}/v1/access/me", headers=headers)
    if answer.status_code in (401, 503):
        report.critical(
            "tokens",
            service,
            f"it does not take a valid token of this installation ({answer.status_code})",
            "compare TRIBUTARY_ISSUER, TRIBUTARY_AUDIENCE and TRIBUTARY_TOKEN_ALGORITHMS with the issuer's own words",
            "access",
        )


async def _issuer(client: httpx.AsyncClient, installation: Installation, report: Report) -> None:
    issuer = installation.issuer
    try:
        document = (
            (await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")).raise_for_status().json()
        )
        keys = (await client.get(document["jwks_uri"])).raise_for_status().json()["keys"]
        wrong = "" if document["issuer"] == issuer else f"it calls itself {document['issuer']}"
        wrong = wrong or ("" if keys else "it has no keys")
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as failure:
        wrong = f"it does not tell its keys: {str(failure) or type(failure).__name__}"
    if wrong:
        report.critical(
            "issuer",
            f"issuer {issuer}",
            wrong,
            "bring it back; services go on with the keys that they know, a restarted one takes no token",
            "access",
        )
    else:
        report.looked_at.append("issuer")


def _same(versions: Mapping[str, str], report: Report) -> None:
    """Services are released alone; the first number of a version is that of the contracts."""
    majors = {version.split(".")[0] for version in versions.values()}
    if len(majors) > 1:
        told = ", ".join(f"{service} {version}" for service, version in sorted(versions.items()))
        report.critical(
            "versions",
            "services",
            f"they are of different contracts: {told}",
            "bring those of the older contracts up, or the newer back",
            "not-ready",
        )
