"""Where a message ends and the signature under it begins: what stands there says nothing about what is asked."""

import re

LINK = re.compile(r"(?:\b[a-z][a-z0-9+]{1,15}://|\bwww\.)\S+", re.I)
FORGIVEN = 8  # links; who has more below their name wants them to be followed

_DELIMITER = re.compile(r"\s*(?:--+|__+|==+|\*\*\*+|—+|–+|-\s-(?:\s-)*)\s*")
_GREETING = re.compile(
    r"\s*(?:mit\s+(?:freundlich|best|lieb|herzlich)\w*\s+gr[üu](?:ß|ss)\w*|(?:freundliche|beste|viele|liebe)\s+gr[üu](?:ß|ss)e|mfg|lg|vg"
    r"|(?:kind|best|warm|with\s+kind|with\s+best)(?:\s+regards)?|regards|sincerely|yours\s+\w+|cheers|thanks|thank\s+you|many\s+thanks"
    r"|(?:bien\s+)?cordialement|(?:sincères|meilleures)\s+salutations|bien\s+à\s+vous|merci(?:\s+d'avance)?|danke|vielen\s+dank"
    r"|با\s+(?:احترام|تشکر|سپاس)|ارادتمند|此致|敬礼|敬上|顺祝商祺|谢谢|謝謝|सादर|धन्यवाद|भवदीय|saludos|atenciosamente|obrigad[oa]"
    r"|(?:cordiali|distinti)\s+saluti|met\s+vriendelijke\s+groet\w*|z\s+poważaniem|с\s+уважением|saygılarımla)\b(?:[\s,.!،。，]*[^\W\d_]+){0,3}[\s,.!،。，]*",
    re.I,
)
_CONTACT = re.compile(r"\S+@\S+|[+(]?\d[\d\s()/.\-]{5,}\d")
_WORD = re.compile(r"\w{2,}")
_LONGEST = 200  # characters of a line of a signature
_SHORT = 3  # words beside a link or a number: "LinkedIn:", "Web", a name


def links_in(message: str, whole: bool = True) -> int:
    """How many links somebody put into what they say. Those of a signature are none of them, within reason.

    A signature stands below a line that only divides (``--``) or below a greeting, or is made of the last lines that hold only
    a link, an address or a number. It needs a message above it that says something. ``whole`` is whether the end is there.
    """
    if not LINK.search(message):
        return 0
    lines = message.splitlines()
    ends = _end(lines, whole)
    text, signed = "\n".join(lines[:ends]), "\n".join(lines[ends:])
    above, below = len(LINK.findall(text)), len(LINK.findall(signed))
    says_something = len(_WORD.findall(LINK.sub(" ", text))) >= 3 or bool(re.search(r"[\u3040-\u9fff]{4}", text))
    return above if says_something and below <= FORGIVEN else above + below


def _end(lines: list[str], whole: bool) -> int:
    """The number of lines before the signature."""
    for number, line in enumerate(lines):
        if number and (_DELIMITER.fullmatch(line) or _GREETING.fullmatch(line)):
            return number
    ends = len(lines)
    while whole and ends and (not lines[ends - 1].strip() or _is_contact(lines[ends - 1])):
        ends -= 1
    return ends


def _is_contact(line: str) -> bool:
    if len(line) > _LONGEST:
        return False
    rest = _CONTACT.sub(" ", LINK.sub(" ", line))
    return rest != line and len(_WORD.findall(rest)) <= _SHORT
