"""The command ``tributary``: one module per word."""

import typer

from tributary import backup, certificates, clean, partitions, replay, token_command, trace_command, up
from tributary.demo import command as demo
from tributary.doctor import command as doctor
from tributary.faults import command as faults
from tributary.verify import command as verify

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.callback()
def tributary() -> None:
    """Tributary on one machine."""


app.command()(demo.demo)
app.command()(up.up)
app.command()(clean.clean)
app.command()(certificates.certificates)
app.command()(token_command.token)
app.command()(replay.replay)
app.command()(verify.verify)
app.command()(trace_command.trace)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(doctor.doctor)
app.command()(faults.faults)
app.command()(partitions.partitions)
