"""Parts of this system beside what people would take or write instead, on the same input and with the same result."""

from bench.peers.page import lines
from bench.peers.rounds import run

__all__ = ["lines", "run"]
