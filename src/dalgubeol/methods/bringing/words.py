"""What a script could do, for who reads it to weigh: nothing here is forbidden, for the sandbox has no network, no other
process's memory and nothing to harm; but code that hides what it does, or does what an analysis has no use for, is to be
looked at with care.

Python is read as its own parser reads it (`ast`), so that names in other signs that mean the same (NFKC) count; R and SQL
are read by words.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...language import Message, say
from ..disclosure.finding import Finding
from .texts import told

_WHAT: Mapping[str, Message] = {
    "text_as_code": say("Text is run as code, in lines: {lines}."),
    "network": say("The network is used (there is none in the zone), in lines: {lines}."),
    "process": say("Other programs are started, in lines: {lines}."),
    "native_call": say("Native code is called from within, in lines: {lines}."),
    "stored_object": say(
        "Stored objects are opened that can run code (pickle and the like), in lines: {lines}."
    ),
    "interpreter": say("The interpreter itself is changed or looked into, in lines: {lines}."),
}
_MODULES: Mapping[str, str] = {
    **dict.fromkeys(("socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "telnetlib", "xmlrpc", "websockets", "paramiko"), "network"),
    **dict.fromkeys(("subprocess", "pty", "multiprocessing", "concurrent"), "process"),
    **dict.fromkeys(("ctypes", "cffi", "mmap", "_ctypes", "llvmlite"), "native_call"),
    **dict.fromkeys(("pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"), "stored_object"),
    **dict.fromkeys(("code", "codeop", "runpy"), "text_as_code"),
    **dict.fromkeys(("gc", "inspect", "importlib", "sys", "builtins", "site", "atexit", "faulthandler"), "interpreter"),
}  # fmt: skip
_QUIET = frozenset({"sys", "inspect", "importlib", "concurrent"})
"""Modules that honest code imports every day: only some of their uses count."""
_CALLS: Mapping[str, str] = {
    **dict.fromkeys(("eval", "exec", "compile", "__import__", "execfile"), "text_as_code"),
    **dict.fromkeys(("os.system", "os.popen", "os.fork", "os.forkpty"), "process"),
    **dict.fromkeys(("importlib.import_module", "runpy.run_path"), "text_as_code"),
    **dict.fromkeys(("pandas.read_pickle", "pd.read_pickle", "torch.load"), "stored_object"),
    **dict.fromkeys(("sys.settrace", "sys.setprofile", "sys._getframe", "sys.addaudithook"), "interpreter"),
}  # fmt: skip
_OS_STARTS = ("exec", "spawn", "posix_spawn")
_INSIDE = frozenset({"__subclasses__", "__globals__", "__builtins__", "__code__", "__loader__", "__reduce__", "__reduce_ex__"})  # fmt: skip
_IN_R = {
    "text_as_code": r"\beval\s*\(|\bparse\s*\(\s*text|\bsource\s*\(",
    "network": r"\b(download\.file|socketConnection|url|curl|httr|install\.packages)\s*[(:]",
    "process": r"\b(system2?|shell|pipe|callr)\s*\(",
    "native_call": r"\b(dyn\.load|\.Call|\.C|\.External|Rcpp)\b",
    "stored_object": r"\b(readRDS|load|unserialize)\s*\(",
}
_IN_SQL = {
    "network": r"\b(httpfs|ATTACH|INSTALL)\b",
    "process": r"\b(COPY|EXPORT\s+DATABASE)\b",
    "native_call": r"^\s*LOAD\b",
}


def in_python(text: str, first_line: int = 0) -> tuple[Finding, ...]:
    """Findings of rule "words"; one of "unreadable" where this is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return (Finding("unreadable", line, None, say("This cannot be read as Python, from line {line} on.", line=line)),)  # fmt: skip
    found: dict[str, list[int]] = {}
    for node in ast.walk(tree):
        for what in _of_node(node):
            found.setdefault(what, []).append(getattr(node, "lineno", 0) + first_line)
    return _as_findings(found)


def in_notebook(content: bytes) -> tuple[Finding, ...]:
    """A notebook's code cells one by one; what it shows from an earlier run has no business in the zone."""
    try:
        cells = json.loads(content)["cells"]
        sources = [c["source"] for c in cells if c["cell_type"] == "code"]
        shown = sum(bool(c.get("outputs")) for c in cells)
        texts = [each if isinstance(each, str) else "".join(each) for each in sources]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return (Finding("unreadable", None, None, say("This is no notebook of format 4.")),)
    found: list[Finding] = []
    if shown:
        found.append(Finding("outputs", None, None, say("{count} cells bear outputs of an earlier run.", count=shown)))  # fmt: skip
    for number, text in enumerate(texts, 1):
        plain = "\n".join("pass" if line.startswith("%matplotlib") else line for line in text.split("\n"))
        found += [Finding(each.rule, each.row, None, say("Cell {cell}: {found}", cell=number, found=each.message)) for each in in_python(plain)]  # fmt: skip
    return tuple(found)


def in_r(text: str) -> tuple[Finding, ...]:
    return _by_words(text, _IN_R, "#")


def in_sql(text: str) -> tuple[Finding, ...]:
    return _by_words(text, _IN_SQL, "--")


def _by_words(text: str, words: Mapping[str, str], comment: str) -> tuple[Finding, ...]:
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in words.items():
            if re.search(pattern, line.partition(comment)[0], re.IGNORECASE):
                found.setdefault(what, []).append(number)
    return _as_findings(found)


def _as_findings(found: Mapping[str, list[int]]) -> tuple[Finding, ...]:
    return tuple(
        Finding("words", min(found[what]), None, Message(_WHAT[what].template, {"lines": told(found[what])}))
        for what in _WHAT
        if what in found
    )


def _of_node(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (_MODULES[name] for name in map(_root, node.names) if name in _MODULES and name not in _QUIET)  # fmt: skip
    elif isinstance(node, ast.ImportFrom) and node.module:
        name = node.module.partition(".")[0]
        if name in _MODULES and name not in _QUIET and not node.level:
            yield _MODULES[name]
        yield from (_CALLS[f"{name}.{each.name}"] for each in node.names if f"{name}.{each.name}" in _CALLS)
        if name == "os" and any(each.name.startswith(_OS_STARTS) for each in node.names):
            yield "process"
    elif isinstance(node, ast.Call):
        name = _dotted(node.func)
        if name in _CALLS:
            yield _CALLS[name]
        elif name.startswith("os.") and name[3:].startswith(_OS_STARTS):
            yield "process"
    elif _looks_inside(node):
        yield "interpreter"


def _looks_inside(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _INSIDE
    if isinstance(node, ast.Name):
        return node.id in ("__builtins__", "__loader__")
    return isinstance(node, ast.Assign) and any(_is_sys_path(target) for target in node.targets)


def _root(name: ast.alias) -> str:
    return name.name.partition(".")[0]


def _is_sys_path(target: Any) -> bool:
    return _dotted(target) in ("sys.path", "sys.modules", "sys.meta_path", "sys.path_hooks") or (
        isinstance(target, ast.Subscript) and _dotted(target.value) in ("sys.modules", "sys.path")
    )


def _dotted(node: Any) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join(reversed([*parts, node.id]))
