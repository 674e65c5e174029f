"""In which encoding a short list is written: recognised by what it says, or asked."""

from pathlib import Path

import pytest

from tributary.child_process import StackError
from tributary.imports.asked import Answers, Unsure
from tributary.imports.encodings import encoding_of
from tributary.imports.judging import judged

LISTS = [
    ("cp1252", "Name;E-Mail;Ort\nJürgen Müller;j@x.example;Köln\n"),
    ("cp1252", "Nom;Prénom;Téléphone\nLéa;Garçon;0123\n"),
    ("cp1252", "Nombre;Ciudad\nPeña;Coruña\n"),
    ("cp1252", "nome;cidade\nJoão;São Paulo\n"),
    ("cp1252", "Name;Email\nHélène;h@x.example\n"),
    ("cp1252", "navn;by\nJørgen Sørensen;Ålborg\n"),
    ("cp1252", "Name;Email\nO’Neil – x;h@x.example\n"),
    ("cp1252", "Name;Preis\nA;10 €\n"),
    ("cp1250", "Imię;Nazwisko\nŁukasz;Wójcik\n"),
    ("cp1250", "Jméno;Město\nTomáš Dvořák;Plzeň\n"),
    ("cp1250", "név;város\nKovács Győző;Pécs\n"),
    ("iso8859-2", "Imię;Nazwisko\nŁukasz;Wójcik Śląsk\n"),
    ("cp1254", "Ad;Soyad\nIşıl;Yıldız\n"),
    ("cp1254", "Ad Soyad;E-posta\nMehmet Yılmaz;a@b.example\n"),
    ("cp1251", "Имя;Телефон;Почта\nИван Петров;+7 495 1234567;a@x.example\n"),
    ("cp1251", "name;city\nИван;Москва\n"),
    ("koi8-r", "name;city\nИван;Москва\n"),
    ("cp1253", "Όνομα;Πόλη\nΓιώργος;Αθήνα\n"),
    ("cp1256", "نام,تلفن\nسارا,0912\n"),
    ("gb18030", "姓名,电话,电子邮件\n张伟,13800138000,w@x.example\n"),
    ("gb18030", "name,phone\n张伟,13800138000\n"),
    ("gb18030", "公司,联系人,手机\n上海机床有限公司,李娜,13800138000\n"),
    ("big5", "姓名,電話\n陳大文,0912345678\n"),
    ("cp932", "氏名,電話,メール\n山田太郎,03-1234-5678,a@x.example\n"),
    ("cp932", "name,mail\nヤマダ タロウ,a@b.example\n"),
    ("cp949", "이름,전화\n김민수,010\n"),
    ("utf-16", "Name\tEmail\nJürgen\ta@b.example\n"),
    ("utf-16-le", "Name\tEmail\nJürgen\ta@b.example\n"),
    ("utf-16-be", "Name\tEmail\nJürgen\ta@b.example\n"),
    ("utf-16-le", "姓名,电话\n张伟,13800138000\n"),
    ("utf-8-sig", "姓名,电话\n张伟,13800138000\n"),
    ("utf-8", "Name,Email\nZoé,a@b.example\n"),
]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "list.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("encoding", "text"), LISTS)
def test_a_short_list_is_read_as_it_was_written(tmp_path: Path, encoding: str, text: str) -> None:
    path = written(tmp_path, text.encode(encoding))
    assert path.read_bytes().decode(encoding_of(path)) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Name;City\nJan;Gdańsk\n"),
        ("cp932", "name,mail\n山田,a@b.example\n"),
        ("cp1252", "Name;x\nFrère;y\n"),
    ],
)
def test_what_fits_two_encodings_equally_is_asked_or_right(tmp_path: Path, encoding: str, text: str) -> None:
    path = written(tmp_path, text.encode(encoding))
    try:
        shown = path.read_bytes().decode(encoding_of(path))
    except Unsure as asked:
        shown = str(asked)
    assert text in shown or f"ENCODING={encoding}" in shown


def test_a_question_shows_each_reading_and_the_option_that_answers_it(tmp_path: Path) -> None:
    path = written(tmp_path, "name,mail\nﾔﾏﾀﾞ,a@b.example\n".encode("cp932"))
    with pytest.raises(Unsure) as asked:
        judged("leads", path, None, Answers())
    assert "ENCODING=cp932 | ﾔﾏﾀﾞ" in str(asked.value)
    assert [row.cells["name"] for row in judged("leads", path, None, Answers(encoding="cp932")).table.rows()] == ["ﾔﾏﾀﾞ"]


def test_a_file_of_two_encodings_is_not_taken_by_half(tmp_path: Path) -> None:
    rows = [f"Köhler{n},k{n}@a.example".encode("utf-8" if n % 2 else "cp1252") for n in range(5)]
    with pytest.raises(Unsure, match="mixes encodings"):
        encoding_of(written(tmp_path, b"name,email\n" + b"\n".join(rows)))


def test_a_damaged_row_of_a_sound_file_is_refused_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "name,email\nZoé,a@b.example\nZo".encode() + b"\xe9,b@b.example\n")
    assert [row.wrong for row in judged("leads", path, None, Answers()).table.rows()] == ["", "is not UTF-8"]


def test_an_encoding_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no encoding called klingon"):
        encoding_of(written(tmp_path, b"name\n"), "klingon")
