"""`python -m <service> serve | migrate | topics | parked | gap | health | openapi | restored | reread`: the same in every service."""

import asyncio
import gc
import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import typer

from chassis import failpoint, gap, parking, reread, restored, schema, telemetry, topics
from chassis.database import tls
from chassis.errors import Refused, words
from chassis.schema import Phase
from chassis.service import Service
from chassis.settings import Settings

S = TypeVar("S", bound=Settings)
NO_DATABASE = "postgresql://nowhere"  # for the words that need none
Asked = Callable[[Callable[[Service], Awaitable[Any]]], Any]


def cli(build: Callable[[S], Service], settings_type: type[S], name: str) -> typer.Typer:
    """The command line of one service."""
    app = _words(f"Tributary {name}.")

    _add_version(app, name)

    def ask(work: Callable[[Service], Awaitable[Any]]) -> Any:
        return asyncio.run(_with(build(settings_type()), work))

    @app.command(help="Runs the service until SIGTERM.")
    def serve() -> None:
        import uvloop

        settings = settings_type()
        telemetry.setup(name, settings.instance, settings.otlp_endpoint, settings.log_level)
        settings.check()
        _arm(settings)

        async def run() -> None:
            service = build(settings)
            _calm_collector()
            await service.serve()

        uvloop.run(run())

    @app.command(help="Brings the database to the schema of this build.")
    def migrate(phase: Phase | None = typer.Option(None, help="only what is run on this side of the deploy")) -> None:
        os.environ.setdefault("DATABASE_URL", NO_DATABASE)
        _migrate(settings_type(), name, phase)

    @app.command(help="Exits 0 when the service on this host is ready.")
    def health() -> None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{settings_type().port}/readyz", timeout=3) as answer:
                _say(answer.read().decode())
        except (urllib.error.URLError, OSError) as error:
            _say(str(error))
            raise typer.Exit(1) from None

    @app.command(help="Prints the OpenAPI document.")
    def openapi() -> None:
        async def document(service: Service) -> Any:
            return service.api.openapi()

        os.environ.setdefault("DATABASE_URL", NO_DATABASE)
        _say(ask(document))

    @app.command(name="restored", help="Run once, service stopped, after its database came back from a backup.")
    def was_restored() -> None:
        _say(ask(restored.begin_new_history))

    _add_kafka(app, settings_type)
    _add_reread(app, ask)
    app.add_typer(_parked(ask), name="parked")
    app.add_typer(_gaps(ask), name="gap")
    return app


def _add_version(app: typer.Typer, name: str) -> None:
    @app.callback(invoke_without_command=True)
    def said(
        version: bool = typer.Option(False, "--version", help="which build this is, and of which contracts"),
    ) -> None:
        if version:
            _say("{} {}, contracts {}".format(name, *schema.versions(name)))
            raise typer.Exit


def _add_kafka(app: typer.Typer, settings_type: type[Settings]) -> None:
    @app.command(name="topics", help="Creates the topics of the contracts that are missing.")
    def create_topics(copies: int = typer.Option(1, help="replicas of each partition")) -> None:
        os.environ.setdefault("DATABASE_URL", NO_DATABASE)
        _create_topics(settings_type(), copies)

    @app.command(help="Gives every principal on Kafka its rights and, if <NAME>_KAFKA_PASSWORD is set, that password.")
    def principals() -> None:
        os.environ.setdefault("DATABASE_URL", NO_DATABASE)
        _establish_principals(settings_type())


def _add_reread(app: typer.Typer, ask: Asked) -> None:
    @app.command(name="reread", help="Run while the service is stopped: it will hear a topic again.")
    def hear_again(
        topic: str,
        since: str = typer.Option("", "--from", help="an offset, or a time like 2026-03-01T00:00:00Z; else the oldest"),
    ) -> None:
        try:
            _say(ask(lambda service: reread.reread(service, topic, since)))
        except (reread.RereadRefused, restored.GroupAtWork) as refusal:
            _say(str(refusal))
            raise typer.Exit(1) from None


def _words(about: str) -> typer.Typer:
    """A group of words. What a failure shows holds no variables: they may hold what somebody sent."""
    return typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False, help=about)


