from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, Text, create_engine, select

from dalgubeol.errors import Invalid
from dalgubeol.world.store.paging import Page, cursor, every, paged, place

ROWS = Table("rows", MetaData(), Column("at", Text), Column("id", Text))
ALL = select(ROWS)
Row = tuple[str, str]


def read(rows: list[Row], limit: int, newest_first: bool, come: list[Row], go: set[Row]) -> list[Row]:
    """All pages one after the other; after the first page `come` are there and `go` are not."""
    engine = create_engine("sqlite://")
    found: list[Row] = []
    with engine.connect() as connection:
        ROWS.create(connection)
        for row in rows:
            connection.execute(ROWS.insert(), {"at": row[0], "id": row[1]})
        after: str | None = ""
        while after is not None:
            page, after = paged(connection, ALL, (ROWS.c.at, ROWS.c.id), {}, after, limit, newest_first=newest_first)  # fmt: skip
            found += [(row["at"], row["id"]) for row in page]
            for row in come:
                connection.execute(ROWS.insert(), {"at": row[0], "id": row[1]})
            for at, id_ in go:
                connection.execute(ROWS.delete().where((ROWS.c.at == at) & (ROWS.c.id == id_)))
            come = []
    engine.dispose()
    return found


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.text("0123", min_size=1, max_size=3)), unique=True, max_size=20
)


@given(rows, st.integers(1, 7), st.booleans(), st.data())
def test_nothing_appears_twice_and_nothing_that_stays_is_skipped(
    all_rows: list[Row], limit: int, newest_first: bool, data: st.DataObject
) -> None:
    split = data.draw(st.integers(0, len(all_rows)))
    there, come = all_rows[:split], all_rows[split:]
    go = set(data.draw(st.lists(st.sampled_from(there), unique=True))) if there else set()
    found = read(there, limit, newest_first, come, go)
    assert len(set(found)) == len(found)
    assert found == sorted(found, reverse=newest_first)
    assert set(there) - go <= set(found) <= set(all_rows)


@given(st.lists(st.integers(-1, 10**9) | st.text(max_size=20), max_size=3))
def test_a_cursor_says_where_it_was_made(values: list[str | int]) -> None:
    assert place(cursor(*values), *(type(value) for value in values)) == tuple(values)


@pytest.mark.parametrize(
    "text", ["x", "!!", "W10", "eyJhIjoxfQ", "W1tdXQ", "bnVsbA", "WzFd", "WzFlOTld" * 9, "\ud800"]
)
def test_a_text_that_is_no_cursor_of_this_list_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        place(text, str)


def test_all_pages_together_are_the_list() -> None:
    pages = {"": Page((1, 2), "b"), "b": Page((3,), "c"), "c": Page(())}
    assert every(lambda after: pages[after]) == (1, 2, 3)
