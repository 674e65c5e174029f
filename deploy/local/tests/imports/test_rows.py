"""What rows become: fields, sealed answers, notes and refusals."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tributary.child_process import StackError
from tributary.imports.asked import Answers, Kind, Unsure
from tributary.imports.judging import judged
from tributary.imports.naming import SAME, TAKEN, Names
from tributary.imports.rows import Entry, entry

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def read(folder: Path, text: str, kind: Kind = "leads", mapping: str = "", **shown: Any) -> list[Entry]:
    path, mapped = folder / "list.csv", folder / "mapping.yaml"
    path.write_text(text)
    mapped.write_text(mapping)
    file = judged(kind, path, mapped if mapping else None, Answers(**shown))
    names = Names(file.list, "key")
    return [entry(file.plan, row.cells, names, NOW) for row in file.table.rows()]


HEADERS = [
    ("en", "First Name,Last Name,E-mail Address,Mobile Phone", "Jule Marx"),
    ("de", "Vorname,Nachname,E-Mail-Adresse,Handynummer", "Jule Marx"),
    ("fr", "Prénom,Nom,Adresse e-mail,Téléphone portable", "Jule Marx"),
    ("es", "Nombre,Apellidos,Correo electrónico,Móvil", "Jule Marx"),
    ("it", "Nome,Cognome,Indirizzo e-mail,Cellulare", "Jule Marx"),
    ("pt", "Nome,Sobrenome,E-mail,Celular", "Jule Marx"),
    ("nl", "Voornaam,Achternaam,E-mailadres,Mobiel", "Jule Marx"),
    ("pl", "Imię,Nazwisko,Adres e-mail,Numer telefonu", "Jule Marx"),
    ("tr", "Ad,Soyad,E-posta,Cep Telefonu", "Jule Marx"),
    ("ru", "Имя,Фамилия,Почта,Мобильный телефон", "Jule Marx"),
    ("fa", "نام,نام خانوادگی,ایمیل,شمارهٔ موبایل", "Jule Marx"),
    ("fa with Arabic letters", "نام,نام\u200cخانوادگي,ايميل,تلفن", "Jule Marx"),
    ("hi", "पहला नाम,उपनाम,ईमेल,मोबाइल नंबर", "Jule Marx"),
    ("zh", "名,姓,电子邮件,手机", "Jule Marx"),
    ("ar", "الاسم الأول,اسم العائلة,البريد الإلكتروني,رقم الجوال", "Jule Marx"),
    ("ja", "名,姓,メールアドレス,携帯電話", "Jule Marx"),
    ("capitals and blanks", "FIRST NAME ,LAST_NAME,EMAIL*,Phone:", "Jule Marx"),
    ("camel case", "firstName,lastName,emailAddress,phoneNumber", "Jule Marx"),
]


@pytest.mark.parametrize(("language", "header", "name"), HEADERS)
def test_who_asks_is_known_by_headers_in_every_language(tmp_path: Path, language: str, header: str, name: str) -> None:
    [made] = read(tmp_path, f"{header}\nJule,Marx,j@b.example,+49301234567\n")
    assert made.body["contact"] == {"name": name, "email": "j@b.example", "phone": "+49301234567"}
    assert "answers" not in made.body


EXPORTS = {
    "Salesforce report": (
        "First Name,Last Name,Company / Account,Email,Phone,Lead Source,Lead Status,Country,Create Date\n"
        "John,Doe,Acme,j@b.example,(312) 555-0101,Web,Open,United States,11/27/2025",
        {"channel": "Web", "country": "United States", "occurred_at": "2025-11-27T00:00:00+00:00"},
    ),
    "Salesforce data export": (
        "Id,FirstName,LastName,Email,Phone,Company,LeadSource,Status,CreatedDate,OwnerId\n"
        "00Q1,John,Doe,j@b.example,(312) 555-0101,Acme,Partner,Open - Not Contacted,2025-11-27T10:00:00.000Z,005x",
        {"external_id": "00Q1", "occurred_at": "2025-11-27T10:00:00+00:00", "answers": {"OwnerId": "005x"}},
    ),
    "HubSpot": (
        "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner,Lead Status,Create Date,Country/Region,Original Source\n"
        "7,John,Doe,j@b.example,+33 6 12 34 56 78,+33 6 98 76 54 32,Ann Lee,NEW,2024-03-12 09:14,France,Organic Search",
        {
            "external_id": "7",
            "country": "France",
            "channel": "Organic Search",
            "answers": {"Mobile Phone Number": "+33 6 98 76 54 32", "Contact owner": "Ann Lee"},
        },
    ),
    "Zoho": (
        "Record Id,Lead Owner,First Name,Last Name,Company,Email,Phone,Mobile,Lead Source,Country,Created Time\n"
        "z1,Raj,John,Doe,Acme,j@b.example,9876543210,9876543211,Website,India,2025-11-27 10:00:00",
        {"external_id": "z1", "channel": "Website", "answers": {"Lead Owner": "Raj", "Mobile": "9876543211"}},
    ),
    "EspoCRM": (
        "id,name,status,source,emailAddress,phoneNumber,accountName,createdAt\n"
        "5f,John Doe,New,Web Site,j@b.example,+49301234567,ACME,2025-11-27 10:00:00",
        {"external_id": "5f", "channel": "Web Site", "attributes": {"lead_status": "New"}},
    ),
    "Pipedrive": (
        "Person - Name,Person - Email - Work,Person - Phone - Mobile,Lead - Title,Lead - Source,Lead - Value,Lead - Currency of Value\n"
        "John Doe,j@b.example,+49 30 1234567,Lathe,Manually created,120,JPY",
        {
            "channel": "Manually created",
            "expected_amount": {"minor": 120, "currency": "JPY"},
            "answers": {"Lead - Title": "Lathe"},
        },
    ),
    "Odoo": (
        "Opportunity,Contact Name,Email,Phone,Country,Expected Revenue,Created on\n"
        'Lathe,John Doe,j@b.example,+49 30 1234567,Germany,"1,234.56",2025-11-27 10:00:00',
        {"country": "Germany", "answers": {"Opportunity": "Lathe", "Expected Revenue": "1,234.56"}},
    ),
    "Meta lead ads": (
        "id\tcreated_time\tad_id\tcampaign_name\tplatform\tfull_name\temail\tphone_number\n"
        "l:1\t2025-11-27T10:00:00-0600\tag:1\tSpring\tfb\tJohn Doe\tj@b.example\tp:+49301234567",
        {"external_id": "l:1", "campaign": "Spring", "channel": "fb", "occurred_at": "2025-11-27T16:00:00+00:00"},
    ),
    "Google lead forms": (
        "Google Click ID,Lead Submit Time,User Email,User Phone,Full Name,Campaign ID\n"
        "x,2025-11-27 10:00:00+00:00,j@b.example,+49301234567,John Doe,77",
        {"campaign": "77", "answers": {"Google Click ID": "x"}},
    ),
    "Mailchimp": (
        "Email Address,First Name,Last Name,Address,Phone Number,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,LEID,EUID\n"
        "j@b.example,John,Doe,,,2,2025-11-27 10:00:00,192.0.2.1,12,ab1",
        {"external_id": "ab1", "answers": {"MEMBER_RATING": "2", "OPTIN_IP": "192.0.2.1", "LEID": "12"}},
    ),
    "Outlook contacts": (
        "First Name,Last Name,E-mail Address,E-mail 2 Address,Home Phone,Business Street,Business City,Business Postal Code,Business Country/Region,Birthday\n"
        "John,Doe,j@b.example,k@b.example,+49301234567,Str. 1,Berlin,10115,Germany,1980-01-01",
        {
            "postcode": "10115",
            "country": "Germany",
            "answers": {"E-mail 2 Address": "k@b.example", "Birthday": "1980-01-01"},
        },
    ),
    "Google contacts": (
        "Name,Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Value,Organization 1 - Name\n"
        "John Doe,John,Doe,Work,j@b.example,+49 171 1111111,ACME",
        {"answers": {"E-mail 1 - Type": "Work"}},
    ),
}


@pytest.mark.parametrize("system", EXPORTS)
def test_the_exports_of_known_systems_are_read_and_what_they_hold_besides_is_sealed(
    tmp_path: Path, system: str
) -> None:
    text, expected = EXPORTS[system]
    [made] = read(tmp_path, text + "\n")
    assert not made.wrong
    assert (made.body["contact"]["name"], made.body["contact"]["email"]) == ("John Doe", "j@b.example")
    assert {name: made.body[name] for name in expected} == expected
    clear = {name: value for name, value in made.body.items() if name not in ("contact", "answers", "message")}
    assert not any(word in str(clear) for word in ("John", "Doe", "@", "555", "98765", "Raj", "Ann Lee", "1980"))
    assert made.body["source"] == "import"


def test_names_are_joined_as_they_are_said(tmp_path: Path) -> None:
    [chinese] = read(tmp_path, "姓,名,手机\n张,伟,13800138000\n")
    [whole] = read(tmp_path, "Name,Vorname,Email\nJule Marx,Jule,j@b.example\n")
    [french] = read(tmp_path, "Nom;Email\nJule Marx;j@b.example\n")
    assert [made.body["contact"]["name"] for made in (chinese, whole, french)] == ["张伟", "Jule Marx", "Jule Marx"]


def test_a_column_under_an_unknown_name_that_holds_addresses_is_one_of_addresses(tmp_path: Path) -> None:
    [made] = read(tmp_path, "What is your e-mail?,Your name\nj@b.example,Jule\n")
    assert made.body["contact"] == {"email": "j@b.example", "name": "Jule"}


def test_an_address_in_the_column_of_numbers_and_a_number_in_that_of_addresses_change_places(tmp_path: Path) -> None:
    [made] = read(tmp_path, "name,phone,email\nJule,j@b.example,030 1234567\n")
    assert made.body["contact"] == {"name": "Jule", "email": "j@b.example", "phone": "030 1234567"}
    assert {name for name, _ in made.noted} == {"contact.phone", "contact.email"}


def test_a_second_address_or_number_travels_sealed(tmp_path: Path) -> None:
    [made] = read(tmp_path, "Email,Email,Phone,Mobile\na@b.example; c@b.example,d@b.example,,+49301234567\n")
    assert made.body["contact"] == {"email": "a@b.example", "phone": "+49301234567"}
    assert made.body["answers"] == {"Email": "c@b.example", "Email 2": "d@b.example"}


def test_what_spreadsheets_do_to_numbers_is_undone_or_told(tmp_path: Path) -> None:
    kept, quoted, lost, alone = read(
        tmp_path, 'name,phone,email\nA,"=""0301234567""",\nB,\'0301234568,\nC,9.19877E+11,c@b.example\nD,9.19877E+11,\n'
    )
    assert [made.body["contact"]["phone"] for made in (kept, quoted)] == ["0301234567", "0301234568"]
    assert (lost.wrong, lost.noted[0][0], "phone" in lost.body["contact"]) == ([], "contact.phone", False)
    assert alone.wrong == [("contact.phone", "was rounded by a spreadsheet: its last digits are lost")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Total,,,10", "is a total, not a lead"),
        ("Grand Totals (2 records),,,", "is a total, not a lead"),
        ("Summe:,,,12", "is a total, not a lead"),
        ("Jule,,,", "has no phone, e-mail or id: nobody can be reached"),
        ("Jule,N/A,-,", "has no phone, e-mail or id: nobody can be reached"),
        ("<test lead: dummy data for full_name>,test@b.example,,", "is a test lead of the advertisement's form"),
    ],
)
def test_rows_that_are_no_leads_are_refused_by_name(tmp_path: Path, row: str, reason: str) -> None:
    assert [made.wrong for made in read(tmp_path, f"name,email,phone,budget\n{row}\n")] == [[("row", reason)]]


