"""``python -m tributary``: the same as the command ``tributary``."""

import sys

if sys.argv[1:2] == ["token"]:  # asked for before many a call: it does not wait for what the other words need
    from tributary.token_command import app
else:
    from tributary.cli import app

app()
