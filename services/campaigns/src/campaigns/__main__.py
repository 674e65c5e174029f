"""`python -m campaigns`."""

from campaigns.app import build
from campaigns.settings import CampaignsSettings
from chassis import cli

app = cli(build, CampaignsSettings, "campaigns")

if __name__ == "__main__":
    app()
