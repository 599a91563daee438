"""The fields of a kind's parameters, built from what `asked` read of its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from nicegui import ui

from ....errors import Invalid
from ....language import Message, phrase, say
from ....nouns.dataset import Column
from ....nouns.script import script_language
from ....verbs.runs.parameters import Place
from ..datasets.dataset import type_name
from ..elements import fields
from ..elements.parts import Part, words
from ..elements.sheet import Field, Holder, Inside
from ..visit import Visit
from .asked import Ask, Shape, begun, read_json

Columns = Callable[[str], Sequence[Column]]
"""The columns of the Dataset that is chosen for a slot; none where none is chosen yet."""
_LONGEST_LABEL = 110
"""Characters of a description, in English; a label that is longer takes three lines of a form."""


class Editor:
    """Builds fields and remembers them by their places, so that each fault is shown where it is."""

    def __init__(self, visit: Visit, columns: Columns) -> None:
        self.visit, self.columns = visit, columns
        self.shown: dict[Place, Field] = {}
        self.told_by_suffix: dict[Place, tuple[Holder, Ask]] = {}
        """The place of a file field to what the ending of its file says besides."""

    def build(self, holder: Holder, asks: Sequence[Ask], place: Place = ()) -> None:
        for ask in asks:
            if ask.suffix_of:
                self.told_by_suffix[(*place, ask.suffix_of)] = holder, ask
            holder.values.setdefault(ask.name, begun(ask))
            _BUILDERS[ask.shape](self, holder, ask, (*place, ask.name))

    def tell(self, faults: Sequence[tuple[Place, Message]]) -> list[Message]:
        """Show each fault at its field; what has none is returned."""
        for shown in self.shown.values():
            shown.wrong(None)
        left: list[Message] = []
        first: Field | None = None
        field: Field | None
        for place, message in faults:
            field = self.at(place)
            if field is None:
                left.append(say("{field}: {what}", field=".".join(str(part) for part in place), what=message))
                continue
            field.wrong(message)
            first = first or field
        if first is not None:
            first.focus()
        return left

    def at(self, place: Place) -> Field | None:
        """The field at a place, or the nearest that holds it."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.shown:
                return self.shown[place[:length]]
        return None

    def _line(self, holder: Holder, ask: Ask, place: Place) -> None:
        self.shown[place] = fields.text(holder, ask.name, self._label(ask), needed=ask.needed, hint=self._hint(ask), maxlength=ask.longest, rows=3 if (ask.longest or 0) > 500 else 0)  # fmt: skip

    def _number(self, holder: Holder, ask: Ask, place: Place) -> None:
        mode = "numeric" if ask.whole else "decimal"
        self.shown[place] = fields.text(
            holder,
            ask.name,
            self._label(ask),
            needed=ask.needed,
            hint=self._hint(ask, _bounds(ask)),
            inputmode=mode,
        )

    def _tick(self, holder: Holder, ask: Ask, place: Place) -> None:
        self.shown[place] = fields.yes(holder, ask.name, self._label(ask), hint=self._hint(ask))

    def _choice(self, holder: Holder, ask: Ask, place: Place) -> None:
        empty = None if ask.needed else say("(none)")
        self.shown[place] = fields.choice(holder, ask.name, self._label(ask), [(o, o) for o in ask.options], needed=ask.needed, hint=self._hint(ask), empty=empty)  # fmt: skip

    def _column(self, holder: Holder, ask: Ask, place: Place) -> None:
        columns = self._options(ask)
        if not columns:
            self.shown[place] = fields.text(holder, ask.name, self._label(ask), needed=ask.needed, hint=self._hint(ask, say("The name of a column. Choose a Dataset first, and its columns are offered.")))  # fmt: skip
            return
        empty = say("Choose a column") if ask.needed else say("(none)")
        self.shown[place] = fields.choice(
            holder, ask.name, self._label(ask), columns, needed=ask.needed, hint=self._hint(ask), empty=empty
        )

    def _columns(self, holder: Holder, ask: Ask, place: Place) -> None:
        columns = self._options(ask)
        typed = [each for each in holder.values.get(ask.name) or () if isinstance(each, str)]
        options = columns or [(each, each) for each in typed]
        hint = None if columns else say("Choose a Dataset first, and its columns are offered.")
        self.shown[place] = fields.many(
            holder, ask.name, self._label(ask), options, needed=ask.needed, hint=self._hint(ask, hint)
        )

    def _lines(self, holder: Holder, ask: Ask, place: Place) -> None:
        hint = say("Numbers, parted by commas") if ask.of_numbers else say("One a line")
        self.shown[place] = fields.text(holder, ask.name, self._label(ask), needed=ask.needed, hint=self._hint(ask, hint), rows=0 if ask.of_numbers else 3)  # fmt: skip

    def _json(self, holder: Holder, ask: Ask, place: Place) -> None:
        def check(typed: Any) -> None:
            wrong = isinstance(read_json(typed), str) and typed.strip() != ""
            field.wrong(say("This is no JSON yet.") if wrong else None)

        field = fields.text(
            holder, ask.name, self._label(ask), needed=ask.needed, hint=self._hint(ask), rows=4, after=check
        )
        if field.control is not None:
            field.control.classes("dalgu-script")
        self.shown[place] = field

    def _file(self, holder: Holder, ask: Ask, place: Place) -> None:
        hint = say("Paste it, write it, or open a file.")
        if ask.of_policy:
            hint = say("Paste it, write it, or open a file. A hierarchy stands in it as csv = \"...\"; files that it names are not seen here: `dalgu policy whole policy.toml` writes them into it.")  # fmt: skip
        self.shown[place] = script(
            holder,
            ask.name,
            self._label(ask),
            needed=ask.needed,
            hint=self._hint(ask, hint),
            named=lambda name: self._named(place, name),
        )

    def _named(self, place: Place, file: str) -> None:
        """A file of that name was opened: its ending says what it is written in."""
        holder, ask = self.told_by_suffix.get(place, (None, None))
        if holder is None or ask is None:
            return
        with suppress(Invalid):  # of an ending that no language has: the field stays as it is
            language = script_language(file).value
            holder.set(ask.name, language)
            shown = self.shown.get((*place[:-1], ask.name))
            if shown is not None and shown.control is not None:
                ui.run_javascript(f'document.getElementById("{shown.control.html_id}").value = "{language}"')

    def _group(self, holder: Holder, ask: Ask, place: Place) -> None:
        field = Field(holder, ask.name, _label_without_json(self.visit, ask), needed=ask.needed, group=True)
        self.shown[place] = field

        def fill() -> None:
            inside.clear()
            values = holder.values.get(ask.name)
            if isinstance(values, dict):
                with inside:
                    self.build(Inside(holder, values), ask.inside, place)

        def switch(on: bool) -> None:
            holder.set(ask.name, {each.name: begun(each) for each in ask.inside} if on else None)
            fill()

        with field.slot:
            if not ask.needed:
                with Part("label", classes="dalgu-tick-label"):
                    fields.tick(isinstance(holder.values.get(ask.name), dict), switch)
                    words(self.visit, "span", say("fill this in"))
            inside = Part("div", classes="dalgu-inside")
        fill()

    def _groups(self, holder: Holder, ask: Ask, place: Place) -> None:
        field = Field(holder, ask.name, _label_without_json(self.visit, ask), needed=ask.needed, group=True)
        self.shown[place] = field
        if not isinstance(holder.values.get(ask.name), list):
            holder.values[ask.name] = begun(ask)

        def fill() -> None:
            self.shown = {
                at: each for at, each in self.shown.items() if at[: len(place)] != place or at == place
            }
            inside.clear()
            with inside:
                for number, values in enumerate(holder.values[ask.name]):
                    with Part("div", classes="dalgu-inside dalgu-row"):
                        self.build(Inside(holder, values), ask.inside, (*place, number))
                        button = words(
                            self.visit,
                            "button",
                            say("Remove entry {number}", number=number + 1),
                            "dalgu-link",
                            type="button",
                        )
                        button.on(
                            "click",
                            lambda values=values: changed(
                                [v for v in holder.values[ask.name] if v is not values]
                            ),
                        )

        def changed(entries: list[Any]) -> None:
            holder.values[ask.name] = entries
            holder.touched()
            fill()

        with field.slot:
            inside = Part("div")
            more = words(self.visit, "button", say("Add an entry"), "dalgu-quiet", type="button")
            more.on(
                "click",
                lambda: changed([*holder.values[ask.name], {each.name: begun(each) for each in ask.inside}]),
            )
        fill()

    def _by_column(self, holder: Holder, ask: Ask, place: Place) -> None:
        """A part for each column that is wished for, added and removed by name."""
        field = Field(holder, ask.name, _label_without_json(self.visit, ask), needed=ask.needed, group=True)
        self.shown[place] = field
        if not isinstance(holder.values.get(ask.name), dict):
            holder.values[ask.name] = {}

        def fill() -> None:
            self.shown = {
                at: each for at, each in self.shown.items() if at[: len(place)] != place or at == place
            }
            box.clear()
            entries: dict[str, Any] = holder.values[ask.name]
            with box:
                for column, values in entries.items():
                    with Part("details", classes="dalgu-inside", open=True):
                        Part("summary", column)
                        self.build(Inside(holder, values), ask.inside, (*place, column))
                        button = words(
                            self.visit,
                            "button",
                            say("Remove {name}", name=column),
                            "dalgu-link",
                            type="button",
                        )
                        button.on(
                            "click",
                            lambda column=column: changed(
                                {k: v for k, v in holder.values[ask.name].items() if k != column}
                            ),
                        )
                left = [(value, name) for value, name in self._options(ask) if value not in entries]
                if left:
                    label = self.visit.text(say("Add a column"))
                    fields.select(
                        label,
                        left,
                        None,
                        lambda column: changed(
                            {
                                **holder.values[ask.name],
                                column: {each.name: begun(each) for each in ask.inside},
                            }
                        ),
                        aria_label=label,
                    )

        def changed(entries: dict[str, Any]) -> None:
            holder.values[ask.name] = entries
            holder.touched()
            fill()

        with field.slot:
            box = Part("div")
        fill()

    def _label(self, ask: Ask) -> str:
        return _told(self.visit, ask)[0]

    def _hint(self, ask: Ask, besides: Message | None = None) -> Message | None:
        """What is to be known of a field, with what its shape says `besides`."""
        more = _told(self.visit, ask)[1]
        if not more or besides is None:
            return phrase(more) if more else besides
        return Message("{more}. {besides}", {"more": more, "besides": besides})

    def _options(self, ask: Ask) -> list[tuple[str, str]]:
        return [(c.name, f"{c.name} ({self.visit.text(type_name(c.type))})") for c in self.columns(ask.slot)]


