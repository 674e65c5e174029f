"""`python -m territory`."""

from chassis import cli
from territory.app import build
from territory.settings import TerritorySettings

app = cli(build, TerritorySettings, "territory")

if __name__ == "__main__":
    app()
