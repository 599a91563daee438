"""A recipe applied to the next delivery of a table, whole or streamed, with the guarantee over all deliveries.

Pass 1 reads the delivery once and keeps per row small numbers: of its tuple of quasi-identifiers, its person and
its sensitive values. Then `deliveries` says which rows may go out. Pass 2 reads it once more and gives out
batches with labels, the other rows left out, in the order they came (whoever publishes them changes it).

`Given` is what must be remembered of what went out: labels, sensitive values and pseudonyms, counted. It holds
nothing that the published tables do not hold, and is destroyed with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...errors import Invalid
from ...language import Message, say
from .deliveries import LeftOut, Mask, Units, kept_of
from .grouping import group
from .hierarchy import Hierarchy, Label
from .local import labels_at
from .recipe import Recipe
from .search.from_table import in_order
from .values import Codes, column_of, distinct_texts

Read = Callable[[], Iterable[pa.RecordBatch]]
"""Reads the delivery from its first row."""
Build = Callable[[str, pa.Array], Hierarchy]
"""The hierarchy of a column for its distinct values, given as texts (null: a row misses it)."""
Persons = Callable[[pa.RecordBatch], pa.Array]
"""Whose row each row of a batch is: the pseudonym that is published, where one is."""
Progress = Callable[[float, Message], None]

_LABEL, _SENSITIVE, _PERSON, _DELIVERY, _ROWS = "label ", "sensitive ", "person", "delivery", "rows"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """All that went out, counted: a row per distinct labels, sensitive values, person and delivery.

    Columns: `label NAME` per quasi-identifier and `sensitive NAME` (text), `person` where there is one (text),
    `delivery` (from 0) and `rows`.
    """

    table: pa.Table = field(repr=False)

    @property
    def has_persons(self) -> bool:
        return _PERSON in self.table.column_names

    @property
    def deliveries(self) -> int:
        return 1 + max(self.table[_DELIVERY].to_pylist(), default=-1)

    def and_then(self, later: Given) -> Given:
        """Both; `later` counts as the next delivery."""
        number = pa.array(np.full(later.table.num_rows, self.deliveries, np.int64))
        place = later.table.schema.get_field_index(_DELIVERY)
        return Given(pa.concat_tables([self.table, later.table.set_column(place, _DELIVERY, number)]))


def given_of(published: pa.Table, recipe: Recipe, person: str | None = None) -> Given:
    """What a published table gives out; `person` names its column of pseudonyms."""
    columns = {_LABEL + name: published[name] for name in recipe.names}
    columns |= {_SENSITIVE + name: column_of(published, name) for name in recipe.sensitive}
    if person is not None:
        columns[_PERSON] = column_of(published, person)
    read = {name: distinct_texts(column, name) for name, column in columns.items()}
    texts = {name: pa.array(known, pa.string()) for name, (known, _) in read.items()}
    codes = [rows for _, rows in read.values()]
    first, number = group(codes, [len(known) for known, _ in read.values()])
    made = {name: texts[name].take(pa.array(code[first])) for name, code in zip(read, codes, strict=True)}
    return _given(made, np.bincount(number, minlength=len(first)))


def given_from(table: pa.Table, recipe: Recipe) -> Given:
    """What was stored as `Given.table`. Raises `Invalid` where it does not belong to the recipe."""
    texts = [*(_LABEL + n for n in recipe.names), *(_SENSITIVE + n for n in recipe.sensitive)]
    if _PERSON in table.column_names:
        texts.append(_PERSON)
    wanted = pa.schema([*((n, pa.string()) for n in texts), (_DELIVERY, pa.int64()), (_ROWS, pa.int64())])
    if not table.schema.equals(wanted):
        raise Invalid(
            "invalid.recipe.given",
            say("What is remembered of the earlier deliveries does not belong to this recipe."),
            say("Take the recipe that came out of the last Run, unchanged."),
        )
    return Given(table)


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """What goes out of a delivery. `left_out` says how many rows stay back and why; the sum may not exceed the
    recipe's limit. `given` remembers all deliveries, this one included."""

    rows: int
    rows_out: int
    unknown_rows: int
    uncovered_rows: int
    left_out: LeftOut
    classes: int
    smallest_class: int
    smallest_class_together: int | None
    """Of the classes that have rows in this delivery; None where persons are not remembered."""
    given: Given = field(repr=False)
    kept: Mask = field(repr=False)
    _read: Read = field(repr=False)
    _hierarchies: tuple[Hierarchy, ...] = field(repr=False)
    _exact: tuple[bool, ...] = field(repr=False)
    _levels: Codes = field(repr=False)
    _tuple_of_row: Codes = field(repr=False)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows that go out, with all columns of the input, a batch for each that is read."""
        begun = 0
        for batch in self._read():
            rows = slice(begun, begun + batch.num_rows)
            begun += batch.num_rows
            kept = self.kept[rows]
            levels = self._levels[self._tuple_of_row[rows][kept]]
            made = pa.Table.from_batches([batch]).filter(pa.array(kept))
            for a, hierarchy in enumerate(self._hierarchies):
                column = column_of(made, hierarchy.name)
                labels = labels_at(column, hierarchy, levels[:, a], exact=self._exact[a])
                made = made.set_column(made.schema.get_field_index(hierarchy.name), hierarchy.name, labels)
            yield from made.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], made.schema)]
        if begun != len(self.kept):
            raise RuntimeError("the second reading of the delivery has not as many rows as the first")

    def table(self) -> pa.Table:
        return pa.Table.from_batches(list(self.batches()))


def apply(
    recipe: Recipe,
    delivery: pa.Table | Read,
    build: Build,
    given: Given,
    *,
    persons: Persons | None = None,
    suppression_limit: float | None = None,
    on_progress: Progress = lambda share, stage: None,
) -> Applied:
    """What of `delivery` goes out after `given`, made as `recipe` says.

    `build` makes the hierarchies from the rules that the recipe was found with. Without `persons` every row is
    a person of its own. Where `given` remembers persons, `persons` gives their published pseudonyms, and whoever
    is in several deliveries is known by hers; where it does not (pseudonyms were not published, or differ by
    row), persons are counted in this delivery alone. `suppression_limit` stands instead of the recipe's.
    Raises `Invalid` for values that a hierarchy does not know (unless the recipe suppresses them), where more
    rows would be left out than the recipe allows, and where nothing would be left.
    """
    read: Read = (lambda: delivery.to_batches()) if isinstance(delivery, pa.Table) else delivery
    if given.has_persons and persons is None:
        raise Invalid.field("person", expected=say("the column of persons, as in the first delivery"), got=say("none"))  # fmt: skip
    on_progress(0.0, say("reading"))
    columns = _read_once(read, recipe, persons)
    on_progress(0.4, say("applying the recipe"))
    hierarchies = tuple(build(name, pa.array(columns[name].texts, pa.string())) for name in recipe.names)
    codes = np.column_stack([_encoded(h, columns[h.name], recipe.unknown == "suppress") for h in hierarchies])
    known = (codes >= 0).all(axis=1)
    first, tuple_of_row = group(list((codes + 1).T), [h.size + 1 for h in hierarchies])
    tuples = codes[first]
    levels, covered = recipe.levels_of(hierarchies, np.maximum(tuples, 0))
    out = known & covered[tuple_of_row]
    labels = [_labels(h, tuples[:, a], levels[:, a]) for a, h in enumerate(hierarchies)]
    on_progress(0.6, say("checking all deliveries together"))
    question = _Question(recipe, given, columns, labels, tuple_of_row, np.flatnonzero(out))
    verdict = kept_of(question.now, question.before, recipe.models, question.values)
    kept = np.zeros(len(out), np.bool_)
    kept[np.flatnonzero(out)[verdict.kept[question.unit_of_row]]] = True
    _check(recipe.suppression_limit if suppression_limit is None else suppression_limit, kept)
    after = question.remembered(verdict.kept)
    here, together = question.persons_per_class(verdict.kept)
    return Applied(
        rows=len(out),
        rows_out=int(kept.sum()),
        unknown_rows=int((~known).sum()),
        uncovered_rows=int((known & ~out).sum()),
        left_out=verdict.left_out,
        classes=int((here > 0).sum()),
        smallest_class=int(here[here > 0].min()),
        smallest_class_together=None if together is None else int(together[here > 0].min()),
        given=given.and_then(after),
        kept=kept,
        _read=read,
        _hierarchies=hierarchies,
        _exact=tuple(recipe.stays_exact(a) for a in range(len(hierarchies))),
        _levels=levels,
        _tuple_of_row=tuple_of_row,
    )


@dataclass(slots=True, eq=False)
class _Column:
    """A column in codes into its texts, in the order of their first row."""

    known: dict[str | None, int]
    pieces: list[npt.NDArray[np.int32]]

    @property
    def texts(self) -> list[str | None]:
        return list(self.known)

    @property
    def codes(self) -> Codes:
        return np.concatenate([np.empty(0, np.int32), *self.pieces]).astype(np.int64)

    def add(self, piece: pa.Array, name: str) -> None:
        texts, rows = distinct_texts(piece, name)
        used = np.unique(rows)
        code = np.zeros(len(texts), np.int32)
        code[used] = [self.known.setdefault(texts[i], len(self.known)) for i in used.tolist()]
        self.pieces.append(code[rows])  # four bytes a row


def _read_once(read: Read, recipe: Recipe, persons: Persons | None) -> dict[str, _Column]:
    names = [*recipe.names, *recipe.sensitive]
    columns = {name: _Column({}, []) for name in names}
    person = _Column({}, [])
    for batch in read():
        table = pa.Table.from_batches([batch])
        for name in names:
            columns[name].add(column_of(table, name), name)
        if persons is not None:
            person.add(persons(batch), _PERSON)
    if not columns[names[0]].known:
        raise Invalid.field("table", expected="at least one row", got="no rows")
    if None in person.known:
        count = int((person.codes == person.known[None]).sum())
        raise Invalid(
            "invalid.person",
            say("{count} rows have no person.", count=count),
            say("Remove these rows, or count every row as a person of its own."),
        )
    return columns | ({} if persons is None else {"": person})


def _encoded(hierarchy: Hierarchy, column: _Column, suppress: bool) -> Codes:
    """Per row the hierarchy's code of its value; -1 for an unknown one, if those are to be left out."""
    number = {text: code for code, text in enumerate(hierarchy.labels[0])}
    of_text = np.array([number.get(text, -1) for text in column.texts], np.int64)
    if not suppress:
        hierarchy.encode_texts(column.texts, column.codes)
    return of_text[column.codes]


