"""``tributary up``: the stack in the foreground, until somebody asks it to end."""

from typing import Annotated

import typer

from tributary.ending import foreground
from tributary.loading import load_market
from tributary.progress import Steps
from tributary.running import Running
from tributary.spans import Collector
from tributary.stack import Stack
from tributary.state import state


def up(
    market: Annotated[bool, typer.Option("--market", help="Load the small market too.")] = False,
    sign_in: Annotated[bool, typer.Option(help="Run the issuer's page, where people sign in.")] = True,
) -> None:
    """Starts Kafka, Postgres, the issuer and the four services and keeps them up until Ctrl-C."""
    steps = Steps()
    with foreground(steps.console):
        steps.say("Starting Tributary:")
        with (
            steps,
            Collector(state()) as spans,
            Stack(steps=steps, mock_allowed=True, sign_in=sign_in, open_to_machine=True, extra=spans.told()) as stack,
        ):
            if market:
                with steps.step("the market") as step:
                    step.done = f"the market: {load_market(stack.running)}"
            steps.say(addresses(stack.running))
            steps.say(f"[bold]Open {stack.web} in a browser.[/bold]" if stack.web else "There is no page to open.")
            steps.say(f"Everything is up. {stack.home / 'stack.json'} says where; Ctrl-C ends it.")
            stack.wait()


def addresses(running: Running) -> str:
    """Every door and health page of a running stack, one line each."""
    lines = [
        f"  {name:<10} doors {service.url}/docs   health {service.url}/readyz"
        for name, service in running.services.items()
    ]
    more = {"kafka": running.kafka, "issuer": running.issuer}
    return "\n".join([*lines, *(f"  {name:<10} {where}" for name, where in more.items())])
