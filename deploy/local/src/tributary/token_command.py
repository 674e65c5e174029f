"""``tributary token``: a token of somebody who can act on the running stack, for whoever can read its keys."""

from typing import Annotated

import typer

from tributary import running
from tributary.child_process import StackError
from tributary.tokens import LOCAL, MACHINES

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def tributary() -> None:
    """This word alone, without what the others need."""


@app.command()
def token(
    person: Annotated[str, typer.Option("--as", help="A person, such as anna.schmidt; good for five minutes.")] = "",
    machine: Annotated[str, typer.Option(help=f"One of {', '.join(MACHINES)}; good for half an hour or more.")] = "",
    mfa: Annotated[bool, typer.Option("--mfa", help="Say that a second factor was asked of the person.")] = False,
) -> None:
    """Prints a token of a person or machine; of this stack's reading machine, where nobody is named."""
    try:
        tokens = running.read().tokens
        if person and machine:
            raise StackError("A token is of a person or of a machine.")
        if machine and machine not in MACHINES:
            raise StackError(f"There is no machine {machine} here: {', '.join(MACHINES)}.")
    except StackError as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from None
    by = ("pwd", "mfa") if mfa else ("pwd",)
    typer.echo(tokens.person(person, by) if person else tokens.machine(machine or LOCAL))
