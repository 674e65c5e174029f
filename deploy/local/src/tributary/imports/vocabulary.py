"""What the columns of a list are called: ``headers.yaml``, and how two spellings of one name are the same."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import yaml

from tributary.imports.asked import Kind
from values.text import key

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")
_BRACKETS = re.compile(r"[(\[（【].*?[)\]）】]")
_NUMBERED = re.compile(r"_\d{1,2}(?=_|$)")
_WHOSE = re.compile(
    r"^(your|lead|person|contact|customer|primary|work|home|business|private|personal|ihre?|votre|tu|su|kontakt)_(?=\w)"
)


def plain(name: str) -> str:
    """A column's name as it is compared: ``E-Mail `` is e_mail, ``createdAt`` created_at, ``Prénom`` prenom."""
    folded = unicodedata.normalize("NFKD", key(_CAMEL.sub("_", name)))
    letters = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return re.sub(r"[\W_]+", "_", letters).strip("_")


@cache
def _document() -> dict[str, dict[str, dict[str, str] | str]]:
    document: dict[str, dict[str, dict[str, str] | str]] = yaml.safe_load(
        files("tributary.imports").joinpath("headers.yaml").read_text("utf-8")
    )
    return document


@cache
def _called(kind: Kind) -> dict[str, tuple[str, int]]:
    """Every name in its compared form: the field it means, and how early it stands among the field's names."""
    found: dict[str, tuple[str, int]] = {}
    for field, given in _document()[kind].items():
        names = _document()[given][field] if isinstance(given, str) else given
        assert isinstance(names, dict)
        for language in names.values():
            for rank, name in enumerate(str(language).split(",")):
                found.setdefault(plain(name.strip()), (field, rank))
    return found


def meaning(kind: Kind, column: str) -> tuple[str, int] | None:
    """The field that a column of this name holds and how plainly it says so (less is plainer); None when it is not known.

    Tried in turn: the name as it is; without what stands in brackets; without the number of a second one (``E-mail 2 Address``);
    without whose it is (``Contact Phone``).
    """
    called = _called(kind)
    tries = [plain(column), plain(_BRACKETS.sub(" ", column))]
    tries.append(_NUMBERED.sub("", tries[1]))
    tries.append(_WHOSE.sub("", tries[2]))
    for worse, name in enumerate(tries):
        if name in called:
            field, rank = called[name]
            return field, rank + 100 * worse
    return None


@cache
def _languages(kind: Kind) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for given in _document()[kind].values():
        for language, names in given.items() if isinstance(given, dict) else ():
            for name in names.split(","):
                found.setdefault(plain(name.strip()), set()).add(language)
    return found


def languages(columns: Iterable[str]) -> set[str]:
    """The languages of a header, by those of its names that one language alone has."""
    known = [_languages("leads").get(plain(column), set()) for column in columns]
    return set().union(*(spoken for spoken in known if len(spoken) == 1))


@cache
def words(group: str) -> frozenset[str]:
    """The words that mean won, lost, open, a total, or nothing, in their compared form."""
    return frozenset(plain(word) for word in str(_document()["words"][group]).split(","))


def says(group: str, cell: str) -> bool:
    """Whether a cell is one of those words."""
    return len(cell) <= 60 and plain(cell) in words(group)
