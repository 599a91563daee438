"""Tables that a kind has to hold whole, and how large they may be.

What looks at all rows at once holds the table, and several times its size besides: codes of every column, the persons
of every class, copies with other values. A Run that takes more memory than there is would be killed without a word,
and might take others with it; so it is refused before anything is read, with what to do instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Invalid
from ..language import Message, say
from .contract import Work

if TYPE_CHECKING:
    import pyarrow as pa

TIMES_ITS_SIZE = 12
"""Memory that is needed beside a table, in sizes of the table (measured: 8 to 11 on a million rows of nine columns)."""
CODED_ROW_BYTES, CODED_CELL_BYTES = 200, 10
"""Memory that a table of codes takes with what is measured on it (measured on claims of nine columns: 290 a row)."""
TUPLE_BYTES, COUNTED_BYTES = 250, 100
"""Memory that a search takes for a row of the table or of its population, where tuples are kept and each row may be one,
and where rows are counted (measured on claims of six quasi-identifiers: 3 million rows beside a population of as many
took 1,721 MB and 675 MB in all)."""
_SMALLER_POPULATION = say("Run it on a machine with more memory; or give the population with a row for each combination of values and a column that says for how many persons it stands (population_count); or take k_map and presence out of the policy.")  # fmt: skip
_BASE_BYTES = 300_000_000
_CONTROL_GROUP = Path("/sys/fs/cgroup")


def whole_table(work: Work, slot: str) -> pa.Table:
    """The table of `slot`. Raises `Invalid` where it needs more memory than there is."""
    check_size(work, slot)
    return work.table(slot)


def check_size(work: Work, *slots: str) -> None:
    """Looks at the first rows of each table, and at how many there are. Raises `Invalid` where all of them together
    would need more memory than there is."""
    rows = sum(work.dataset(slot).rows or 0 for slot in slots)
    _refuse_beyond(_BASE_BYTES + TIMES_ITS_SIZE * sum(_size(work, slot) for slot in slots), rows)


def check_coded_size(work: Work, *slots: str) -> None:
    """The same for tables that are kept as codes of their values and measured (`assess`)."""
    rows = sum(work.dataset(slot).rows or 0 for slot in slots)
    cells = sum((work.dataset(slot).rows or 0) * len(work.dataset(slot).columns) for slot in slots)
    _refuse_beyond(_BASE_BYTES + CODED_ROW_BYTES * rows + CODED_CELL_BYTES * cells, rows)


def check_searched_size(work: Work, *slots: str, tuples: bool) -> None:
    """The same for what a search keeps of tables: their distinct `tuples` with persons, or codes. Nothing is read."""
    rows = sum(work.dataset(slot).rows or 0 for slot in slots)
    needed = _BASE_BYTES + (TUPLE_BYTES if tuples else COUNTED_BYTES) * rows
    _refuse_beyond(needed, rows, _SMALLER_POPULATION if "population" in slots else None)


def _refuse_beyond(needed: int, rows: int, next_step: Message | None = None) -> None:
    there = free_bytes()
    if there is None or needed <= there:
        return
    raise Invalid(
        "invalid.table.too-large",
        say(
            "What is asked for looks at all rows at once: {rows} rows need about {needed} GB of memory, and {there} GB are free.",
            rows=rows,
            needed=f"{needed / 1e9:.1f}",
            there=f"{there / 1e9:.1f}",
        ),
        next_step or say("Run it on a machine with more memory, or on a random part of the rows; or leave out what needs them all, such as local recoding."),
    )  # fmt: skip


def _size(work: Work, slot: str) -> int:
    """About as many bytes as the table takes when it is read."""
    first = next(iter(work.batches(slot)), None)
    rows = work.dataset(slot).rows
    if first is None or not first.num_rows or rows is None:
        return 0
    return int(first.nbytes) * rows // int(first.num_rows)


def free_bytes() -> int | None:
    """Memory that this process may still take: of the machine, or of its control group; None where neither says so."""
    found = [each for each in (_of_machine(), _of_group()) if each is not None]
    return min(found, default=None)


def _of_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def _of_group() -> int | None:
    try:
        most = (_CONTROL_GROUP / "memory.max").read_text().strip()
        if most == "max":
            return None
        stat = dict(line.split() for line in (_CONTROL_GROUP / "memory.stat").read_text().splitlines())
        cached = int(stat.get("inactive_file", 0)) + int(
            stat.get("active_file", 0)
        )  # given back when it is needed
        used = int((_CONTROL_GROUP / "memory.current").read_text()) - cached
        return max(0, int(most) - used)
    except (OSError, ValueError):
        return None