def _parked(ask: Asked) -> typer.Typer:
    """What an operator does with events that could not be handled."""
    parked = _words("Events that could not be handled.")

    @parked.command(name="list", help="What is parked and was not replayed.")
    def parked_list(everything: bool = typer.Option(False, "--all")) -> None:
        _say(ask(lambda service: parking.listed(service.database, everything)))

    @parked.command(name="show", help="One parked event; its body only for a reason, for it may hold personal data.")
    def parked_show(parked_id: uuid.UUID, because: str = typer.Option("", help="why, for the record")) -> None:
        _say(ask(lambda service: parking.shown(service.database, parked_id, because)))

    @parked.command(name="replay", help="Handles one parked event now, or all of them in order.")
    def parked_replay(
        parked_id: uuid.UUID | None = typer.Argument(None), everything: bool = typer.Option(False, "--all")
    ) -> None:
        async def replay(service: Service) -> None:
            if parked_id is not None:
                _say(f"{parked_id}: {await _tried(service, parked_id)}")
            elif everything:
                async for one, result in parking.replay_all(service.database, service.router):
                    _say(f"{one}: {result}")

        ask(replay)

    @parked.command(
        name="discard", help="Ends the waiting of one parked event, or of all with one cause; its body goes."
    )
    def parked_discard(
        parked_id: uuid.UUID | None = typer.Argument(None),
        cause: str = typer.Option("", help="all that were parked for this cause"),
        reason: str = typer.Option(..., help="why, for the record"),
    ) -> None:
        _say(f"{ask(lambda service: parking.discard(service.database, reason, parked_id, cause))} discarded")

    @parked.command(
        name="let-through", help="For some minutes failing events are parked, however many, and nothing is held."
    )
    def parked_let_through(
        reason: str = typer.Option(..., help="why, for the record"),
        minutes: int = typer.Option(15, min=0, max=1440, help="how long; 0 ends it"),
    ) -> None:
        ask(lambda service: parking.open_for(service.database, minutes, reason))
        _say(f"What fails is parked without a limit for {minutes} minutes, in every replica.")

    return parked


def _gaps(ask: Asked) -> typer.Typer:
    """What an operator does with events that are gone from a topic."""
    gaps = _words("Events that were lost before they were heard.")

    @gaps.command(name="list", help="Before which gaps the service stands, and what was accepted before.")
    def gap_list() -> None:
        _say(ask(gap.listed))

    @gaps.command(name="accept", help="The lost events before which a partition stands are done without; it goes on.")
    def gap_accept(
        topic: str,
        partition: int,
        reason: str = typer.Option(..., help="why, for the record"),
        by: str = typer.Option(..., help="who decides it, as his token names him"),
    ) -> None:
        try:
            _say(ask(lambda service: gap.accept(service, topic, partition, reason=reason, by=by)))
        except gap.NotAccepted as refusal:
            _say(f"{refusal}.")
            raise typer.Exit(1) from None

    return gaps


def _migrate(settings: Settings, name: str, phase: Phase | None) -> None:
    from chassis import migrations

    _arm(settings)
    try:
        migrations.upgrade(name, settings.owners_url(), phase, tls(settings))
    except (migrations.OutOfTurn, schema.RolesMissing, schema.Unguarded) as refusal:
        _say(str(refusal))
        raise typer.Exit(1) from None


def _create_topics(settings: Settings, copies: int) -> None:
    try:
        _say("\n".join(asyncio.run(topics.create(settings, copies))))
    except topics.TopicsRefused as refusal:
        _say(str(refusal))
        raise typer.Exit(1) from None


def _establish_principals(settings: Settings) -> None:
    from chassis import principals

    try:
        _say(asyncio.run(principals.establish(settings, principals.passwords(os.environ))).words)
    except (principals.RightsRefused, Refused) as refusal:
        _say(f"{refusal}.")
        raise typer.Exit(1) from None


def _calm_collector() -> None:
    """What was imported is never garbage, and a delivery of two thousand leads is not a reason to look for cycles seventy
    times: with the defaults that search was half of the time of a large delivery."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(400_000, 20, 100)


async def _tried(service: Service, parked_id: uuid.UUID) -> str:
    try:
        return await parking.replay(service.database, service.router, parked_id)
    except Exception as error:
        return f"failed again: {words(error)}"


def _say(what: Any) -> None:
    text = what if isinstance(what, str) else json.dumps(what, indent=2, default=str, ensure_ascii=False)
    sys.stdout.write(text + "\n")


def _arm(settings: Settings) -> None:
    if settings.fail_points:
        failpoint.arm(os.environ.get("TRIBUTARY_FAIL_AT", ""))


async def _with(service: Service, work: Callable[[Service], Awaitable[Any]]) -> Any:
    try:
        return await work(service)
    finally:
        await service.database.close()
