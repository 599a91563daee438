"""Datasets over HTTP: papers, content, bringing in, destroying."""

from __future__ import annotations

import base64
import zipfile
from dataclasses import dataclass, replace
from typing import IO, Annotated, BinaryIO, cast

from fastapi import Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...errors import Conflict, Missing
from ...language import restored, say
from ...nouns.dataset import Dataset, DatasetState, Form, Sensitivity
from ...nouns.permit import Scope
from ...verbs.datasets import register, uploads
from ...world.store.datasets import Wanted
from ...world.store.paging import Page
from . import bodies, ranges
from .caller import Call, call_of
from .content import kept_apart, streamed
from .lists import Cursor, Limit
from .operation import PROBLEMS, Answer, always, extra, few, operation, problems_of, router
from .problems import Unfit, problem

routes = router("/datasets")
Name = Annotated[str, Path(max_length=200, description="Name or id of the Dataset")]


@dataclass(frozen=True, slots=True)
class File:
    """One file of an archive."""

    name: str
    size_bytes: int


@operation(routes, "GET", "", Page[Dataset], scope=Scope.READ, quick=few)
def list_datasets(
    call: Call,
    form: Form | None = None,
    sensitivity: Sensitivity | None = None,
    state: DatasetState | None = None,
    owner: Annotated[str | None, Query(max_length=200, description="Id of a person, or `me`")] = None,
    text: Annotated[str | None, Query(max_length=100, description="A part of the name")] = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Page[Dataset]:
    """The papers of all Datasets, the newest first."""
    owner = call.actor.id if owner == "me" else owner
    wanted = Wanted(form, None if sensitivity is None else (sensitivity,), state, owner, text)
    found = register.page(call.house, call.actor, wanted, cursor, limit)
    return found.map(lambda dataset: shown(dataset, call.language))


@operation(routes, "POST", "", Dataset, scope=Scope.BRING, status=201, errors=(404,))
def register_dataset(call: Call, body: bodies.DatasetBrought) -> Answer:
    """Register an upload that is whole. Tables and series are read through before anything is kept."""
    made = uploads.register(
        call.house, call.who, body.upload, name=body.name, form=body.form, sensitivity=body.sensitivity,
        trade_secret=body.trade_secret, about=body.about,
    )  # fmt: skip
    return Answer(shown(made, call.language), 201, {"Location": f"/api/v1/datasets/{made.id}"})


@operation(routes, "GET", "/{dataset}", Dataset, scope=Scope.READ, errors=(404,), quick=always)
def show_dataset(call: Call, dataset: Name) -> Dataset:
    """The papers of a Dataset."""
    return shown(register.show(call.house, call.actor, dataset), call.language)


@operation(routes, "DELETE", "/{dataset}", Dataset, scope=Scope.BRING, errors=(404,))
def destroy_dataset(call: Call, dataset: Name) -> Dataset:
    """Destroy a Dataset for good: its key, then its bytes. Nobody can bring it back."""
    return shown(register.destroy(call.house, call.who, dataset), call.language)


@operation(routes, "GET", "/{dataset}/files", list[File], scope=Scope.BRING, errors=(404, 409))
def list_dataset_files(call: Call, dataset: Name) -> list[File]:
    """What is in an archive, where its content may be handed to you."""
    with _archive(call, register.leaving(call.house, call.who, dataset)) as archive:
        return [File(entry.filename, entry.file_size) for entry in archive.infolist()]


async def read_dataset_content(request: Request, dataset: Name) -> Response:
    """The content of a Dataset, where it may be handed to you; a range of it, if one is asked for. That it was
    handed out is recorded."""
    return await run_in_threadpool(_content, request, dataset)


async def read_dataset_file(
    request: Request, dataset: Name, name: Annotated[str, Path(max_length=1000)]
) -> Response:
    """One file of an archive, where its content may be handed to you. That it was handed out is recorded."""
    return await run_in_threadpool(_file, request, dataset, name)


def _content(request: Request, name: str) -> Response:
    call = call_of(request, Scope.BRING)
    dataset = register.leaving(call.house, call.who, name)
    etag, size = f'"{dataset.object_id}"', dataset.size_bytes
    told = {
        "ETag": etag, "Accept-Ranges": "bytes",
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(dataset.object_id)).decode()}:",
    }  # fmt: skip
    if etag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(None, 304, told)
    try:
        span = ranges.wanted(request.headers.get("range"), size, request.headers.get("if-range"), etag)
    except ranges.Unsatisfiable:
        unfit = problem(Unfit([("Range", say("it lies outside the {size} bytes of the content", size=size))], 416), request)  # fmt: skip
        unfit.headers.update({"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
        return unfit
    if span is not None:
        told["Content-Range"] = span.content_range(size)
    length, status = (size, 200) if span is None else (len(span), 206)
    if request.method == "HEAD":
        name = register.file_name(dataset)
        return Response(None, status, {**kept_apart(name), **told, "Content-Length": str(length)})
    stream = register.opened(call.house, dataset)
    try:
        register.handed(call.house, call.who, dataset)
        stream.seek(span.start if span is not None else 0)
    except BaseException:
        stream.close()
        raise
    return streamed(stream, register.file_name(dataset), length, status, told)


def _file(request: Request, dataset_name: str, name: str) -> Response:
    call = call_of(request, Scope.BRING)
    dataset = register.leaving(call.house, call.who, dataset_name)
    archive = _archive(call, dataset)
    try:
        stream = archive.open(name)
    except KeyError:
        archive.close()
        raise Missing("file.missing", say("There is no file {path}.", path=name), say("Check the path.")) from None  # fmt: skip
    register.handed(call.house, call.who, dataset, part=str(archive.namelist().index(name)))
    return streamed(cast(BinaryIO, _Held(stream, archive)), name.rpartition("/")[2] or "file", None, 200, {})


class _Held:
    """A file of an archive that closes the archive too."""

    def __init__(self, stream: IO[bytes], archive: zipfile.ZipFile) -> None:
        self._stream, self._archive = stream, archive

    def read(self, size: int) -> bytes:
        return self._stream.read(size)

    def close(self) -> None:
        self._stream.close()
        self._archive.close()


def _archive(call: Call, dataset: Dataset) -> zipfile.ZipFile:
    """Raises Conflict for what holds no files."""
    stream = register.opened(call.house, dataset)
    if dataset.form is Form.ARCHIVE and zipfile.is_zipfile(stream):
        stream.seek(0)
        return _Owning(stream)
    stream.close()
    raise Conflict("dataset.files", say("{name} is one file, not an archive of files.", name=dataset.name), say("Ask for its content."))  # fmt: skip


class _Owning(zipfile.ZipFile):
    """An archive that closes the stream that it reads."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._source = stream

    def close(self) -> None:
        super().close()
        self._source.close()


def shown(dataset: Dataset, language: str) -> Dataset:
    """With what its Run has said of it in the reader's language."""
    said = dataset.about.get("said")
    if not isinstance(said, list):
        return dataset
    return replace(dataset, about={**dataset.about, "said": [restored(line).text(language) for line in said]})


_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_RANGE = {
    "name": "Range", "in": "header", "required": False, "description": "One range of bytes (RFC 9110, 14)",
    "schema": {"type": "string"}, "example": "bytes=0-1023",
}  # fmt: skip
_ERRORS = problems_of(401, 403, 404, 409, 422, 429, 500, 503)
for _method in ("GET", "HEAD"):
    routes.add_api_route(
        "/{dataset}/content", read_dataset_content, methods=[_method], response_class=Response,
        operation_id="read_dataset_content", include_in_schema=_method == "GET",
        summary="The content of a Dataset", openapi_extra={**extra(Scope.BRING, False), "parameters": [_RANGE]},
        responses={
            200: {"description": "All of it", "content": _BYTES},
            206: {"description": "The range", "content": _BYTES}, 304: {"description": "You have it already"},
            416: {**PROBLEMS[422], "description": "No byte of it is in the range"}, **_ERRORS,
        },
    )  # fmt: skip
routes.add_api_route(
    "/{dataset}/files/{name:path}", read_dataset_file, methods=["GET"], response_class=Response,
    operation_id="read_dataset_file", summary="One file of an archive", openapi_extra=extra(Scope.BRING, False),
    responses={200: {"description": "The file", "content": _BYTES}, **_ERRORS},
)  # fmt: skip
