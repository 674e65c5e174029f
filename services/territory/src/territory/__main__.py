"""`python -m territory`: the words of every service, and those by which an organisation begins."""

import asyncio
import json
import sys

import typer

from chassis import cli
from chassis.restored import begin_new_history
from territory.app import build
from territory.settings import TerritorySettings
from territory.use_cases.organisation import First, Refused, begin_organisation, say_everybody

app = cli(build, TerritorySettings, "territory")
app.registered_commands = [one for one in app.registered_commands if one.name != "restored"]  # it does more here


@app.command(
    help="Makes the first two administrators and the machines that read everything, once, while nobody has a role:"
    " bootstrap --person adm --subject adm --person om --subject om [--machine local] [--issuer https://issuer]."
    " What is there already stays; asked again for the same, it changes nothing and ends well."
)
def bootstrap(
    person: list[str] = typer.Option([], help="an id without personal data; twice, with a subject each"),
    subject: list[str] = typer.Option([], help="what the issuer's tokens call that person, in the same order"),
    machine: list[str] = typer.Option([], help="a client of the issuer that reads everything, as machine:<client>"),
    issuer: str = typer.Option("", help="whose tokens these are; else the service's own issuer"),
) -> None:
    """Raises SystemExit 1 when the organisation has other administrators."""
    if len(person) != len(subject):
        raise typer.BadParameter("a subject for each person, in the same order")
    firsts = [First(*pair) for pair in zip(person, subject, strict=True)]
    for line in asyncio.run(_begin(firsts, machine, issuer)):
        sys.stdout.write(line + "\n")


@app.command(
    name="restored",
    help="Run once, service stopped, after its database came back from a backup; says anew what everybody may see.",
)
def was_restored() -> None:
    """A new history begins with the whole of ``territory.access``."""

    async def restore() -> dict[str, object]:
        service = build(TerritorySettings())
        try:
            begun = await begin_new_history(service)
            async with service.database.transaction() as tx:
                return begun | {"said_anew": await say_everybody(tx)}
        finally:
            await service.database.close()

    sys.stdout.write(json.dumps(asyncio.run(restore()), indent=2) + "\n")


async def _begin(firsts: list[First], machines: list[str], issuer: str) -> list[str]:
    settings = TerritorySettings()
    service = build(settings)
    try:
        async with service.database.transaction() as tx:
            return await begin_organisation(firsts, machines, issuer or settings.issuer, tx)
    except Refused as refusal:
        sys.stdout.write(f"{refusal}\n")
        raise typer.Exit(1) from None
    finally:
        await service.database.close()


if __name__ == "__main__":
    app()
