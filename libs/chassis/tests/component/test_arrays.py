"""Arrays are encoded without asking abstract classes of each of their elements."""

from collections.abc import Collection
from typing import Any

import pytest
from asyncpg.protocol import protocol

from chassis.database import ARRAYS
from chassis_testing import ServiceUnderTest


@pytest.mark.parametrize("name", ["IterableABC", "SizedABC"])
async def test_whether_something_is_an_array_is_asked_of_plain_classes(
    service: ServiceUnderTest, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert getattr(protocol, name) is ARRAYS
    asked: list[Any] = []

    class Asked(type):
        def __instancecheck__(cls, one: Any) -> bool:
            asked.append(one)
            return isinstance(one, ARRAYS)

    monkeypatch.setattr(protocol, name, Asked("Asked", (), {}))
    await service.sql("select $1::text[]", ["one"])
    assert ["one"] in asked, "the library asks by another name now: look whether what it does is still slow"


@pytest.mark.parametrize(
    "given",
    [["a", None, "b"], ("a", "b"), {"a"}, frozenset({"a"}), {"a": 1}.keys(), {1: "a"}.values(), [], [["a"], ["b"]]],
)
async def test_whatever_holds_several_is_an_array(service: ServiceUnderTest, given: Collection[Any]) -> None:
    [row] = await service.sql("select $1::text[] as back", given)
    assert row["back"] == list(given)
