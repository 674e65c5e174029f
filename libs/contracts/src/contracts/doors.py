"""Does what a service does at its doors now break a caller? ``python -m contracts.doors [--against main]``: a sentence per break.

The committed OpenAPI documents are compared with those of another commit. What a caller was told to send must still be taken,
and what he reads must still be there: at a request the old document is the writer's, at an answer the new one.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

from contracts.compatibility import Unknown, git
from contracts.differences import LOWER, UPPER
from contracts.library import ROOT, Json

DOCUMENTS = "services/*/openapi.json"


def breaks(old: Json, new: Json) -> Iterator[str]:
    """What of the old document a caller can no longer count on."""
    for path, operations in old["paths"].items():
        for method, was in operations.items():
            door, now = f"{method.upper()} {path}", new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{door}: the door is gone"
                continue
            yield from _parameters(door, was, now, (old, new))
            yield from _content(f"{door}: its body", was.get("requestBody", {}), now.get("requestBody", {}), old, new)
            for status, answer in was["responses"].items():
                if status.startswith("2") and status not in now["responses"]:
                    yield f"{door}: it no longer answers {status}"
                elif status.startswith("2"):
                    yield from _content(f"{door}: its {status}", now["responses"][status], answer, new, old)


def _parameters(door: str, was: Json, now: Json, documents: tuple[Json, Json]) -> Iterator[str]:
    before, after = ({(p["in"], p["name"]): p for p in one.get("parameters", ())} for one in (was, now))
    for place, name in before.keys() - after.keys():
        yield f"{door}: the {place} parameter {name} is gone"
    for (place, name), parameter in after.items():
        said = before.get((place, name))
        if parameter.get("required") and not (said and said.get("required")):
            yield f"{door}: the {place} parameter {name} is now needed"
        if said:
            where = f"{door}: the {place} parameter {name}"
            taken = parameter["schema"] if place != "query" else _once(parameter["schema"])
            yield from refused(where, said["schema"], taken, *documents)


def _content(where: str, written: Json, read: Json, writer: Json, reader: Json) -> Iterator[str]:
    """Each kind of body that the caller knows."""
    is_answer = ": its 2" in where
    known, other = (read, written) if is_answer else (written, read)
    for kind, media in known.get("content", {}).items():
        if kind not in other.get("content", {}):
            yield f"{where} is no longer {kind}"
        elif "schema" in media:
            pair = written["content"][kind]["schema"], read["content"][kind]["schema"]
            yield from refused(where, *pair, writer, reader, is_answer=is_answer)


def refused(
    where: str, written: Json, read: Json, writer: Json, reader: Json, *, is_answer: bool = False, depth: int = 12
) -> Iterator[str]:
    """What one who reads by one schema can't take of one who writes by another; nothing if he takes all."""
    written, read = _named(written, writer), _named(read, reader)
    if not depth:  # a model may hold itself
        return
    options = [(_named(one, writer), [_named(other, reader) for other in _options(read)]) for one in _options(written)]
    for one, others in options:
        verdicts = [list(_one(where, one, other, writer, reader, is_answer, depth - 1)) for other in others]
        yield from min(verdicts, key=len)


def _one(where: str, one: Json, other: Json, writer: Json, reader: Json, is_answer: bool, depth: int) -> Iterator[str]:
    kind, wanted = one.get("type"), other.get("type")
    if wanted is not None and kind != wanted and (kind, wanted) != ("integer", "number"):
        yield f"{where} may be {kind or 'anything'}, which is not {wanted}"
        return
    if (allowed := _values(other)) and not (set(_values(one)) and set(_values(one)) <= set(allowed)):
        yield f"{where} may be something else than {', '.join(map(str, allowed))}"
    for keyword in ("pattern", "format"):
        if keyword in other and one.get(keyword) != other[keyword]:
            yield f"{where} changed its {keyword}"
    for keyword, words in (LOWER | UPPER).items():
        least, limit = one.get(keyword), other.get(keyword)
        if limit is not None and (least is None or (least < limit if keyword in LOWER else least > limit)):
            yield f"{where} may go beyond its {words} of {limit}"
    yield from _fields(where, one, other, writer, reader, is_answer, depth)
    for part in ("items", "additionalProperties"):
        if isinstance(one.get(part), dict) and isinstance(other.get(part), dict):
            yield from refused(f"{where}[]", one[part], other[part], writer, reader, is_answer=is_answer, depth=depth)


def _fields(
    where: str, one: Json, other: Json, writer: Json, reader: Json, is_answer: bool, depth: int
) -> Iterator[str]:
    written, read = one.get("properties", {}), other.get("properties", {})
    gone = read.keys() - written.keys() if is_answer else written.keys() - read.keys()
    for name in sorted(gone):
        yield f"{where}: the field {name} is gone"
    for name in sorted({*other.get("required", ())} - {*one.get("required", ())} - gone):
        yield f"{where}: the field {name} may be missing" if is_answer else f"{where}: the field {name} is now needed"
    for name in written.keys() & read.keys():
        yield from refused(
            f"{where}.{name}", written[name], read[name], writer, reader, is_answer=is_answer, depth=depth
        )


def _named(schema: Json, document: Json) -> Json:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Json = document["components"]["schemas"][name] if name else schema
    return found


def _options(schema: Json) -> list[Json]:
    return list(schema.get("anyOf") or [schema])


def _once(schema: Json) -> Json:
    """What may be repeated in a query may stand there once: then it looks as it did before it could be repeated."""
    options = _options(schema)
    return {"anyOf": [*(one["items"] for one in options if one.get("type") == "array" and "items" in one), *options]}


def _values(schema: Json) -> list[object]:
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))


def committed(ref: str) -> dict[str, Json]:
    """The documents of a commit by their path; a clone may know a branch only by its origin."""
    for name in (ref, f"origin/{ref}"):
        if (listed := git(ROOT, "ls-tree", "-r", "--name-only", name, "--", "services")) is not None:
            paths = [path for path in listed.splitlines() if path.endswith("/openapi.json")]
            return {path: json.loads(git(ROOT, "show", f"{name}:{path}") or "null") for path in paths}
    raise Unknown(f"there is no commit called {ref}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 when nothing broke, 1 with a sentence per break, 2 when there is nothing to compare with."""
    parser = argparse.ArgumentParser(prog="python -m contracts.doors", description=__doc__)
    parser.add_argument("--against", default="main", help="a commit (main)")
    against = parser.parse_args(arguments).against
    try:
        old = committed(against)
    except Unknown as trouble:
        sys.stderr.write(f"Cannot compare with {against}: {trouble}.\n")
        return 2
    new = {str(file.relative_to(ROOT)): json.loads(file.read_bytes()) for file in sorted(ROOT.glob(DOCUMENTS))}
    found = [f"{path} is gone" for path in old.keys() - new.keys()]
    found += [f"{path}: {each}" for path in sorted(old.keys() & new.keys()) for each in breaks(old[path], new[path])]
    sys.stdout.write("".join(f"{sentence}\n" for sentence in found))
    if not found:
        sys.stdout.write(f"Nothing broke: the doors of {len(old)} services of {against} still open.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
