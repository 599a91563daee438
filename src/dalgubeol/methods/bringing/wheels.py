"""A Python package as it is handed out: a wheel (PEP 427, packaging.python.org "Binary distribution format").

A wheel is taken as it is, laid out on the path of the script (`laid_out`), and is installed by nobody: so it must be pure Python, all of it
named in its RECORD with hashes that hold, and without scripts, `.pth` files or compiled code. What it is called counts:
a name that the zone has already, that is known to have been used for an attack, or that is one letter away from a name
that the zone has (typosquatting), is held.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterator, Mapping
from email.message import Message as Headers
from email.parser import BytesHeaderParser

from ...language import Message, say
from ..disclosure.finding import Finding
from . import texts, words
from .archives import members
from .what import What, what_it_is

_FILE = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[A-Za-z0-9_.!+]+)(-\d[^-]*)?-(?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platform>[^-]+)\.whl")  # fmt: skip
_COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc", ".pyo", ".a", ".o", ".exe", ".jar", ".class", ".wasm")
_RUN_BY_THEMSELVES = ("sitecustomize.py", "usercustomize.py")
KNOWN_BAD = frozenset({"acqusition", "apidev-coop", "bzip", "crypt", "django-server", "pwd", "setup-tools", "telnet", "urlib3", "urllib", "python3-dateutil", "jeilyfish", "colourama"})  # fmt: skip
"""Names under which attacks were handed out on the public index (SK-CSIRT advisory skcsirt-sa-20170909-pypi; the
reports of `colourama`, 2018, and of `jeilyfish` and `python3-dateutil`, 2019). Far from all: near names and people do
the rest."""
_FREE = re.compile(r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|zlib|Unlicense|CC0)\b", re.IGNORECASE)  # fmt: skip
_SHORTEST_ALIKE = 4
_MOST_TOLD = 5


def file_name(name: str) -> tuple[Finding, ...]:
    """What the name itself says: only wheels for every platform and without an ABI come in."""
    match = _FILE.fullmatch(name)
    if match is None:
        return (_wheel(say("The file is not called as a wheel is: NAME-VERSION-py3-none-any.whl.")),)
    pythons = match["python"].split(".")
    if match["abi"] != "none" or match["platform"] != "any" or not any(p.startswith("py3") for p in pythons):
        return (Finding("native_code", None, None, say("This package is made for one platform or not for Python 3: only pure Python (py3-none-any) comes in.")),)  # fmt: skip
    return ()


def inside(
    name: str, content: bytes, taken: Collection[str], refused: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Everything about one wheel; `taken` are the names of modules that the zone has, `refused` those of packages that
    its operator does not let in."""
    wrong = file_name(name)
    files, damaged = members(content)
    if damaged or (match := _FILE.fullmatch(name)) is None:
        return (*wrong, *damaged)
    infos = sorted(
        {each.partition("/")[0] for each in files if each.partition("/")[0].endswith(".dist-info")}
    )
    if len(infos) != 1 or any(f"{infos[0]}/{each}" not in files for each in ("WHEEL", "METADATA", "RECORD")):
        return (
            *wrong,
            _wheel(say("Its own papers (WHEEL, METADATA, RECORD) are missing, or there are several.")),
        )
    info = infos[0]
    papers = BytesHeaderParser().parsebytes(files[f"{info}/METADATA"])
    return (
        *wrong,
        *_record(files, info),
        *_papers(match, info, papers, files[f"{info}/WHEEL"]),
        *_refused(str(papers["Name"] or match["name"]), refused),
        *_names(str(papers["Name"] or match["name"]), files, info, taken),
        *_members(files),
        *_licence(papers),
        *_requires(papers, taken),
        *_code(files),
    )


