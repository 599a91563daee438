"""Plain HTML and SVG elements for pages, with text that is text and attributes that are set one by one.

NiceGUI's `props("...")` reads a string; what comes from people never goes through that: here every attribute
is a value of its own, and Vue escapes it.

An element of NiceGUI costs the server about a tenth of a millisecond, for it could be changed and listened to.
What is only looked at (a table of a thousand cells, a chart) is drawn `with still():` as one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from ....language import Message
from ..visit import Visit

_ATTRIBUTE = re.compile(r"[a-z][a-zA-Z0-9]*(?:-[a-z0-9]+)*")
_LEADING = frozenset({"href", "src", "action", "formaction"})
_BARRED = frozenset({"script", "style", "iframe", "object", "embed", "base", "link", "meta"})
_open: ContextVar[list[list[Any]] | None] = ContextVar("open", default=None)


class Part(TextElement):
    """One native element. Use as a context to put others into it. Inside `still()` it is a mere `Leaf`."""

    def __new__(cls, tag: str, text: str = "", classes: str = "", **attributes: object) -> Any:
        if _open.get() is None:
            return super().__new__(cls)
        return Leaf(tag, text, classes, **attributes)

    def __init__(self, tag: str, text: str = "", classes: str = "", **attributes: object) -> None:
        super().__init__(tag=tag, text=text)
        if classes:
            self.classes(classes)
        named(self, **attributes)


class Leaf:
    """A part of something that is drawn as a whole: it can hold others, and nobody can press it."""

    def __init__(self, tag: str, text: str = "", classes: str = "", **attributes: object) -> None:
        if tag in _BARRED:
            raise ValueError(f"no page draws <{tag}>")
        into = _open.get()
        assert into is not None, "a Leaf is made inside still()"
        given = {"class": classes or None, **attributes}
        held = {_name(name): value if isinstance(value, bool) else str(value) for name, value in given.items() if value is not None and value is not False}  # fmt: skip
        self._children: list[Any] = [text] if text else []
        into[-1].append([tag, held, self._children])

    def __enter__(self) -> Leaf:
        into = _open.get()
        assert into is not None
        into.append(self._children)
        return self

    def __exit__(self, *failure: object) -> None:
        into = _open.get()
        assert into is not None
        into.pop()


class Still(Element, component="still.js"):
    """What `still()` has drawn."""

    def __init__(self, tree: list[Any]) -> None:
        super().__init__()
        self._props["tree"] = json.dumps(tree, ensure_ascii=False)  # a list would be watched cell by cell


@contextmanager
def still() -> Iterator[None]:
    """Draw the Parts made in here as one component. A field with `data_submits` sends its form when it is
    changed; nothing else in here can be listened to. Raises ValueError for an address that leads out of the site."""
    root: list[Any] = []
    token = _open.set([root])
    try:
        yield
    finally:
        _open.reset(token)
    for tree in root:
        _check(tree)
        Still(tree)


@cache
def _name(name: str) -> str:
    attribute = name.rstrip("_").replace("_", "-")
    if not _ATTRIBUTE.fullmatch(attribute) or attribute.lower().startswith("on") or attribute in ("innerHTML", "textContent", "srcdoc", "style"):  # fmt: skip
        raise ValueError(f"no attribute of a page: {attribute}")
    return attribute


def _check(tree: Any) -> None:
    if isinstance(tree, str):
        return
    for name, value in tree[1].items():
        if name in _LEADING and not (
            isinstance(value, str) and re.match(r"(?:/(?![/\\])|[#?]|mailto:)", value)
        ):
            raise ValueError("an address on a page leads to this site")
    for child in tree[2]:
        _check(child)


def named(element: ui.element, **attributes: object) -> ui.element:
    """Set attributes: `aria_label` is `aria-label`, `for_` is `for`; None and False are left out."""
    for name, value in attributes.items():
        attribute = name.rstrip("_").replace("_", "-")
        if attribute == "value" and element.tag == "input":
            attribute = (
                "^value"  # the attribute, not the property: Vue would set that back at every change elsewhere
            )
        if value is None or value is False:
            element.props.pop(attribute, None)
        else:
            element.props[attribute] = value if isinstance(value, bool) else str(value)
    return element


def focus(within: Part, selector: str = "") -> None:
    """Go with the keyboard to a part, or to what `selector` finds in it, as soon as it stands on the page."""
    at = json.dumps(f"#{within.html_id} {selector}".strip())
    with within:  # what was pressed may be gone
        ui.run_javascript(f"setTimeout(() => {{ const at = document.querySelector({at}); if (at) at.focus(); }}, 60)")  # fmt: skip


def words(visit: Visit, tag: str, message: Message | str, classes: str = "", **attributes: object) -> Part:
    """An element that holds words: a Message in the reader's language, or somebody's own."""
    return Part(tag, visit.text(message), classes, **attributes)


def anchor(visit: Visit, address: str, name: Message | str, classes: str = "", **attributes: object) -> Part:
    return Part("a", visit.text(name), classes, href=address, **attributes)
