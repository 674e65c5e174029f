"""The command line of the leads service."""

from chassis import cli
from leads.app import build
from leads.settings import LeadsSettings

app = cli(build, LeadsSettings, "leads")

if __name__ == "__main__":
    app()
