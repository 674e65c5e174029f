"""``tributary up``: the stack in the foreground, until somebody asks it to end."""

from rich.table import Table

from tributary.ending import foreground
from tributary.progress import Steps
from tributary.running import Running
from tributary.stack import Stack


def up() -> None:
    """Starts Kafka, Postgres and the four services and keeps them up until Ctrl-C."""
    steps = Steps()
    with foreground(steps.console):
        steps.say("Starting Tributary:")
        with steps, Stack(steps=steps, mock_allowed=True) as stack:
            steps.console.print(addresses(stack.running))
            steps.say(f"Everything is up. {stack.home / 'stack.json'} says where; Ctrl-C ends it.")
            stack.wait()


def addresses(running: Running) -> Table:
    """Every door, health page and stream of a running stack."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("service", "doors", "health", "numbers about itself"):
        table.add_column(heading, no_wrap=True)
    for name, service in running.services.items():
        table.add_row(name, f"{service.url}/docs", f"{service.url}/readyz", f"{service.url}/metrics")
    table.add_row("kafka", running.kafka, "", "")
    return table
