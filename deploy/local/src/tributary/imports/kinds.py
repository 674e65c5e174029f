"""What a file is when it is no CSV: known by how it begins, told in one sentence with what to do."""

import re

_SAVE = "open it in a spreadsheet and save it as CSV"
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or another ZIP archive", f"{_SAVE}, or unpack it"),
    (b"PK\x05\x06", "an empty ZIP archive", "choose another file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook or another Office document", _SAVE),
    (b"%PDF", "a PDF", "ask whoever sent it for the CSV behind it"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it first"),
    (b"BZh", "compressed with bzip2", "unpack it first"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first"),
    (b"PAR1", "a Parquet file", "export it as CSV"),
    (b"SQLite format 3", "a SQLite database", "export its table as CSV"),
    (b"{\\rtf", "a document in rich text", "save its table as CSV"),
    (b"\x89PNG", "a picture", "choose another file"),
    (b"\xff\xd8\xff", "a picture", "choose another file"),
    (b"GIF8", "a picture", "choose another file"),
    (b"!BDN", "an Outlook data file", "export the contacts as CSV"),
)
_TEXTS: tuple[tuple[str, str, str], ...] = (
    (r"BEGIN:VCARD", "a vCard", "export the contacts as CSV"),
    (r"BEGIN:VCALENDAR", "a calendar", "choose another file"),
    (r"<\?xml", "XML", "export it as CSV"),
    (r"<!DOCTYPE|<html|<head|<body|<table|<meta|<div", "a web page", "export it as CSV"),
    (r"<[A-Za-z][\w:.-]*(\s[^>]*)?/?>[\s\S]*</", "XML or HTML", "export it as CSV"),
    (r"\{\s*(\"|\}|$)", "JSON", "send it to the batch door, or export it as CSV"),
    (r"\[\s*[\[{\"\]]", "JSON", "send it to the batch door, or export it as CSV"),
    (r"version: \d|dn: \w+=", "an LDIF directory", "export it as CSV"),
    (r"(INSERT INTO|CREATE TABLE|COPY) [\w\"`.]+", "a dump of a database", "export its table as CSV"),
    (r"(Return-Path|Received|From|Delivered-To|MIME-Version|Message-ID): ?\S[^\r\n]*[\r\n]+[A-Z][\w-]*: ", "an e-mail",
     "save its attachment or its table as CSV"),
    (r"---\s*[\r\n]+\s*(- )?\w[\w ]*:", "YAML", "export it as CSV"),
    (r"\|[^\r\n]*\|\s*[\r\n]+\|[\s:|-]+\|", "a table in Markdown", "save it as CSV"),
    (r"#!", "a program", "choose another file"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(rf"\s*{pattern}", re.I), what, todo) for pattern, what, todo in _TEXTS)
_SENTENCE = re.compile(r"[.!?…。！？؟](\s|$)")


def of_bytes(head: bytes) -> str | None:
    """Why these bytes are no text that could hold a table, or None."""
    for beginning, what, todo in _BEGINNINGS:
        if head.startswith(beginning):
            return f"is {what}: {todo}"
    return None


def of_text(head: str) -> str | None:
    """Why this text is no table, or None."""
    if not head.strip():
        return "is empty: it has no header"
    for pattern, what, todo in _PATTERNS:
        if pattern.match(head):
            return f"is {what}: {todo}"
    return None


def is_prose(lines: list[str]) -> bool:
    """Whether these lines read like sentences, not like rows."""
    filled = [line.strip() for line in lines if line.strip()]
    sentences = sum(len(line.split()) > 4 and bool(_SENTENCE.search(line)) for line in filled)
    return bool(filled) and sentences * 2 >= len(filled)
