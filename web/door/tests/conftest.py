"""What the door's tests share: their stage beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from door_stage import doors, issuer  # noqa: F401