def test_a_total_under_the_column_of_ids_is_no_lead(tmp_path: Path) -> None:
    total, alone, lead = read(tmp_path, "id,name,email\nTotal,,12\nGenerated by Ann,,\n7,Jule,\n")
    assert total.wrong == [("row", "is a total, not a lead")]
    assert alone.wrong == [("row", "holds an id and nothing else")]
    assert lead.body["external_id"] == "7"


def test_dates_are_read_by_the_whole_column_and_what_is_none_is_noted(tmp_path: Path) -> None:
    cells = {
        "03/04/2026": "2026-04-03T00:00:00+00:00",
        "27/11/2025": "2025-11-27T00:00:00+00:00",
        "27.11.2025 15:04": "2025-11-27T15:04:00+00:00",
        "45999": "2025-12-08T00:00:00+00:00",
        "20251127": "2025-11-27T00:00:00+00:00",
        "27-Nov-2025": "2025-11-27T00:00:00+00:00",
        '"Nov 27, 2025 10:05 PM"': "2025-11-27T22:05:00+00:00",
        "2025年11月27日": "2025-11-27T00:00:00+00:00",
        "1764237600": "2025-11-27T10:00:00+00:00",
        "2026": None,
        "1404/09/06": None,
        "0000-00-00": None,
        "2027-01-01": None,
        "soon": None,
    }
    made = read(tmp_path, "email,created\n" + "".join(f"p{n}@b.example,{cell}\n" for n, cell in enumerate(cells)))
    assert {cell: one.body.get("occurred_at") for cell, one in zip(cells, made, strict=True)} == cells
    assert all(bool(one.noted) == ("occurred_at" not in one.body) and not one.wrong for one in made)
    assert made[-1].body["answers"] == {"created": "soon"}


