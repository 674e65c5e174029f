"""Parts of this system beside what people would take or write instead, on the same input and with the same result."""

from bench.peers.page import lines
from bench.peers.rounds import PARTS, run

__all__ = ["PARTS", "lines", "run"]
