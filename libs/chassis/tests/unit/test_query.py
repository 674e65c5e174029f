"""Statements that are composed: text and values as asyncpg takes them, and no shape compiled twice."""

from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Column, Integer, MetaData, Select, Table, Text, Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from chassis import query

LEAD = UUID("00000000-0000-0000-0000-000000000001")
TABLE = Table(
    "toy",
    MetaData(),
    Column("lead_id", Uuid),
    Column("team", Text),
    Column("size", Integer),
    Column("more", JSONB),
)


def newest(team: str, above: int, limit: int) -> Select[tuple[int]]:
    return select(TABLE.c.size).where(TABLE.c.team == team, TABLE.c.size > above).order_by(TABLE.c.size).limit(limit)


def test_values_stand_in_the_order_of_their_places() -> None:
    text, values = query.rendered(newest("berlin", 3, 10))
    assert [text.index(f"${n}") for n in (1, 2, 3)] == sorted(text.index(f"${n}") for n in (1, 2, 3))
    assert values == ["berlin", 3, 10]


def test_the_same_shape_is_compiled_once_and_keeps_no_value_of_before() -> None:
    text, _ = query.rendered(newest("berlin", 3, 10))
    shapes = len(query._compiled)
    again, values = query.rendered(newest("paris", 4, 20))
    assert (again, values) == (text, ["paris", 4, 20])
    assert len(query._compiled) == shapes


def test_no_more_shapes_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "_SHAPES", 2)
    query._compiled.clear()
    for column in TABLE.c:
        query.rendered(select(column))
    assert len(query._compiled) == 2


def test_values_are_as_asyncpg_takes_them() -> None:
    teams = literal(["berlin", "paris"], ARRAY(Text))
    statement = select(TABLE.c.size).where(
        TABLE.c.team == any_(teams), TABLE.c.lead_id == LEAD, TABLE.c.more == {"a": 1}
    )
    assert query.rendered(statement)[1] == [["berlin", "paris"], LEAD, '{"a": 1}']


def test_a_list_of_values_that_would_be_a_shape_of_its_own_is_refused() -> None:
    with pytest.raises(TypeError, match="one array"):
        query.rendered(select(TABLE.c.size).where(TABLE.c.team.in_(["berlin", "paris"])))