def _labels(hierarchy: Hierarchy, codes: Codes, levels: Codes) -> list[Label]:
    places = zip(levels.tolist(), np.maximum(codes, 0).tolist(), strict=True)
    return [hierarchy.labels[level][code] for level, code in places]


class _Question:
    """The new delivery and the earlier ones as `deliveries.Units`, numbered alike."""

    def __init__(
        self,
        recipe: Recipe,
        given: Given,
        columns: dict[str, _Column],
        labels: Sequence[Sequence[Label]],
        tuple_of_row: Codes,
        rows: Codes,
    ) -> None:
        before = given.table
        joined = [
            _numbered(before[_LABEL + name].to_pylist(), list(of_tuple))
            for name, of_tuple in zip(recipe.names, labels, strict=True)
        ]
        both = [np.concatenate([then, now]) for _, then, now in joined]
        _, number = group(both, [len(texts) for texts, _, _ in joined])
        class_then, class_of_tuple = number[: before.num_rows], number[before.num_rows :]
        self._recipe, self._labels = recipe, labels
        self.values: dict[str, tuple[str | None, ...]] = {}
        sensitive_then, of_row = {}, {}
        for name in recipe.sensitive:
            texts = before[_SENSITIVE + name].to_pylist()
            self.values[name] = in_order({*texts, *columns[name].texts})
            place = {text: i for i, text in enumerate(self.values[name])}
            sensitive_then[name] = np.array([place[text] for text in texts], np.int64)
            codes = np.array([place[text] for text in columns[name].texts], np.int64)
            of_row[name] = codes[columns[name].codes[rows]]
        person_then = person_of_row = None
        self._people: list[str] = []
        if "" in columns:
            texts = before[_PERSON].to_pylist() if given.has_persons else []
            # By the order of pseudonyms, which follows from nothing but the key and the person.
            self._people = sorted({str(text) for text in (*texts, *columns[""].texts)})
            place = {text: i for i, text in enumerate(self._people)}
            if given.has_persons:
                person_then = np.array([place[text] for text in texts], np.int64)
            person_of_row = np.array([place[t] for t in columns[""].texts], np.int64)[columns[""].codes[rows]]
        keys = [class_of_tuple[tuple_of_row[rows]], *of_row.values()]
        widths = [len(number) + 1, *(len(known) for known in self.values.values())]
        if person_of_row is not None:
            keys, widths = [*keys, person_of_row], [*widths, len(self._people)]
        first, self.unit_of_row = group(keys, widths)
        self._tuple_of_unit = tuple_of_row[rows][first]
        self.now = Units(
            keys[0][first],
            None if person_of_row is None else person_of_row[first],
            {name: codes[first] for name, codes in of_row.items()},
            np.bincount(self.unit_of_row, minlength=len(first)),
            np.full(len(first), given.deliveries),
        )
        self.before = Units(
            class_then, person_then, sensitive_then, _whole(before[_ROWS]), _whole(before[_DELIVERY])
        )

    def remembered(self, kept: Mask) -> Given:
        """What of the new delivery goes out."""
        tuples = self._tuple_of_unit[kept].tolist()
        made = {
            _LABEL + name: pa.array([of_tuple[t] for t in tuples], pa.string())
            for name, of_tuple in zip(self._recipe.names, self._labels, strict=True)
        }
        for name, known in self.values.items():
            made[_SENSITIVE + name] = pa.array(known, pa.string()).take(
                pa.array(self.now.sensitive[name][kept])
            )
        if self.now.person is not None and self.before.person is not None:
            made[_PERSON] = pa.array(self._people, pa.string()).take(pa.array(self.now.person[kept]))
        return _given(made, self.now.rows[kept])

    def persons_per_class(self, kept: Mask) -> tuple[Codes, Codes | None]:
        """(in this delivery, in all together)."""
        now, before = self.now, self.before
        count = 1 + max(int(now.of_class.max(initial=-1)), int(before.of_class.max(initial=-1)))
        if now.person is None:
            here = np.bincount(now.of_class[kept], now.rows[kept], count).astype(np.int64)
            return here, here + np.bincount(before.of_class, before.rows, count).astype(np.int64)
        here = self._distinct(now.of_class[kept], now.person[kept], count)
        if before.person is None:
            return here, None
        of_class = np.concatenate([before.of_class, now.of_class[kept]])
        return here, self._distinct(of_class, np.concatenate([before.person, now.person[kept]]), count)

    def _distinct(self, of_class: Codes, person: Codes, count: int) -> Codes:
        first, _ = group([of_class, person], [count, len(self._people)])
        return np.bincount(of_class[first], minlength=count)


