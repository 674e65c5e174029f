"""What deciding rules say, as it is written down and as the domain follows it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from leads.domain import scorecard
from leads.domain.codes import REASONS_1, Reasons
from leads.domain.policy import POLICY_1, Policy, Promise, length
from leads.domain.qualification import Disposition, Grade, Scorecard, Term
from leads.domain.response import LENGTHS, RESPONSE_1, Response
from leads.domain.rules import Kind, Unusable

Rule = Scorecard | Policy | Response | Reasons
_CLOSED = ConfigDict(extra="forbid")


def _parts(**shapes: Any) -> Mapping[str, TypeAdapter[Any]]:
    return {name: TypeAdapter(shape, config=_CLOSED) for name, shape in shapes.items()}


@dataclass(frozen=True)
class _Shape:
    """The parts that a kind's content has, and what is there where one is not said."""

    parts: Mapping[str, TypeAdapter[Any]]
    otherwise: Mapping[str, Any]

    def read(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The parts as the domain knows them. Raises Unusable."""
        found = {name: f"is none of {', '.join(self.parts)}" for name in content if name not in self.parts}
        read: dict[str, Any] = {}
        for name, shape in self.parts.items():
            if name not in content and name not in self.otherwise:
                found[name] = "is needed"
                continue
            try:
                read[name] = shape.validate_python(content.get(name, self.otherwise.get(name)))
            except ValidationError as error:
                found |= {_path(name, one["loc"]): one["msg"] for one in error.errors()}
        if found:
            raise Unusable(found)
        return read


def _path(name: str, loc: tuple[Any, ...]) -> str:
    return name + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)


_SHAPES: Mapping[Kind, _Shape] = {
    "scorecard": _Shape(
        _parts(
            terms=tuple[Term, ...],
            grades=tuple[tuple[Grade, int], ...],
            dispositions=dict[Grade, Disposition],
            likelihood=dict[Grade, int],
            large=dict[str, int],
            doubtful_at=int,
            not_genuine_at=int,
        ),
        {},
    ),
    "response": _Shape(_parts(promises=tuple[Promise, ...], kinds=dict[str, bool]), {"promises": (), "kinds": {}}),
    "waiting": _Shape(_parts(**dict.fromkeys(LENGTHS, str), again=int), {}),
    "reasons": _Shape(
        _parts(codes=dict[str, tuple[str, ...]], kept_days=dict[str, int], kept_days_otherwise=int), {"kept_days": {}}
    ),
}
FIRST: Mapping[Kind, tuple[Rule, ...]] = {
    "scorecard": scorecard.FIRST,
    "response": (POLICY_1,),
    "waiting": (RESPONSE_1,),
    "reasons": (REASONS_1,),
}


def read(kind: Kind, version: int, content: Mapping[str, Any]) -> Rule:
    """The rule that this says. Raises Unusable, naming the fields."""
    parts = _SHAPES[kind].read(content)
    rule: Rule
    if kind == "scorecard":
        rule = Scorecard(version, **parts)
        found = scorecard.faults(rule)
    elif kind == "response":
        rule = Policy(version, **parts)
        found = rule.faults
    elif kind == "waiting":
        rule = Response(version, **{**parts, **_lengths(parts)})
        found = rule.faults
    else:
        rule = Reasons(version, **parts)
        found = rule.faults
    if found:
        raise Unusable(found)
    return rule


def _lengths(parts: Mapping[str, Any]) -> dict[str, timedelta]:
    lengths = {name: length(parts[name]) for name in LENGTHS}
    found = {name: it for name, it in lengths.items() if it is not None}
    if wrong := [name for name in LENGTHS if name not in found]:
        raise Unusable(dict.fromkeys(wrong, "is a number from 1 to 9999 and s, m, h or d"))
    return found


def written(rule: Rule) -> dict[str, Any]:
    """How it is written down: what is read back is the same rule."""
    match rule:
        case Scorecard():
            said = {name: getattr(rule, name) for name in _SHAPES["scorecard"].parts if name != "terms"}
            plain = {name: dict(it) if isinstance(it, Mapping) else it for name, it in said.items()}
            return {"terms": [_term(one) for one in rule.terms], **plain, "grades": [list(one) for one in rule.grades]}
        case Policy():
            promises = (
                _SHAPES["response"].parts["promises"].dump_python(rule.promises, mode="json", exclude_defaults=True)
            )
            return {"promises": promises, "kinds": dict(rule.kinds)}
        case Response():
            return {**{name: _length(getattr(rule, name)) for name in LENGTHS}, "again": rule.again}
        case Reasons():
            codes = {step: list(codes) for step, codes in rule.codes.items()}
            return {"codes": codes, "kept_days": dict(rule.kept_days), "kept_days_otherwise": rule.kept_days_otherwise}


def _term(term: Term) -> dict[str, Any]:
    plain = Term(term.name, term.points)
    said = {
        name: value
        for name, value in asdict(term).items()
        if name in ("name", "points") or value != getattr(plain, name)
    }
    if "among" in said:
        said["among"] = sorted(said["among"], key=str)
    return said


def _length(it: timedelta) -> str:
    seconds = int(it.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