_BUILDERS: Mapping[Shape, Callable[[Editor, Holder, Ask, Place], None]] = {
    Shape.LINE: Editor._line, Shape.FILE: Editor._file, Shape.NUMBER: Editor._number, Shape.TICK: Editor._tick,
    Shape.CHOICE: Editor._choice, Shape.COLUMN: Editor._column, Shape.COLUMNS: Editor._columns,
    Shape.LINES: Editor._lines, Shape.GROUP: Editor._group, Shape.GROUPS: Editor._groups,
    Shape.BY_COLUMN: Editor._by_column, Shape.JSON: Editor._json,
}  # fmt: skip


def _told(visit: Visit, ask: Ask) -> tuple[str, str]:
    """What a field is called, and what is to be known of it besides. A description says both, a colon between; it is
    parted where it is too long for a label, and in the reader's language, for the order of words is another there."""
    whole = visit.text(phrase(ask.label))
    label, colon, more = whole.partition(": ")
    return (label, more[:1].upper() + more[1:]) if colon and len(ask.label) > _LONGEST_LABEL else (whole, "")


def _label_without_json(visit: Visit, ask: Ask) -> str:
    """The command line takes JSON for these, and its help says so; here they are fields."""
    return visit.text(phrase(ask.label)).replace("(JSON)", "").replace("  ", " ").strip()