def test_a_column_that_may_have_the_day_or_the_month_first_is_asked(tmp_path: Path) -> None:
    text = "email,created\na@b.example,03/04/2026\n"
    with pytest.raises(Unsure, match="DATES=dmy or DATES=mdy"):
        read(tmp_path, text)
    assert read(tmp_path, text, dates="mdy")[0].body["occurred_at"].startswith("2026-03-04")
    with pytest.raises(Unsure, match="dates with the day first and dates with the month first"):
        read(tmp_path, "email,created\na@b.example,13/04/2026\nb@b.example,04/13/2026\n")


def test_a_time_without_a_zone_is_of_the_zone_that_was_told(tmp_path: Path) -> None:
    [made] = read(tmp_path, "email,created\na@b.example,2026-05-04 12:00\n", zone="Europe/Berlin")
    assert made.body["occurred_at"] == "2026-05-04T10:00:00+00:00"


def test_amounts_are_read_as_written_in_the_rows_own_currency(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        'email,amount,currency\na@b.example,"1.234,56",EUR\nb@b.example,,EUR\nc@b.example,€ 110.70,\nd@b.example,5000,JPY\n'
        "e@b.example,1.5,KWD\nf@b.example,12,\n",
    )
    amounts = [one.body.get("expected_amount", {}).get("minor") for one in made]
    assert amounts == [123_456, None, 11_070, 5_000, 1_500, None]
    assert [bool(one.noted) for one in made] == [False, False, False, False, False, True]


