"""Documents of leads: what is taken, how they rest, and who may open them."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.opportunity import DocumentAttached
from leads.domain.document import AT_MOST, PACKED

from .sales import Sales

PDF = b"%PDF-1.7\n1 0 obj qxcanary Jule Marx\n%%EOF\n"
OFFER = {
    "content-type": "application/pdf",
    "document-kind": "offer",
    "document-name": "Angebot%20J%C3%BCrgen%20Marx.pdf",
}
NAME = "Angebot J\u00fcrgen Marx.pdf"


@pytest.fixture
async def sales(service: ServiceUnderTest, tmp_path: Path) -> Sales:
    service.service.settings.documents_url = f"file://{tmp_path}/documents"  # type: ignore[attr-defined]
    return await Sales(service).opens()


def files(at: Path) -> list[Path]:
    """What rests in the store."""
    return [path for path in at.rglob("*") if path.is_file()]


def packed(inside: str) -> bytes:
    """A file of an office program, as far as it is known by what is in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as one:
        one.writestr(inside, "<x/>")
    return made.getvalue()


async def test_a_document_rests_sealed_and_is_what_was_sent(sales: Sales, tmp_path: Path) -> None:
    lead = await sales.lead(person="anna")
    answer = await sales.anna.post(f"/v1/leads/{lead}/documents", content=PDF, headers=OFFER)
    assert answer.status_code == 201, answer.text
    one = answer.json()
    assert (one["kind"], one["type"], one["bytes"], one["sha256"]) == (
        "offer",
        "application/pdf",
        len(PDF),
        hashlib.sha256(PDF).hexdigest(),
    )
    [file] = files(tmp_path)
    assert b"Marx" not in file.read_bytes()
    assert not any(b"Marx" in row.encode() for rows in (await sales.service.state()).values() for row in rows)
    listed = (await sales.jonas.get(f"/v1/leads/{lead}/documents")).json()["rows"]
    assert [(row["id"], row["name"], row["by"], row["team"]) for row in listed] == [(one["id"], NAME, "anna", "berlin")]
    got = await sales.jonas.get(f"/v1/leads/{lead}/documents/{one['id']}")
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, PDF, "application/pdf")
    assert "J%C3%BCrgen" in got.headers["content-disposition"]
    assert got.headers["content-disposition"].startswith("attachment")
    [event] = [e for e in await sales.service.emitted() if isinstance(e, DocumentAttached)]
    assert (event.kind, event.size, event.sha256, event.by) == ("offer", len(PDF), one["sha256"], "anna")
    assert "Marx" not in event.model_dump_json()
    looked = await sales.service.sql("select person, purpose from opened order by at, opening")
    assert [tuple(row) for row in looked] == [("anna", "record"), ("jonas", "read"), ("jonas", "read")]
    [step] = (await sales.anna.get(f"/v1/leads/{lead}/timeline?kinds=document")).json()["rows"]
    assert (step["by"], step["document"], step["document_kind"]) == ("anna", one["id"], "offer")