def _bounds(ask: Ask) -> Message | None:
    least, most = (None if bound is None else f"{bound:g}" for bound in (ask.least, ask.most))
    if least is not None and most is not None:
        return say("from {least} to {most}", least=least, most=most)
    if least is not None:
        return say("at least {least}", least=least)
    return None if most is None else say("at most {most}", most=most)


def script(
    holder: Holder, name: str, label: Message | str, *, needed: bool, hint: Message | None = None,
    named: Callable[[str], object] = lambda name: None,
) -> Field:  # fmt: skip
    """The text of a file: typed or pasted, or read from a file of the reader's own, in their browser; then `named`
    is told what the file is called."""
    field = fields.text(holder, name, label, needed=needed, rows=16, wrap="off", autocapitalize="off", hint=hint or say("Paste it, write it, or open a file."))  # fmt: skip
    control = field.control
    assert control is not None
    control.classes("dalgu-script")

    def opened(answer: Any) -> None:
        """`answer` is the file's name and text, or the size in bytes of a file that was not read."""
        if isinstance(answer, int | float):
            field.wrong(too_large(int(answer), LARGEST_TEXT))
        else:
            field.wrong(None)
            file, text = map(str, answer)
            holder.set(name, text)
            named(file)

    with field.slot:
        opener = fields.chooser(
            holder.visit, say("Open a file"), accept=".py,.ipynb,.sql,.R,.r,.toml,.txt,text/plain"
        )
        code = _OPEN.replace("TEXT", control.html_id).replace("MOST", str(LARGEST_TEXT))
        opener.on("change", lambda event: opened(event.args), js_handler=code)
    return field


LARGEST_TEXT = 1_000_000
"""Bytes of a file whose text may stand in a form."""


def too_large(size: int, most: int) -> Message:
    """What to do with a file that is larger than a form takes."""
    return say(
        "The file has {size} MB, and up to {most} MB can be opened here, so nothing was taken from it. Add a larger text as a Dataset instead, or choose a smaller file.",
        size=f"{size / 1_000_000:.1f}", most=f"{most / 1_000_000:g}",
    )  # fmt: skip


_OPEN = """async (event) => { const file = event.target.files[0]; if (!file) return;
if (file.size > MOST) { event.target.value = ''; emit(file.size); return; }
const text = await file.text(); document.getElementById('TEXT').value = text; emit([file.name, text]); }"""