def test_a_status_is_an_attribute_if_its_word_is_known_and_a_lead_that_has_ended_is_noted(tmp_path: Path) -> None:
    won, odd = read(tmp_path, "email,Lead Status\na@b.example,Closed Won\nb@b.example,ask Jule Marx\n")
    assert won.body["attributes"] == {"lead_status": "Closed Won"}
    assert "won" in won.noted[0][1]
    assert (odd.body.get("attributes"), odd.body["answers"]) == (None, {"Lead Status": "ask Jule Marx"})


def test_an_id_that_is_an_address_is_not_sent_and_one_id_for_two_people_is_refused(tmp_path: Path) -> None:
    first, second, address = read(tmp_path, "id,email\n7,a@b.example\n7,c@b.example\njule@b.example,\n")
    assert (first.wrong, second.wrong) == ([], [("external_id", TAKEN)])
    assert "@" not in address.body["external_id"]


def test_the_same_row_twice_is_one_lead_and_two_people_with_one_address_are_two(tmp_path: Path) -> None:
    anna, again, bert = read(tmp_path, "name,email\nAnna,info@b.example\nAnna , INFO@b.example\nBert,info@b.example\n")
    assert anna.body["external_id"] == again.body["external_id"] != bert.body["external_id"]
    assert again.noted == [("row", SAME)]
    assert not bert.noted