async def test_what_nobody_sees_is_no_part_of_a_name(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    turned = OFFER | {"document-name": "invoice%E2%80%AEfdp.exe"}  # a reader would see invoiceexe.pdf
    answer = await sales.anna.post(f"/v1/leads/{lead}/documents", content=PDF, headers=turned)
    assert (answer.status_code, answer.json()["name"]) == (201, "invoicefdp.exe"), answer.text


async def test_what_is_no_such_file_is_refused_by_the_field_and_nothing_is_kept(sales: Sales, tmp_path: Path) -> None:
    lead = await sales.lead(person="anna")
    url = f"/v1/leads/{lead}/documents"
    before = await sales.service.state()

    async def refused(content: bytes, **headers: str) -> tuple[int, str]:
        answer = await sales.anna.post(
            url, content=content, headers={name: text.encode() for name, text in (OFFER | headers).items()}
        )
        return answer.status_code, (answer.json().get("errors") or [{"field": ""}])[0]["field"]

    assert await refused(b"MZ\x90\x00 a program") == (422, "Content-Type")
    assert await refused(PDF, **{"content-type": "image/png"}) == (422, "Content-Type")
    assert await refused(b"a\x00b", **{"content-type": "text/plain"}) == (422, "Content-Type")
    assert await refused(b"\xff\xfe", **{"content-type": "text/csv"}) == (422, "Content-Type")
    docx = next(iter(PACKED))
    assert await refused(packed("evil.exe"), **{"content-type": docx}) == (422, "Content-Type")
    assert await refused(PDF, **{"content-type": "application/x-msdownload"}) == (415, "")
    assert await refused(PDF, **{"document-kind": "ofer"}) == (422, "Document-Kind")
    assert (await refused(PDF, **{"document-kind": "An offer"}))[0] == 422
    whole = packed("ä.xml")
    no_name = whole.replace("ä.xml".encode(), b"\xff\xff.xml")
    newer = whole.replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x99")
    for content in (no_name, newer):
        assert content != whole
        assert await refused(content, **{"content-type": docx}) == (422, "Content-Type")
    for name in ("..%2Fetc", "..", "%20", "%E2%80%AE", "%FF%FE", "é", "a%00b", "a" * 201):
        assert await refused(PDF, **{"document-name": name}) == (422, "Document-Name"), name
    assert (await refused(b"%PDF-1.7" + b"1" * AT_MOST))[0] == 413
    assert (await sales.anna.post(url, headers=OFFER)).status_code == 422
    assert await sales.service.state() == before
    assert files(tmp_path) == []


@pytest.mark.parametrize(("media_type", "inside"), list(PACKED.items()))
async def test_files_of_office_programs_are_known_by_what_is_in_them(
    sales: Sales, media_type: str, inside: str
) -> None:
    lead = await sales.lead(person="anna")
    headers = OFFER | {"content-type": media_type}
    answer = await sales.anna.post(f"/v1/leads/{lead}/documents", content=packed(inside), headers=headers)
    assert answer.status_code == 201, answer.text


async def test_a_large_one_is_taken_and_once_under_its_key(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    url, large = f"/v1/leads/{lead}/documents", PDF + b"1" * (6 * 1024 * 1024)
    headers = OFFER | {"idempotency-key": "offer-1"}
    first, again = [await sales.anna.post(url, content=large, headers=headers) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    other = await sales.anna.post(url, content=PDF, headers=headers)
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert len((await sales.anna.get(url)).json()["rows"]) == 1
    assert (await sales.anna.get(f"{url}/{first.json()['id']}")).content == large


async def test_who_may_what_with_documents(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    url = f"/v1/leads/{lead}/documents"
    one = (await sales.anna.post(url, content=PDF, headers=OFFER)).json()["id"]
    assert (await sales.gm.post(url, content=PDF, headers=OFFER)).status_code == 403
    assert (await sales.gm.get(f"{url}/{one}")).status_code == 200
    for foreign, absent in (
        (url, f"/v1/leads/{uuid4()}/documents"),
        (f"{url}/{one}", f"/v1/leads/{uuid4()}/documents/{one}"),
    ):
        seen, none = await sales.camille.get(foreign), await sales.camille.get(absent)
        assert (seen.status_code, seen.content) == (404, none.content)
    other = await sales.lead(person="anna")
    assert (await sales.anna.get(f"/v1/leads/{other}/documents/{one}")).status_code == 404
    assert (await sales.camille.post(url, content=PDF, headers=OFFER)).status_code == 404


async def test_a_document_of_somebody_who_was_forgotten_is_closed(sales: Sales, tmp_path: Path) -> None:
    lead = await sales.lead(person="anna")
    url = f"/v1/leads/{lead}/documents"
    one = (await sales.anna.post(url, content=PDF, headers=OFFER)).json()["id"]
    for file in files(tmp_path):
        file.unlink()
    assert (await sales.anna.get(f"{url}/{one}")).status_code == 410
    await sales.service.sql("update person set wrapped_key = null")
    assert (await sales.anna.get(f"{url}/{one}")).status_code == 410
    assert (await sales.anna.get(url)).json()["rows"][0]["name"] is None
    assert (await sales.anna.post(url, content=PDF, headers=OFFER)).status_code == 410


async def test_without_a_store_no_file_is_taken(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    settings: Any = sales.service.service.settings
    settings.documents_url = ""
    before = await sales.service.state()
    answer = await sales.anna.post(f"/v1/leads/{lead}/documents", content=PDF, headers=OFFER)
    assert (answer.status_code, await sales.service.state()) == (503, before)
