"""Alembic's way in."""

from toy.tables import METADATA

from chassis.migrations import run_migrations

run_migrations(METADATA)
