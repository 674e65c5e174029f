"""One KPI row: what was counted for one key of one dimension, and the two ratios made of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from metrics.domain.contributions import By


@dataclass(frozen=True, slots=True)
class Kpi:
    """The current value, whole. ``version`` only grows: of two states of a row the higher version is the newer one."""

    by: By
    key: str
    version: int
    leads: int
    qualified: int
    valid: int
    routed: int
    assigned: int
    won: int
    lost: int
    won_amount: Mapping[str, int]
    spend: Mapping[str, int]

    @property
    def conversion(self) -> float | None:
        """Lead-to-won: won leads per valid lead, never above 1: a won lead is a valid one. Undefined while no lead is valid.

        It is not yet the source's lead conversion rate (valid leads per target customer executed): nothing here hears of
        executed targets so far.
        """
        return self.won / self.valid if self.valid else None

    @property
    def cost_per_lead(self) -> Mapping[str, int] | None:
        """What a valid lead cost per currency, in whole minor units, rounded down. Undefined while no lead is valid."""
        return {currency: minor // self.valid for currency, minor in self.spend.items()} if self.valid else None
