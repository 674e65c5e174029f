"""Alembic's way in."""

from campaigns.store.tables import METADATA
from chassis.migrations import run_migrations

run_migrations(METADATA)
