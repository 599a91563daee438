"""What a program does with a site beyond single calls: files both ways with resume, lists to their end, Runs
followed to theirs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from ..digest import stream_digest
from ..errors import Conflict, DalguError, Tampered
from ..language import say
from .answers import Dataset, Run, Told, Upload
from .line import Line, MadeFile, file_name, unreachable
from .operations import Operations

CHUNK = 1 << 20
_BYTES = "application/offset+octet-stream"
Progress = Callable[[int, int], object]
"""Called with the bytes that have gone, and all."""


@dataclass(frozen=True)
class Event:
    """What a Run has come to."""

    name: str
    """`run`, or `ended` for the last one."""
    id: str
    run: Run


class Client(Operations):
    """A site. Use it as a context, or call `close()`. `tries` is how often a call is made before it counts as
    failed; between them is waited, longer each time."""

    def __init__(
        self, url: str, token: str | None = None, *, language: str = "en", timeout_s: float = 60.0, tries: int = 5
    ) -> None:  # fmt: skip
        self._line = Line(url, token, language, timeout_s, tries)

    def close(self) -> None:
        self._line.http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def every(self, operation: Callable[..., Any], **wished: Any) -> Iterator[Any]:
        """All items of a list, page by page: `every(site.list_runs, state="done")`."""
        while True:
            page = operation(**wished)
            yield from page["items"]
            if page["next"] is None:
                return
            wished["cursor"] = page["next"]

    def bring(
        self, path: str | Path, *, name: str | None = None, form: Any = "table", sensitivity: Any = "internal",
        trade_secret: bool = False, about: Mapping[str, Any] | None = None,
        on_progress: Progress = lambda done, size: None,
    ) -> Dataset:  # fmt: skip
        """Send a file and register it as a Dataset."""
        upload = self.upload(path, on_progress=on_progress)
        return self.register_dataset(
            upload["id"], name or Path(path).stem, form=form, sensitivity=sensitivity, trade_secret=trade_secret,
            about=dict(about or {}),
        )  # fmt: skip

    def upload(
        self, path: str | Path, *, upload: str | None = None, on_progress: Progress = lambda done, size: None
    ) -> Upload:
        """Send a file with its digest. Where the line is cut it goes on at what arrived; with the id of an
        `upload` that was begun before, too."""
        file = Path(path)
        if upload is None:
            with open(file, "rb") as stream:
                digest = stream_digest(stream)
            upload = self.begin_upload(file.name, file.stat().st_size, digest=digest)["id"]

        def go_on() -> Upload:
            stands = self.show_upload(upload)
            if stands["offset"] == stands["size_bytes"]:
                return stands
            pieces = _pieces(file, stands["offset"], stands["size_bytes"], on_progress)
            headers = {"Upload-Offset": str(stands["offset"]), "Content-Type": _BYTES}
            try:
                with self._line.streamed(
                    "PATCH", f"/uploads/{upload}", content=pieces, headers=headers
                ) as answer:
                    answer.read()
                    arrived: Upload = answer.json()
            except Conflict as error:  # the line that was cut is not let go yet, or had brought more
                error.retry_after_s = 0.5  # type: ignore[attr-defined]
                raise
            return arrived

        return self._line.patiently(go_on)

    def download(
        self, dataset: str, to: str | Path, *, on_progress: Progress = lambda done, size: None
    ) -> Path:
        """Write a Dataset's content to a file, or into a folder under its own name; whole or not at all. Where
        the line is cut it goes on at what came, in a later call too. Raises Tampered where the digest is wrong."""
        answer = self._line.patiently(lambda: self._head(dataset))
        size, etag = int(answer.headers["content-length"]), answer.headers["etag"]
        place = Path(to)
        target = place / file_name(answer) if place.is_dir() else place
        aside = target.with_name(f".{target.name}.{etag.strip(chr(34))[:16]}.part")

        def go_on() -> None:
            with open(aside, "ab") as file:
                if file.tell() < size:
                    headers = {"Range": f"bytes={file.tell()}-", "If-Range": etag}
                    with self._line.streamed("GET", f"/datasets/{_quoted(dataset)}/content", headers=headers) as got:  # fmt: skip
                        for piece in got.iter_raw(CHUNK):
                            file.write(piece)
                            on_progress(file.tell(), size)

        self._line.patiently(go_on)
        with open(aside, "rb") as file:
            found = stream_digest(file)
        if f'"{found}"' != etag:
            aside.unlink()
            raise Tampered(
                "content.digest",
                say("What came of {name} is not what the site says it sent.", name=dataset),
                say("It was thrown away. Try again; if it stays so, tell the operator."),
            )
        os.replace(aside, target)
        return target

    def read_file(self, dataset: str, name: str) -> bytes:
        """One file of a Dataset that is an archive."""
        return self._line.patiently(lambda: self._read(f"/datasets/{_quoted(dataset)}/files/{_quoted(name)}"))

    def read_waiting_file(self, run: str, name: str) -> bytes:
        """One file that waits in the airlock, for a reviewer."""
        return self._line.patiently(lambda: self._read(f"/airlock/{_quoted(run)}/files/{_quoted(name)}"))

    def seal_envelope(
        self, dataset: str, to: str, file: str | Path, *, content: str | None = None
    ) -> Path:  # fmt: skip
        """Seal what a Dataset of a linkage holds for the party `to`, into a file that is not there yet."""
        body = {"dataset": dataset, "to": to, **({"content": content} if content else {})}
        target = Path(file)
        aside = target.with_name(f".{target.name}.part")
        with self._line.streamed("POST", "/linkages/envelopes", json=body) as got, open(aside, "wb") as into:
            for piece in got.iter_raw(CHUNK):
                into.write(piece)
        try:
            os.link(aside, target)
        finally:
            aside.unlink()
        return target

    def open_envelopes(self, files: Iterable[str | Path], *, name: str | None = None) -> Dataset:
        """Send envelopes of one content, of all its senders, and have the site keep what is in them."""
        return self.receive_envelopes([self.upload(file)["id"] for file in files], name=name)

    def export_bundle(self, to: str | Path) -> Path:
        """The whole history as one file that anybody can verify."""
        target = Path(to)
        aside = target.with_name(f".{target.name}.part")
        with self._line.streamed("GET", "/ledger/bundle") as got, open(aside, "wb") as file:
            for piece in got.iter_raw(CHUNK):
                file.write(piece)
        os.replace(aside, target)
        return target

    def verify_bundle(self, bundle: str | Path, *, key: str | None = None, since: str | None = None) -> Told:
        """Have a bundle verified by the site; `dalgu ledger verify` needs no site."""
        wished = {name: value for name, value in (("key", key), ("since", since)) if value is not None}
        size = Path(bundle).stat().st_size
        pieces = _pieces(Path(bundle), 0, size, lambda done, size: None)
        with self._line.streamed("POST", "/ledger/verify", params=wished, content=pieces) as answer:
            answer.read()
            told: Told = answer.json()
        return told

    def events(self, run: str, *, last_id: str = "") -> Iterator[Event]:
        """What a Run does, as it does it, until it has ended. A line that is cut is taken up again."""
        tries = self._line.tries
        while True:
            try:
                headers = {"Last-Event-ID": last_id} if last_id else {}
                with self._line.streamed("GET", f"/runs/{_quoted(run)}/events", headers=headers) as got:
                    for event in _parsed(got.iter_lines()):
                        last_id, tries = event.id, self._line.tries
                        yield event
                        if event.name == "ended":
                            return
                return  # it had ended with the event that was seen last
            except httpx.TransportError as error:
                tries -= 1
                if not tries:
                    raise unreachable(error) from None

    def script_log(self, run: str, *, follow: bool = False) -> Iterator[str]:
        """What the script of a Run prints, for operators of the site. Each look is a Record."""
        asked = {"follow": "true"} if follow else {}
        with self._line.streamed("GET", f"/runs/{_quoted(run)}/log", params=asked) as got:
            yield from got.iter_text()

    def wait(self, run: str, on_change: Callable[[Run], object] = lambda run: None) -> Run:
        """Follow a Run to its end. A failed Run is an answer, not an error."""
        for event in self.events(run):
            on_change(event.run)
        return self.show_run(run)

    def _head(self, dataset: str) -> httpx.Response:
        path = f"/datasets/{_quoted(dataset)}/content"
        answer = self._line.http.head(path)
        if answer.is_error:  # a HEAD says not why: a first byte does
            with self._line.streamed("GET", path, headers={"Range": "bytes=0-0"}):
                pass
        return answer

    def _read(self, path: str) -> bytes:
        with self._line.streamed("GET", path) as got:
            return bytes(got.read())


def _pieces(file: Path, start: int, size: int, on_progress: Progress) -> Iterator[bytes]:
    with open(file, "rb") as stream:
        stream.seek(start)
        while piece := stream.read(CHUNK):
            yield piece
            on_progress(stream.tell(), size)


def _parsed(lines: Iterator[str]) -> Iterator[Event]:
    """Server-sent events (HTML standard, 9.2.6), as far as ours go."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "data" in fields:
            yield Event(fields.get("event", "run"), fields.get("id", ""), json.loads(fields["data"]))
            fields = {}


def _quoted(part: str) -> str:
    from urllib.parse import quote

    return quote(part, safe="")


__all__ = ["Client", "DalguError", "Event", "MadeFile"]
