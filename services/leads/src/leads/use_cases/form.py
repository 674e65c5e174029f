"""Lead forms: made, shown, paused; and what each says of a lead that came by it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chassis import Transaction
from contracts.leads.intake import LeadSubmitted
from leads.domain import form as forms
from leads.domain.form import Content, Fault, Version
from leads.store import form as store


class Absent(Exception):
    """There is no such form."""


class Taken(Exception):
    """A form has this name."""


class Outdated(Exception):
    """It was changed since it was read; ``edit`` is its last change."""

    def __init__(self, edit: int) -> None:
        super().__init__("It was changed since it was read.")
        self.edit = edit


class Wrong(Exception):
    """Fields of the definition are wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("Fields are wrong.")
        self.faults = tuple(faults)


async def save_draft(form: str, content: Mapping[str, Any], read: int | None, tx: Transaction) -> list[Version]:
    """The content is the form's draft from now on; ``read`` is the last change that its author has seen, none where he makes it."""
    there = await store.versions(tx, form, to_change=True)
    if read is None and there:
        raise Taken
    if read is not None:
        _check(there, read)
    parsed = Content.of(content)
    shown = [Content.of(one.content) for one in there if one.state != "draft"]
    if wrong := [*forms.faults(parsed), *forms.rewritten(parsed, shown)]:
        raise Wrong(wrong)
    await store.save(tx, [forms.saved(form, there, content, tx.actor.principal, tx.now)])
    return await store.versions(tx, form)


async def activate(form: str, read: int, tx: Transaction) -> list[Version]:
    """Strangers see the draft from now on. Raises Wrong for what it lacks."""

    def change(there: Sequence[Version]) -> list[Version]:
        changed = forms.activated(there, tx.actor.principal, tx.now)
        if lacks := forms.missing(Content.of(changed[-1].content)):
            raise Wrong(lacks)
        return changed

    return await _change(form, read, change, tx)


async def pause(form: str, paused: bool, read: int, tx: Transaction) -> list[Version]:
    """It takes nothing for now, or leads again."""
    return await _change(form, read, lambda there: forms.paused(there, paused, tx.actor.principal, tx.now), tx)


async def archive(form: str, read: int, tx: Transaction) -> list[Version]:
    """It is gone for everybody but those who look at what was."""
    return await _change(form, read, lambda there: forms.archived(there, tx.actor.principal, tx.now), tx)


async def _change(
    form: str, read: int, change: Callable[[Sequence[Version]], Iterable[Version]], tx: Transaction
) -> list[Version]:
    there = await store.versions(tx, form, to_change=True)
    _check(there, read)
    await store.save(tx, change(there))
    return await store.versions(tx, form)


def _check(there: Sequence[Version], read: int) -> None:
    if not there:
        raise Absent
    if read != (last := max(one.edit for one in there)):
        raise Outdated(last)


def said(submission: LeadSubmitted) -> dict[str, Any]:
    """What stands on record of the form that a lead came by; nothing of a lead that came otherwise."""
    if submission.form_version is None:
        return {}
    more = submission.model_dump(
        mode="json", include={"form", "form_version", "attribution", "consents"}, exclude_none=True
    )
    return more | {"consents": more.get("consents", [])}


async def now_active(
    tx: Transaction, known: Iterable[tuple[str, int]]
) -> list[tuple[str, int, bool, Mapping[str, Any] | None]]:
    """The forms that strangers meet: name, version, whether it is paused, and the content of those that are not known."""
    return await store.active(tx, known)
