"""What a tree of units may look like."""

import re
from datetime import datetime

from territory.domain.organisation import DEEPEST, MANAGEMENT, UNITS_AT_MOST, UNPLACED, Structure, Unit

Faults = list[tuple[str, str]]
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


def faults_of(unit: Unit, structure: Structure, at: datetime) -> Faults:
    """What is wrong with putting this unit into the tree, by field."""
    found: Faults = []
    before = structure.units.get(unit.id)
    if before is None and not ID.fullmatch(unit.id):
        found.append(("id", "is not of small letters, digits and . _ - alone"))
    if unit.id == UNPLACED:
        found.append(("id", "is the word for what no team has"))
    if before is None and len(structure.units) >= UNITS_AT_MOST:
        found.append(("id", f"is one more than {UNITS_AT_MOST} units"))
    if unit.kind not in structure.kinds:
        found.append(("kind", "no such kind of unit"))
    elif before and before.kind != unit.kind and MANAGEMENT in (before.kind, unit.kind):
        found.append(
            ("kind", "does not become management, and management nothing else: its members would see other rows")
        )
    return found + _parent_faults(unit, structure, at)


def _parent_faults(unit: Unit, structure: Structure, at: datetime) -> Faults:
    if unit.parent is None:
        others = [one for one in structure.units.values() if one.parent is None and one.id != unit.id]
        return [("parent", "is missing: there is a unit above all already")] if others else []
    above = structure.units.get(unit.parent)
    if above is None:
        return [("parent", "no such unit")]
    if above.state(at) == "closed":
        return [("parent", "is closed")]
    if unit.id in structure.path(unit.parent):
        return [("parent", "makes a circle: it is the unit itself or lies below it")]
    floors = structure.height(unit.id) if unit.id in structure.units else 1
    if len(structure.path(unit.parent)) + floors > DEEPEST:
        return [("parent", f"makes the tree deeper than {DEEPEST} floors")]
    return []
