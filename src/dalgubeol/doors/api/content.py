"""Content on its way out, a chunk at a time: whole, a range of it, or one file of an archive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import BinaryIO
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

CHUNK = 256 << 10


async def pieces(stream: BinaryIO, length: int | None = None) -> AsyncIterator[bytes]:
    """The next `length` bytes of `stream`, or all; closes it, whatever happens."""
    left = length
    try:
        while left is None or left > 0:
            piece = await run_in_threadpool(stream.read, CHUNK if left is None else min(CHUNK, left))
            if not piece:
                break
            if left is not None:
                left -= len(piece)
            yield piece
    finally:
        stream.close()


def streamed(
    stream: BinaryIO, name: str, length: int | None, status: int, headers: Mapping[str, str]
) -> StreamingResponse:
    """`name` is what it is to be saved as. It is never shown by a browser: what people brought is not ours."""
    told = {**kept_apart(name), **headers}
    if length is not None:
        told["Content-Length"] = str(length)
    return StreamingResponse(pieces(stream, length), status, told)


def kept_apart(name: str) -> dict[str, str]:
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
    }
