"""Files of the reader's own, opened in their browser: what is in them comes to the page, and nothing is kept."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ....errors import Invalid
from ....language import Message, say
from ..visit import Visit
from . import fields
from .parts import Part

MOST_BYTES = 700_000
"""Of all that is opened at once: it comes by one message of the page's web socket, in base64."""

_OPEN = """async (event) => { const files = [...event.target.files]; event.target.value = ''; if (!files.length) return;
if (files.reduce((sum, file) => sum + file.size, 0) > MOST) { emit(null); return; }
const read = (file) => new Promise((done) => { const reader = new FileReader();
reader.onload = () => done([file.name, (reader.result.split(',')[1] || '')]); reader.readAsDataURL(file); });
emit(await Promise.all(files.map(read))); }""".replace("MOST", str(MOST_BYTES))


@dataclass(frozen=True, slots=True)
class Opened:
    name: str
    content: bytes = field(repr=False)


def opener(
    visit: Visit, name: Message, opened: Callable[[list[Opened]], Any], *, accept: str, many: bool = False
) -> Part:
    """A button that opens files. `opened` gets them, and an empty list where they are more than `MOST_BYTES`; it may be
    a coroutine function."""
    control = fields.chooser(visit, name, accept=accept, multiple=many)
    control.on("change", lambda event: opened(_opened(event.args)), js_handler=_OPEN)
    return control


def _opened(given: Any) -> list[Opened]:
    """What came from the browser, which may be anybody's; too much is an empty list."""
    found = []
    for each in given if isinstance(given, list) else ():
        try:
            name, content = each
            found.append(Opened(str(name)[:200], base64.b64decode(content, validate=True)))
        except (TypeError, ValueError, binascii.Error):
            return []
    return found


def too_large() -> Invalid:
    return Invalid(
        "invalid.file",
        say("It could not be opened here: it is larger than {most} kB.", most=MOST_BYTES // 1000),
        say("Send a policy with large hierarchies by the command line or the API."),
    )
