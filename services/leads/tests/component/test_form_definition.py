"""Forms are versioned data: drafts that nobody sees, versions that nobody changes, and everything is on record."""

from typing import Any

import httpx
import pytest
from spring_form import content, made

from chassis_testing import ServiceUnderTest
from leads.api import form_cache

DOOR = "/v1/form-definitions"


def tag(answer: httpx.Response) -> dict[str, str]:
    return {"if-match": answer.headers["etag"]}


def wrong(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {error["field"] for error in answer.json()["errors"]}


async def test_a_draft_is_seen_by_nobody_until_it_is_activated(service: ServiceUnderTest) -> None:
    await form_cache.published(service.service).look()
    draft = await service.http.post(DOOR, json={"form": "spring", "content": content()})
    assert (draft.status_code, draft.json()["state"], draft.json()["active"]) == (201, "draft", None)
    assert (await service.anonymous.get("/v1/forms/spring/definition")).status_code == 404
    done = await service.http.post(f"{DOOR}/spring/activate", headers=tag(draft))
    assert (done.json()["state"], done.json()["active"]) == ("active", 1)
    assert (await service.anonymous.get("/v1/forms/spring/definition")).json()["version"] == 1


async def test_an_active_version_never_changes_and_each_has_its_history(service: ServiceUnderTest) -> None:
    first = await made(service)
    edit = {"content": content(title={"en": "New", "fa": "نو"})}
    second = await service.http.put(f"{DOOR}/spring", json=edit, headers=tag(first))
    assert (second.json()["version"], second.json()["state"], second.json()["active"]) == (2, "draft", 1)
    assert (await service.anonymous.get("/v1/forms/spring/definition")).json()["title"] == "Ask us"
    third = await service.http.post(f"{DOOR}/spring/activate", headers=tag(second))
    assert (await service.anonymous.get("/v1/forms/spring/definition")).json()["title"] == "New"
    assert [(one["version"], one["state"]) for one in third.json()["versions"]] == [(2, "active"), (1, "archived")]
    done = [(each["what"], each["by"]) for each in third.json()["versions"][1]["history"]]
    assert done == [(what, "machine:tests") for what in ("saved", "activated", "archived")]
    old = await service.http.get(f"{DOOR}/spring?version=1")
    assert old.json()["content"]["title"]["en"] == "Ask us"


async def test_who_has_not_read_the_last_change_changes_nothing(service: ServiceUnderTest) -> None:
    first = await made(service)
    later = await service.http.put(f"{DOOR}/spring", json={"content": content()}, headers=tag(first))
    for method, path, body in (
        ("PUT", "", {"content": content()}),
        ("POST", "/activate", None),
        ("POST", "/pause", None),
    ):
        unread = await service.http.request(method, f"{DOOR}/spring{path}", json=body)
        assert unread.status_code == 428
        stale = await service.http.request(method, f"{DOOR}/spring{path}", json=body, headers=tag(first))
        assert (stale.status_code, stale.headers["etag"]) == (412, later.headers["etag"])
    assert (await service.http.post(DOOR, json={"form": "spring", "content": content()})).status_code == 409
    assert (await service.http.post(f"{DOOR}/none/pause", headers=tag(first))).status_code == 404


async def test_what_can_not_be_kept_is_named_field_by_field(service: ServiceUnderTest) -> None:
    fields = [
        {"name": "Name", "kind": "name"},
        {"name": "ref_x", "kind": "email"},
        {"name": "tel", "kind": "phone"},
        {"name": "tel", "kind": "nothing"},
    ]
    origins = [
        "https://ok.example",
        "http://plain.example",
        "https://x.example/path",
        "https://*.example",
        "https://y.example:443",
    ]
    body = content(fields=fields, origins=origins, redirect="javascript:alert(1)", languages=["en", "en"])
    answer = await service.http.post(DOOR, json={"form": "bad", "content": body})
    assert wrong(answer) == {
        "content.fields[0].name",
        "content.fields[1].name",
        "content.fields[3].name",
        "content.fields[3].kind",
        *(f"content.origins[{n}]" for n in (1, 2, 3, 4)),
        "content.redirect",
        "content.languages[1]",
    }
    for part in ({"nonsense": 1}, {"languages": ["xx"]}, {"too_fast_s": True}, {"fields": {}}, {"title": {"xx": "A"}}):
        assert wrong(await service.http.post(DOOR, json={"form": "bad", "content": part})), part
    assert (await service.http.get(f"{DOOR}/bad")).status_code == 404


async def test_a_draft_may_lack_texts_and_can_not_be_activated_before_they_are_there(service: ServiceUnderTest) -> None:
    fields = [{"name": "name", "kind": "name", "label": {"en": "Name"}}]
    draft = await service.http.post(DOOR, json={"form": "poor", "content": content(fields=fields, title={"en": "A"})})
    assert draft.status_code == 201
    lacks = {one["field"] for one in draft.json()["lacks"]}
    assert lacks == {"title.fa", "fields", "fields[0].label.fa"}
    answer = await service.http.post(f"{DOOR}/poor/activate", headers=tag(draft))
    assert wrong(answer) == {f"content.{field}" for field in lacks}


async def test_a_consents_text_that_was_shown_is_not_another_under_the_same_version(service: ServiceUnderTest) -> None:
    first = await made(service)
    consent = content()["consents"][0] | {"text": {"en": "Send me everything.", "fa": "همه چیز"}}
    again = await service.http.put(f"{DOOR}/spring", json={"content": content(consents=[consent])}, headers=tag(first))
    assert wrong(again) == {"content.consents[0].version"}
    consent["version"] = 4
    again = await service.http.put(f"{DOOR}/spring", json={"content": content(consents=[consent])}, headers=tag(first))
    assert again.status_code == 200


async def test_a_form_is_paused_goes_on_and_is_archived(service: ServiceUnderTest) -> None:
    state = await made(service)

    async def does(what: str) -> tuple[int, int]:
        nonlocal state
        state = await service.http.post(f"{DOOR}/spring/{what}", headers=tag(state))
        return state.status_code, (await service.anonymous.get("/v1/forms/spring/definition")).status_code

    assert await does("pause") == (200, 410)
    assert await does("pause") == (200, 410)
    assert await does("resume") == (200, 200)
    assert await does("archive") == (200, 404)
    heads = (await service.http.get(DOOR)).json()["forms"]
    assert [(one["form"], one["state"], one["active"], one["title"]["en"]) for one in heads] == [
        ("spring", "archived", None, "Ask us")
    ]
    refused = await service.http.post(f"{DOOR}/spring/archive", headers=tag(state))
    assert refused.status_code == 409


async def test_only_who_may_make_forms_comes_to_these_doors(service: ServiceUnderTest) -> None:
    assert (await service.anonymous.get(DOOR)).status_code == 401
    service.service.operator = service.service.operator.with_rights({})
    assert (await service.http.get(DOOR)).status_code == 403


async def test_while_the_database_is_away_a_known_form_goes_on_and_an_unknown_process_says_so(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await service.anonymous.get("/v1/forms/spring/definition")).status_code == 503
    await made(service)

    def away(**settings: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(service.service.database, "transaction", away)
    with pytest.raises(ConnectionRefusedError):
        await form_cache.published(service.service).look()
    assert (await service.anonymous.get("/v1/forms/spring/definition")).status_code == 200


async def test_other_replicas_follow_within_seconds(service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_cache, "LOOK_EVERY_S", 0.01)
    state = await made(service)
    its = form_cache.published(service.service)
    its.forms = None

    async def stop() -> None:
        service.service.stopping.set()

    import asyncio

    following = asyncio.create_task(form_cache.follow_forms(service.service))
    async with asyncio.timeout(5):
        while its.forms is None:
            await asyncio.sleep(0.01)
        first = its.find("spring")
        await service.sql("update form set paused = true")
        while not its.find("spring").paused:
            await asyncio.sleep(0.01)
        assert its.find("spring").content is first.content, "what is known is not read again"
        await stop()
        await following
    assert state.status_code == 200
