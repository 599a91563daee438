"""What people bring before it is read, and after: bytes with a name, and a schema with a stream of batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

import pyarrow as pa

from ...errors import Missing
from ...language import say
from ...nouns.dataset import Column
from .delimited import Opener


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that somebody brought, wherever they lie: a file, or an upload that is sealed."""

    name: str
    """Says by its ending what they are, and names them in errors. No path is made of it."""
    open: Opener
    """Each call opens them anew, seekable."""

    @property
    def ending(self) -> str:
        return PurePath(self.name).suffix.lower()


def file_content(path: Path) -> Content:
    """Raises Missing."""
    if not path.is_file():
        raise Missing(
            "file.missing",
            say("There is no file {path}.", path=path),
            say("Check the path."),
        )
    return Content(path.name, lambda: open(path, "rb"))


@dataclass(frozen=True, slots=True)
class Source:
    """A readable table: `batches()` may be called once."""

    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]

    @property
    def columns(self) -> tuple[Column, ...]:
        return columns_of(self.schema)


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    return tuple(Column(field.name, str(field.type)) for field in schema)
