"""``python -m tributary``: the same as the command ``tributary``."""

from tributary.cli import app

app()
