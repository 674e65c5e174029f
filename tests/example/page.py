"""Makes in a tree the change that docs/example describes: each file that it names, and what goes in where.

``python tests/example/page.py TREE`` does so by hand.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/example/README.md"
_STEP = re.compile(
    r"^`([^`\n]+)`, (new|at the end|before|after)(?: ([^\n]+))?:\n\n```\w+\n(.*?)\n```$", re.MULTILINE | re.DOTALL
)
_AND_THEN = " and then "
_END_OF_LINE = "the end of that line"


class Astray(Exception):
    """The page no longer fits the tree: which file, and which words are not to be found there."""


@dataclass(frozen=True)
class Step:
    """One file, and what goes into it: whole, at its end, or before or after words, each found behind the one before."""

    file: str
    where: str
    words: tuple[str, ...]
    text: str


def steps(page: str) -> list[Step]:
    """What the page says, in its order."""
    return [Step(file, where, _words(said), text) for file, where, said, text in _STEP.findall(page)]


def _words(said: str) -> tuple[str, ...]:
    found = said.split(_AND_THEN) if said else []
    return tuple("\n" if one == _END_OF_LINE else one.removeprefix("`").removesuffix("`") for one in found)


def make(tree: Path, wanted: list[Step]) -> list[str]:
    """Takes the steps in the tree; the files that were made or changed. Raises Astray."""
    done = []
    for step in wanted:
        file, last = _numbered(tree, step.file)
        text = (
            step.text.replace("NNNN", f"{last + 1:04}").replace("LAST", f"{last:04}")
            if file != step.file
            else step.text
        )
        path = tree / file
        if step.where == "new":
            if path.exists():
                raise Astray(f"{file} is there already")
            path.write_text(f"{text}\n")
        else:
            path.write_text(_with(step, path.read_text(), text))
        if file not in done:
            done.append(file)
    return done


def _with(step: Step, there: str, text: str) -> str:
    if step.where == "at the end":
        return f"{there}\n{text}\n"
    end = 0
    for words in step.words:
        start = there.find(words, end)
        if start < 0:
            raise Astray(f"{step.file}: no {words!r} behind {step.words[: step.words.index(words)]}")
        end = start + len(words)
    at = start if step.where == "before" else end
    return there[:at] + text + ("\n" if there[at - 1 : at] in ("", "\n") else " ") + there[at:]


def _numbered(tree: Path, file: str) -> tuple[str, int]:
    """The name with the next number of the migrations beside it, and the last number."""
    numbers = [int(one.name[:4]) for one in (tree / file).parent.glob("[0-9]*_*.py")]
    last = max(numbers, default=0)
    return file.replace("NNNN", f"{last + 1:04}"), last


if __name__ == "__main__":
    print("\n".join(make(Path(sys.argv[1]), steps(PAGE.read_text()))))