MAPPING = """
leads:
  fields:
    source: {constant: sales}
    external_id: ref
    channel: {column: how, values: {TV: television}, default: unknown}
    occurred_at: {column: day, time: "%d.%m.%Y", zone: Europe/Berlin}
    expected_amount.minor: {column: price, decimals: 2}
    expected_amount.currency: {column: money, default: EUR}
    attributes.staff: {column: staff, number: true}
"""


def test_a_mapping_says_constants_values_defaults_times_amounts_and_numbers(tmp_path: Path) -> None:
    text = "ref,how,day,price,money,staff,more\n7,TV,04.05.2026,19.99,,20,x\n8,,,5000,JPY,,\n"
    made, yen = read(tmp_path, text, mapping=MAPPING)
    assert made.body == {
        "source": "sales",
        "sender": "list",
        "external_id": "7",
        "channel": "television",
        "occurred_at": "2026-05-04T00:00:00+02:00",
        "expected_amount": {"minor": 1999, "currency": "EUR"},
        "attributes": {"staff": 20},
    }
    assert (yen.body["channel"], yen.body["expected_amount"]) == ("unknown", {"minor": 5000, "currency": "JPY"})


def test_a_cell_that_is_not_what_the_mapping_says_refuses_its_row(tmp_path: Path) -> None:
    [made] = read(tmp_path, "ref,how,day,price,money,staff\n7,,4 May,x,EUR,many\n", mapping=MAPPING)
    assert {name for name, _ in made.wrong} == {"occurred_at", "expected_amount.minor", "attributes.staff"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("leads: {fields: {shoe: ref}}", "shoe is not a field"),
        ("leads: {fields: {channel: nowhere}}", "no column nowhere"),
        ("leads: {fields: {channel: {colour: ref}}}", "is a column's name, or"),
        ("leads: {fields: {occurred_at: {column: ref, time: iso, zone: Mars}}}", "no such zone"),
        (
            "leads: {fields: {expected_amount.minor: {column: ref, decimals: 2}, expected_amount.currency: {constant: JPY}}}",
            "JPY has 0 decimals",
        ),
        ("leads: [1]", "has no fields"),
        ("rows: {}", "the parts leads and outcomes"),
        ("{", "is not YAML"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(StackError, match=sentence):
        read(tmp_path, "ref,email\n1,a@b.example\n", mapping=text)


def test_an_outcome_needs_an_end_its_amount_and_a_way_to_its_lead(tmp_path: Path) -> None:
    won, still_open, lost, dear, nobody = read(
        tmp_path,
        'id,stage,amount,currency,close date\n1,Closed Won,"1.234,50",EUR,27.11.2025\n2,Proposal,,,\n3,verloren,,,\n4,Won,5,,\n,Won,,,\n',
        kind="outcomes",
    )
    assert (won.body["result"], won.body["amount"]["minor"], won.body["sender"]) == ("won", 123_450, "list")
    assert (still_open.left_out, lost.body["result"]) == (True, "lost")
    assert [one.wrong[0][0] for one in (dear, nobody)] == ["amount.minor", "external_id"]
