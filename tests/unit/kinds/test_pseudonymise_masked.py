"""Masked text alone is read in batches, and comes to what the table held whole comes to: the same rows in the same
order, the same findings, the same papers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid, Refused
from dalgubeol.kinds.pseudonymise import Pseudonymise, policy_of
from dalgubeol.methods.privacy.policy.policy_text import parsed
from dalgubeol.methods.privacy.stream import masked as stream

from .test_pseudonymise import InMemory
from .whole_roads import masked_as_a_whole

HEAD = 'edition = 1\nproject = "letters"\n'
MEMO = '[columns.memo]\nrole = "sensitive"\nsteps = [{do = "mask"}]\n'
PLACE = '[columns.place]\nrole = "plain"\nsteps = [{do = "mask"}, {do = "generalise", prefixes = [2, 1], level = 1}]\n'  # fmt: skip
DRAWN = '[columns.kind]\nrole = "sensitive"\nsteps = [{do = "mask"}, {do = "pram", stay = 0.6}]\n'
GONE = '[columns.member]\nrole = "direct identifier"\nsteps = [{do = "delete"}]\n'
LETTER = 'edition = 1\nproject = "letters"\n[columns.part]\nrole = "plain"\n[columns.number]\nrole = "plain"\n[columns.text]\nrole = "sensitive"\nsteps = [{do = "mask"}]\n'  # fmt: skip


def texts(rows: int = 240) -> pa.Table:
    """Some miss a text, some are alike, and each tenth holds numbers of a phone and names."""
    told = [f"환자 김서연의 연락처는 010-9876-{n:04d}입니다" if n % 10 == 0 else f"손가락을 다쳐 {n % 17}일 쉬었음" for n in range(rows)]  # fmt: skip
    return pa.table(
        {
            "member": [f"M{n:05d}" for n in range(rows)],
            "memo": [None if n % 23 == 0 else text for n, text in enumerate(told)],
            "place": [None if n < 12 else ("대구 수성구", "서울 중구", None)[n % 3] for n in range(rows)],
            "kind": [("burn", "cut", "fall")[n * n % 3] for n in range(rows)],
        }
    )


def letter(rows: int = 120) -> pa.Table:
    """Its paragraphs are in no order of their texts."""
    parts = ["header"] * 20 + ["body"] * (rows - 20)
    numbers = [n + 1 for n in range(20)] + [n + 1 for n in range(rows - 20)]
    lines = [f"{(n * 37) % rows}번째 문단, 박도현 주임 010-2345-{n:04d}" for n in range(rows)]
    return pa.table({"part": parts, "number": pa.array(numbers, pa.int64()), "text": lines})


CASES = {
    "one text": (texts, HEAD + MEMO + GONE),
    "two texts, one made shorter": (texts, HEAD + PLACE + MEMO + GONE),
    "with a step that draws by row": (texts, HEAD + MEMO + DRAWN + GONE),
    "with a step that draws by person": (texts, HEAD + 'person = "member"\n' + MEMO + DRAWN + GONE),
    "a letter": (letter, LETTER),
    "a letter without its numbering": (letter, LETTER.replace('role = "plain"', 'role = "plain"\nsteps = [{do = "delete"}]')),
    "more rows than are looked at": (lambda: texts(41_000), HEAD + MEMO + GONE),
}  # fmt: skip


class InBatches(InMemory):
    """Of forty batches or more, whose rows all miss their values now and then."""

    def batches(
        self, slot: str, rows: int = 6, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        yield from super().batches(slot, max(6, self.table(slot).num_rows // 40), columns)


def done(table: pa.Table, text: str, *, whole: bool = False) -> tuple[pa.Table, dict[str, Any]]:
    work = InBatches(table, {"policy": text})
    if whole:
        masked_as_a_whole(work, policy_of(work.parameters))
    else:
        Pseudonymise().execute(work)  # type: ignore[arg-type]
    made, about = work.written["pseudonymised"]
    return made, dict(about)


@pytest.mark.parametrize("which", CASES)
def test_in_batches_it_is_what_the_whole_table_gives(which: str) -> None:
    table_of, text = CASES[which]
    streamed, papers = done(table_of(), text)
    whole, whole_papers = done(table_of(), text, whole=True)
    assert streamed.num_rows == table_of().num_rows
    assert streamed.equals(whole)
    assert papers == whole_papers
    assert any(step["cells_changed"] for step in papers["steps"])


@pytest.mark.parametrize("which", list(CASES)[:-1])
@pytest.mark.parametrize("shares", [2, 12])
def test_in_shares_it_is_the_same(which: str, shares: int) -> None:
    """Where the texts are more than may wait, they are read again for each share."""
    table_of, text = CASES[which]
    table = table_of()
    goes = parsed(text)
    kept = sum(table[c].nbytes for c in goes.columns if not goes.goes(c))
    work = InBatches(table, {"policy": text})
    made = stream.masked(
        goes, lambda columns: work.batches("data", columns=columns), lambda: work.project_key("letters"),
        held_bytes=kept // shares,
    )  # fmt: skip
    assert pa.Table.from_batches(made.batches).equals(done(table, text, whole=True)[0])


def test_never_more_waits_than_is_allowed() -> None:
    table = texts(4_000)
    held: list[int] = []
    shares = stream._Shares.first

    def first(self: Any, *given: Any) -> list[pa.Table]:
        made = shares(self, *given)
        held.append(sum(piece.nbytes for piece in made))
        return made

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stream._Shares, "first", first)
        made = stream.masked(parsed(HEAD + MEMO + GONE), lambda columns: iter((table if columns is None else table.select(columns)).to_batches(max_chunksize=100)), lambda: b"k" * 32, held_bytes=table["memo"].nbytes // 8)  # fmt: skip
        assert sum(batch.num_rows for batch in made.batches) == table.num_rows
    assert held[0] < table["memo"].nbytes / 5


def test_a_column_that_is_no_numbering_is_found_in_whatever_batch_it_shows() -> None:
    table = letter()
    numbers = table["number"].to_pylist()
    numbers[-1] = 4
    table = table.set_column(1, "number", pa.array(numbers, pa.int64()))
    with pytest.raises(Invalid, match="not the numbering of a document"):
        done(table, LETTER)


def test_an_identifier_that_no_mask_takes_away_stops_the_run_behind_the_last_batch() -> None:
    """Record numbers are no word of a text: the look at what goes out finds them."""
    table = pa.table({"memo": [f"A{n:07d}" for n in range(400)]})
    work = InMemory(table, {"policy": HEAD + MEMO})
    with pytest.raises(Refused):
        Pseudonymise().execute(work)  # type: ignore[arg-type]
    assert not work.written


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(Invalid, match="at least one row"):
        done(texts().slice(0, 0), HEAD + MEMO + GONE)


def test_no_recipe_is_made_of_it() -> None:
    work = InMemory(texts(), {"policy": HEAD + MEMO + GONE, "recipe": True})
    with pytest.raises(Invalid, match="no recipe can be made"):
        Pseudonymise().execute(work)  # type: ignore[arg-type]