def _record(files: Mapping[str, bytes], info: str) -> Iterator[Finding]:
    """RECORD names every file with its hash, and every hash holds (PEP 376, PEP 627)."""
    try:
        lines = list(csv.reader(io.StringIO(files[f"{info}/RECORD"].decode("utf-8"))))
    except (UnicodeDecodeError, csv.Error):
        yield _wheel(say("Its RECORD cannot be read."))
        return
    said = {line[0]: line[1] for line in lines if len(line) >= 2}
    unhashed = {f"{info}/RECORD", f"{info}/RECORD.jws", f"{info}/RECORD.p7s"}
    numbers = {each: number for number, each in enumerate(sorted(files), 1)}
    wrong = [
        numbers[each] for each in files if each not in unhashed and said.get(each) != _hashed(files[each])
    ]
    if wrong:
        yield Finding("hash", None, None, say("Members that RECORD does not name, or whose hash is not the one it names: {members}.", members=texts.told(wrong)))  # fmt: skip
    if said.keys() - files.keys():
        yield _wheel(say("RECORD names files that are not there."))


def _hashed(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _papers(match: re.Match[str], info: str, papers: Headers, wheel: bytes) -> Iterator[Finding]:
    headers = BytesHeaderParser().parsebytes(wheel)
    named, version = str(papers["Name"] or ""), str(papers["Version"] or "")
    if (_plain(named), version) != (_plain(match["name"]), match["version"]) or _plain(info[: -len(".dist-info")].rpartition("-")[0]) != _plain(named):  # fmt: skip
        yield _wheel(say("Its papers name another package or version than the file does."))
    if str(headers["Root-Is-Purelib"] or "").lower() != "true":
        yield Finding("native_code", None, None, say("Its own papers say that it is not pure Python."))


def _names(name: str, files: Mapping[str, bytes], info: str, taken: Collection[str]) -> Iterator[Finding]:
    if _plain(name) in KNOWN_BAD:
        yield Finding("known_bad", None, None, say("Under this name an attack was handed out before."))
    yield from alike(_plain(name), taken)
    roots = {each.partition("/")[0].removesuffix(".py") for each in files if not each.startswith(info)}
    if shadowed := roots & set(taken):
        yield Finding("shadows", None, None, say("It brings {count} modules whose names the zone has already.", count=len(shadowed)))  # fmt: skip


def _refused(name: str, refused: Collection[str]) -> Iterator[Finding]:
    if _plain(name) in map(_plain, refused):
        yield Finding(
            "refused", None, None, say("The operator of this site lets no package of this name in.")
        )


def alike(name: str, taken: Collection[str]) -> Iterator[Finding]:
    """A name one letter away from one that is installed."""
    near = any(
        len(each) >= _SHORTEST_ALIKE and _one_apart(name, each.lower().replace("_", "-")) for each in taken
    )
    if near and name.replace("-", "_") not in taken:
        yield Finding("known_bad", None, None, say("Its name is one letter away from one that the zone has: it may pose as it."))  # fmt: skip


def stays_packed(name: str, content: bytes) -> bool:
    """Whether a member is left out where a wheel is laid out as files: what would hold it is not there for a script."""
    lower = name.lower()
    by_itself = lower.endswith(".pth") or lower.rpartition("/")[2] in _RUN_BY_THEMSELVES
    return by_itself or lower.endswith(_COMPILED) or ".data/" in name or what_it_is(content) is What.NATIVE


def _members(files: Mapping[str, bytes]) -> Iterator[Finding]:
    numbers = {each: number for number, each in enumerate(sorted(files), 1)}
    kinds = {each: what_it_is(content) for each, content in files.items()}

    def places(wanted: What | None, endings: tuple[str, ...] = ()) -> list[int]:
        return sorted(
            numbers[e] for e in files if kinds[e] is wanted or (endings and e.lower().endswith(endings))
        )

    native = places(What.NATIVE, _COMPILED)
    if native:
        yield Finding("native_code", None, None, say("Compiled code in members: {members}.", members=texts.told(native)))  # fmt: skip
    if pickled := places(What.PICKLE, (".pkl", ".pickle", ".joblib", ".npy", ".npz", ".pt", ".pth.tar")):
        yield Finding("pickle", None, None, say("Stored objects that can run code when they are opened, in members: {members}.", members=texts.told(pickled)))  # fmt: skip
    if packed := sorted({*places(What.ZIP), *places(What.PACKED)}):
        yield Finding("archive", None, None, say("Archives within the archive, in members: {members}.", members=texts.told(packed)))  # fmt: skip
    by_themselves = sorted(numbers[e] for e in files if e.lower().endswith(".pth") or e.rpartition("/")[2].lower() in _RUN_BY_THEMSELVES)  # fmt: skip
    if by_themselves:
        yield Finding("runs_unasked", None, None, say("Members that run without being asked for: {members}.", members=texts.told(by_themselves)))  # fmt: skip
    if any(".data/" in each for each in files):
        yield _wheel(say("It holds files that an installer would put elsewhere (scripts, data): nobody installs it here."))  # fmt: skip
    if other := places(What.OTHER):
        yield Finding("unread", None, None, say("Members that are neither text nor code, and that nobody can read: {members}.", members=texts.told(other)))  # fmt: skip


def _licence(papers: Headers) -> Iterator[Finding]:
    said = [str(papers[each]) for each in ("License-Expression", "License") if papers[each]]
    said += [str(each).rpartition("::")[2] for each in papers.get_all("Classifier", []) if "License ::" in str(each)]  # fmt: skip
    if not said:
        yield Finding("licence", None, None, say("It names no licence: whether it may be used is not said."))
    elif not any(_FREE.search(each) for each in said):
        yield Finding("licence", None, None, say("Its licence is not one of the usual free ones (MIT, BSD, Apache and the like): read it."))  # fmt: skip


def _requires(papers: Headers, taken: Collection[str]) -> Iterator[Finding]:
    needed = [re.split(r"[\s;<>=!~\[(]", str(each).strip())[0] for each in papers.get_all("Requires-Dist", []) if "extra ==" not in str(each)]  # fmt: skip
    lacking = sorted({_plain(each) for each in needed if _plain(each).replace("-", "_") not in {t.lower() for t in taken}})  # fmt: skip
    if lacking:
        yield Finding("requires", None, None, say("It asks for {count} other packages that the zone does not have under that name.", count=len(lacking)))  # fmt: skip


def _code(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """What its modules could do: one line each, with the members by number."""
    numbers = {each: number for number, each in enumerate(sorted(files), 1)}
    found: dict[tuple[str, str], tuple[Message, list[int]]] = {}
    lines = 0
    for name, content in sorted(files.items()):
        if not name.endswith(".py"):
            continue
        text = texts.decoded(content)
        seen = (texts.not_utf8(),) if text is None else (*texts.misleading(text), *texts.unreadable_runs(text), *words.in_python(text))  # fmt: skip
        lines += 0 if text is None else text.count("\n") + 1
        for each in seen:
            found.setdefault((each.rule, each.message.template), (each.message, []))[1].append(numbers[name])
    for (rule, _), (message, where) in found.items():
        yield Finding(rule, None, None, say("Members {members}: {found}", members=texts.told(where), found=message))  # fmt: skip
    yield Finding("size", None, None, say("A package of {count} members and {lines} lines of Python.", count=len(files), lines=f"{lines:,}"))  # fmt: skip


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter put in, left out, changed, or two swapped, make one of the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        places = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        swapped = len(places) == 2 and places[1] == places[0] + 1 and one[places[0]] == other[places[1]] and one[places[1]] == other[places[0]]  # fmt: skip
        return len(places) == 1 or swapped
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return any(longer[:n] + longer[n + 1 :] == shorter for n in range(len(longer)))


def _plain(name: str) -> str:
    """PEP 503: how names of packages are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _wheel(message: Message) -> Finding:
    return Finding("wheel", None, None, message)