def _numbered(then: list[Label], now: list[Label]) -> tuple[list[Label], Codes, Codes]:
    known: dict[Label, int] = {}
    codes = [np.array([known.setdefault(t, len(known)) for t in texts], np.int64) for texts in (then, now)]
    return list(known), codes[0], codes[1]


def _given(columns: dict[str, pa.Array], rows: Codes) -> Given:
    delivery = pa.array(np.zeros(len(rows), np.int64))
    return Given(pa.table({**columns, _DELIVERY: delivery, _ROWS: pa.array(rows.astype(np.int64))}))


def _whole(column: pa.ChunkedArray) -> Codes:
    codes: Codes = column.to_numpy().astype(np.int64)
    return codes


def _check(limit: float, kept: Mask) -> None:
    rows, left = len(kept), int((~kept).sum())
    if left == rows or left > int(Fraction(str(limit)) * rows):
        raise Invalid(
            "invalid.recipe.suppression",
            say(
                "By the recipe {left} of {rows} rows ({share}%) of this delivery would be left out; the limit is {limit}%.",
                left=left,
                rows=rows,
                share=f"{100 * left / rows:.2f}",
                limit=f"{100 * limit:g}",
            ),
            say(
                "Search anew for this delivery under another project, wait for more rows, or raise the limit."
            ),
        )


def left_out_papers(applied: Applied) -> dict[str, int]:
    """Why rows stayed back, for papers."""
    return {"unknown": applied.unknown_rows, "uncovered": applied.uncovered_rows, **asdict(applied.left_out)}
