"""Plain HTML and SVG elements for pages, with text that is text and attributes that are set one by one.

NiceGUI's `props("...")` reads a string; what comes from people never goes through that: here every attribute
is a value of its own, and Vue escapes it.
"""

from __future__ import annotations

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ...language import Message
from .visit import Visit


class Part(TextElement):
    """One native element. Use as a context to put others into it."""

    def __init__(self, tag: str, text: str = "", classes: str = "", **attributes: object) -> None:
        super().__init__(tag=tag, text=text)
        if classes:
            self.classes(classes)
        named(self, **attributes)


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


def words(visit: Visit, tag: str, message: Message | str, classes: str = "", **attributes: object) -> Part:
    """An element that holds words: a Message in the reader's language, or somebody's own."""
    return Part(tag, visit.text(message), classes, **attributes)


def anchor(visit: Visit, address: str, name: Message | str, classes: str = "", **attributes: object) -> Part:
    return Part("a", visit.text(name), classes, href=address, **attributes)
