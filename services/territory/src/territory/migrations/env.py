"""Alembic's way in."""

from chassis.migrations import run_migrations
from territory.store.tables import METADATA

run_migrations(METADATA)
