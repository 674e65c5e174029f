"""What a file is, how it is separated, and where its header stands."""

from pathlib import Path
from typing import Any

import pytest

from tributary.imports.asked import Answers, Unsure
from tributary.imports.judging import judged
from tributary.imports.table import Table

ROW = "A{}a@b.example\n"


def table(folder: Path, text: str | bytes, **shown: Any) -> Table:
    path = folder / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return judged("leads", path, None, Answers(**shown)).table


def rows(found: Table) -> list[dict[str, str]]:
    return [row.cells for row in found.rows() if not row.wrong]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("BEGIN:VCARD\nFN:Jule\nEND:VCARD\n", "a vCard"),
        ('[{"name": "Jule"}]', "JSON"),
        ('{"name": "Jule"}\n{"name": "Bert"}', "JSON"),
        ("<?xml version='1.0'?><leads/>", "XML"),
        ("<html><body><table>", "a web page"),
        (b"PK\x03\x04\x14\x00", "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8b\x08", "compressed"),
        ("From: a@b.example\nSubject: hello\n\nDear Jule", "an e-mail"),
        ("| Name | Email |\n|---|---|\n| A | a@b.example |\n", "a table in Markdown"),
        ("INSERT INTO leads VALUES (1);", "a dump of a database"),
        ("Dear all, please find the list below.\nIt has many names. Best wishes, Jule.\n", "prose"),
        (b"\x00\x01\x02\x03\xff\xfe", "no text"),
        ("", "empty"),
        (" \n\n", "empty"),
        ("col1,col2\nx,y\n", "no row of it names columns that are known"),
        ("Name: Jule\nPhone: 030 1234567\n", "no row of it names columns that are known"),
    ],
)
def test_what_is_no_list_is_told_by_its_name_and_nothing_of_it_is_read(
    tmp_path: Path, text: str | bytes, what: str
) -> None:
    with pytest.raises(Unsure, match=what) as asked:
        table(tmp_path, text)
    assert "No row was sent." in str(asked.value)


@pytest.mark.parametrize(
    ("separator", "line"), [(";", ""), ("\t", ""), ("|", ""), (",", ""), (";", "sep=;\n"), (",", '"sep=,"\n')]
)
def test_the_separator_is_the_headers_own_or_the_one_that_a_first_line_names(
    tmp_path: Path, separator: str, line: str
) -> None:
    found = table(tmp_path, f"\ufeff{line}Name{separator}Email\n" + ROW.format(separator))
    assert rows(found) == [{"Name": "A", "Email": "a@b.example"}]


def test_a_separator_within_quotation_marks_does_not_count(tmp_path: Path) -> None:
    found = table(tmp_path, 'Name;Email;"Budget (EUR, net, approx., a year)"\nA;a@b.example;"1,2,3,4"\n')
    assert rows(found)[0]["Budget (EUR, net, approx., a year)"] == "1,2,3,4"


def test_two_separators_that_read_as_well_are_asked(tmp_path: Path) -> None:
    text = "Name,Email;Phone\nA,a@b.example;+49301234567\n"
    with pytest.raises(Unsure, match="SEPARATOR=semicolon"):
        table(tmp_path, text)
    assert table(tmp_path, text, separator="semicolon").header == ["Name,Email", "Phone"]


def test_title_lines_and_blank_lines_above_the_header_are_skipped_where_they_can_be_nothing_else(
    tmp_path: Path,
) -> None:
    found = table(tmp_path, "Leads report,\nGenerated 2026-11-28\n\n,\nName,Email\nA,a@b.example\n")
    assert (rows(found), found.layout.titles) == ([{"Name": "A", "Email": "a@b.example"}], 2)


def test_a_line_above_the_header_that_may_be_a_lead_is_asked(tmp_path: Path) -> None:
    with pytest.raises(Unsure, match="no header"):
        table(tmp_path, "Jule,j@b.example,x\nName,Email,Phone\nA,a@b.example,1\n")


def test_a_file_without_a_header_is_asked_with_its_first_rows_and_read_once_its_columns_are_named(
    tmp_path: Path,
) -> None:
    text = "Jule,j@b.example,+49301234567\nBert,b@b.example,+49301234568\n"
    with pytest.raises(Unsure, match="COLUMNS=") as asked:
        table(tmp_path, text)
    assert "  Jule | j@b.example | +49301234567" in str(asked.value)
    assert [row["name"] for row in rows(table(tmp_path, text, columns=("name", "email", "phone")))] == ["Jule", "Bert"]


def test_the_line_of_the_header_can_be_told(tmp_path: Path) -> None:
    assert table(tmp_path, "a,b,c\nName,Email,Owner\nA,a@b.example,x\n", header=2).header == ["Name", "Email", "Owner"]


def test_rows_of_nothing_but_separators_are_none_and_short_rows_and_surplus_blanks_are_normal(tmp_path: Path) -> None:
    found = table(
        tmp_path, "Name,Email,Notes\nA,a@b.example\n,,\n \n,\u00a0,\nB,b@b.example,x,,,\nC,c@b.example,x,more\n"
    )
    assert [(row.number, row.wrong) for row in found.rows()] == [
        (1, ""),
        (2, ""),
        (3, "has 4 cells where the header names 3"),
    ]


def test_lines_may_end_as_on_an_old_mac(tmp_path: Path) -> None:
    assert len(rows(table(tmp_path, "Name,Email\rA,a@b.example\rB,b@b.example\r"))) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('Name,Email,Notes\nA,a@b.example,"open\nB,b@b.example,ok\n', 2),
        ('Name,Email,Notes\nA,a@b.example,"5"" pipe\nB,b@b.example,ok\n', 2),
        ('Name,Email,Notes\nA,a@b.example,"well\nclosed"\nB,b@b.example,"open\nC,c@b.example,"x"\n', 4),
    ],
)
def test_a_quotation_mark_that_nobody_closes_is_told_with_its_line_and_swallows_nothing(
    tmp_path: Path, text: str, line: int
) -> None:
    with pytest.raises(Unsure, match=f"line {line}: a quotation mark opens"):
        table(tmp_path, text)


def test_a_cell_that_holds_whole_rows_is_refused_and_a_quoted_word_within_a_line_is_text(tmp_path: Path) -> None:
    found = table(tmp_path, 'Name,Email,Notes\nA,a@b.example,"open\nB,b@b.example,"\nC,c@b.example,"Foo" GmbH\n')
    shown = [(row.line, row.wrong[:23], row.cells["Notes"]) for row in found.rows()]
    assert shown == [(2, "has a cell that runs ov", "open\nB,b@b.example,"), (4, "", "Foo GmbH")]


def test_a_header_that_stands_there_again_is_no_lead(tmp_path: Path) -> None:
    found = table(tmp_path, "Name,Email\nA,a@b.example\nName,Email\n")
    assert [row.wrong for row in found.rows()] == ["", "is the header again"]
