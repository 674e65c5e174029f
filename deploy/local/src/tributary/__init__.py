"""Tributary on one machine: a real Kafka, a real Postgres and the four services, owned by one command."""

import os

# Noted before anything slow is imported: a command ends when the process that started it is gone.
STARTED_BY = os.getppid()
