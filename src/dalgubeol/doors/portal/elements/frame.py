"""What all pages share: header, navigation, chips, tables, errors, dialogs.

Quiet: one accent colour, and sensitivity as a chip that looks the same everywhere. Everything that comes from
people or data goes through components that escape it; there is no way here to hand in HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from nicegui import ui

from ....errors import DalguError, Refused
from ....language import Message, say
from ....nouns.dataset import Sensitivity
from ....verbs.house.clock import local
from ..people.bell import bell
from ..visit import Visit
from .parts import Part, anchor, still, words

Sections = tuple[tuple[str, Message, bool], ...]
"""Address, name, and whether everybody may see it."""

SECTIONS: Sections = (
    ("/", say("Home"), True),
    ("/datasets", say("Datasets"), False),
    ("/permits", say("Permits"), False),
    ("/runs", say("Runs"), False),
    ("/projects", say("Projects"), False),
    ("/linkages", say("Linkage"), False),
    ("/airlock", say("Airlock"), False),
    ("/ledger", say("Ledger"), True),
    ("/register", say("Public register"), True),
    ("/my-data", say("My data"), False),
    ("/people", say("People"), False),
    ("/health", say("Health"), False),
)


@contextmanager
def frame(visit: Visit) -> Iterator[None]:
    """Header, navigation and the place where the page's own content goes."""
    ui.add_head_html(
        '<link rel="stylesheet" href="/static/portal.css"><link rel="stylesheet" href="/static/pages.css">'
    )
    ui.colors(primary="#0b5c8a", secondary="#57606a", accent="#0b5c8a", negative="#b3261e", positive="#1a7f37", warning="#9a6700", info="#0b5c8a")  # fmt: skip
    with ui.header(elevated=False, fixed=False).classes("dalgu-header"):
        link(visit, "#content", say("Skip to the content")).classes("dalgu-skip")
        with ui.element("div").classes("dalgu-bar"):
            link(visit, "/", say("Dalgubeol")).classes("dalgu-brand")
            _menu_button(visit)
            with (
                still(),
                Part("nav", classes="dalgu-nav", id="sections", aria_label=visit.text(say("Sections"))),
            ):
                _navigation(visit)
            with ui.element("div").classes("dalgu-tools"):
                _tools(visit)
    with Part("div", classes="dalgu-page", id="content", tabindex=-1):
        yield
    with ui.element("footer").classes("dalgu-footer"):
        ui.label(visit.text(say("Times are those of Korea (KST).")))


def _menu_button(visit: Visit) -> None:
    """On a phone the sections fold into this; the style sheet hides it elsewhere."""
    button = words(
        visit,
        "button",
        say("Menu"),
        "dalgu-menu-button",
        type="button",
        aria_expanded="false",
        aria_controls="sections",
    )
    button.on("click", js_handler=_FOLD)


_FOLD = """(event) => { const open = event.currentTarget.closest('.dalgu-header').toggleAttribute('data-open');
event.currentTarget.setAttribute('aria-expanded', String(open)); }"""


def _navigation(visit: Visit) -> None:
    for address, name, everybody in SECTIONS:
        if everybody or visit.who is not None:
            here = visit.path.split("?")[0]
            current = here == address or (address != "/" and here.startswith(address + "/"))
            anchor(visit, address, name, aria_current="page" if current else None)


def _tools(visit: Visit) -> None:
    other = "en" if visit.reader.language == "ko" else "ko"
    back = quote(visit.path)
    ui.link("English" if other == "en" else "한국어", f"/language/{other}?next={back}").props(
        f"lang={other} hreflang={other}"
    )
    theme = {"auto": "dark", "light": "dark", "dark": "light"}[visit.reader.theme]
    name = say("Dark") if theme == "dark" else say("Light")
    link(visit, f"/theme/{theme}?next={back}", name)
    if visit.who is None:
        link(visit, visit.sign_in_address(), say("Sign in")).classes("dalgu-strong")
        return
    bell(visit)
    ui.link(visit.who.person.name, "/account").props(f'aria-label="{visit.text(say("My account"))}"')
    link(visit, "/sign-out", say("Sign out"))


def link(visit: Visit, address: str, name: Message | str) -> ui.link:
    return ui.link(visit.text(name), address)


def heading(visit: Visit, name: Message | str, lead: Message | None = None) -> None:
    """The page's one first heading, which is its title in the browser too, and the question that it answers."""
    visit.client.title = f"{visit.text(name)} · {visit.text(say('Dalgubeol'))}"
    with ui.element("h1"):
        ui.label(visit.text(name)).props("tag=span").classes("dalgu-inline")
    if lead is not None:
        paragraph(visit, lead).classes("dalgu-lead")


def subheading(visit: Visit, name: Message | str) -> None:
    with ui.element("h2"):
        ui.label(visit.text(name)).classes("dalgu-inline")


def paragraph(visit: Visit, message: Message | str) -> ui.label:
    return ui.label(visit.text(message)).classes("dalgu-paragraph")


def chip(visit: Visit, sensitivity: Sensitivity) -> ui.label:
    """How careful one must be: always the same shape, in words and by the number of marks."""
    return ui.label(chip_text(visit, sensitivity)).classes(f"dalgu-chip dalgu-chip-{sensitivity.value}")


def chip_text(visit: Visit, sensitivity: Sensitivity) -> str:
    return f"{'●' * (sensitivity.rank + 1)} {visit.word(sensitivity)}"


def facts(visit: Visit, rows: Sequence[tuple[Message, object]]) -> None:
    """Names and values, as a description list."""
    with ui.element("dl").classes("dalgu-facts"):
        for name, value in rows:
            with ui.element("dt"):
                ui.label(visit.text(name)).classes("dalgu-inline")
            with ui.element("dd"):
                if callable(value):
                    value()
                else:
                    ui.label(visit.text(value) if isinstance(value, Message) else "-" if value in (None, "") else str(value)).classes("dalgu-inline")  # fmt: skip


Column = tuple[str, Message]


def table(
    visit: Visit, caption: Message, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]],
    *, key: str = "id", search: bool = True, empty: Message | None = None,
) -> ui.table | None:  # fmt: skip
    """A searchable table that exports what it shows. A row's `link_NAME` makes the cell of column NAME a link,
    its `chip_NAME` a chip of that sensitivity. Cells are text: Vue escapes them."""
    if not rows:
        paragraph(visit, empty or say("Nothing here yet.")).classes("dalgu-empty")
        return None
    made = ui.table(
        columns=[{"name": n, "label": visit.text(t), "field": n, "align": "left", "sortable": True} for n, t in columns],
        rows=[dict(row) for row in rows], row_key=key, pagination={"rowsPerPage": 25},
    ).classes("dalgu-table").props(f'flat wrap-cells :grid="Quasar.Screen.lt.sm" aria-label="{_attribute(visit.text(caption))}"')  # fmt: skip
    made.add_slot("item", _ITEM)
    for name, _ in columns:
        if any(f"link_{name}" in row for row in rows):
            made.add_slot(f"body-cell-{name}", _LINK.replace("NAME", name))
        elif any(f"chip_{name}" in row for row in rows):
            made.add_slot(f"body-cell-{name}", _CHIP.replace("NAME", name))
    with made.add_slot("top-left"):
        ui.label(visit.text(caption)).classes("dalgu-caption")
    if search:
        with made.add_slot("top-right"), ui.element("div").classes("dalgu-table-tools"):
            label = visit.text(say("Search in this table"))
            ui.input(placeholder=label).props(f'dense outlined clearable type=search aria-label="{_attribute(label)}"').bind_value(made, "filter")  # fmt: skip
            ui.button(visit.text(say("Export (CSV)")), on_click=lambda: export_csv(visit, caption, columns, rows)).props("flat no-caps")  # fmt: skip
    return made


_LINK = """<q-td :props="props"><a v-if="props.row.link_NAME" :href="props.row.link_NAME">{{ props.value }}</a>
<span v-else>{{ props.value }}</span></q-td>"""
_ITEM = """<div class="dalgu-item"><dl class="dalgu-facts"><template v-for="col in props.cols" :key="col.name"><dt>{{ col.label }}</dt>
<dd><a v-if="props.row['link_' + col.name]" :href="props.row['link_' + col.name]">{{ col.value }}</a>
<span v-else :class="props.row['chip_' + col.name] ? 'dalgu-chip dalgu-chip-' + props.row['chip_' + col.name] : ''">{{ col.value }}</span></dd>
</template></dl></div>"""
"""A row on a narrow screen: names and values below each other."""
_CHIP = """<q-td :props="props"><span :class="'dalgu-chip dalgu-chip-' + props.row.chip_NAME">{{ props.value }}</span></q-td>"""


def export_csv(
    visit: Visit, caption: Message, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]
) -> None:
    """What a table shows, as a file that a spreadsheet opens and does not calculate."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([without_formula(visit.text(name)) for _, name in columns])
    writer.writerows([[without_formula(str(row.get(name, ""))) for name, _ in columns] for row in rows])
    ui.download.content("\ufeff" + text.getvalue(), f"{visit.text(caption)}.csv", "text/csv; charset=utf-8")


def without_formula(cell: str) -> str:
    """A cell that a spreadsheet would calculate is marked as text (OWASP, CSV injection)."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def when(instant: str | None) -> str:
    """An instant as people here read it."""
    return local(instant) if instant else ""


def error_page(visit: Visit, error: DalguError) -> None:
    """Instead of a page: what happened, that nothing was lost, what next."""
    visit.client.status_code = 401 if error.code == "login.needed" else error.http_status
    visit.client.content.clear()
    visit.client.layout.default_slot.children[:] = [
        child for child in visit.client.layout.default_slot.children if child.tag != "q-header"
    ]
    with visit.client.content, frame(visit):
        heading(visit, say("This did not work"))
        _told(visit, error)
        if error.code == "login.needed":
            link(visit, visit.sign_in_address(), say("Sign in"))
        link(visit, "/", say("To the start"))


def error_dialog(visit: Visit, error: DalguError) -> None:
    with ui.dialog(value=True) as dialog, ui.card().classes("dalgu-dialog").props("role=alertdialog"):
        with ui.element("h2"):
            ui.label(visit.text(say("This did not work"))).classes("dalgu-inline")
        _told(visit, error)
        with ui.element("div").classes("dalgu-buttons"):
            if error.code == "login.needed":
                link(visit, visit.sign_in_address(), say("Sign in"))
            if error.code == "sign.locked":
                link(visit, f"/unlock?next={quote(visit.path)}", say("Unlock my signature"))
            ui.button(visit.text(say("Close")), on_click=dialog.close).props("no-caps outline autofocus")


def session_dialog(visit: Visit, what: Message) -> ui.label:
    """The session has ended while a page was open. Returns the words, which may be said better later."""
    with ui.dialog(value=True).props("persistent"), ui.card().classes("dalgu-dialog").props("role=alertdialog"):  # fmt: skip
        with ui.element("h2"):
            ui.label(visit.text(say("Your session has ended"))).classes("dalgu-inline")
        told = paragraph(visit, what)
        with ui.element("div").classes("dalgu-buttons"):
            link(visit, visit.sign_in_address(), say("Sign in")).classes("dalgu-strong")
    return told


def _told(visit: Visit, error: DalguError) -> None:
    with ui.element("div").classes("dalgu-error").props("role=alert"):
        paragraph(visit, error.detail)
        if isinstance(error, Refused) and error.reasons:
            with ui.element("ul"):
                for reason in error.reasons:
                    with ui.element("li"):
                        ui.label(reason.text(visit.reader.language)).classes("dalgu-inline")
        paragraph(visit, error.next_step).classes("dalgu-next")
        ui.label(error.code).classes("dalgu-code")


def note(visit: Visit, message: Message) -> None:
    """That something was done, for eyes and screen readers."""
    ui.notify(visit.text(message), type="positive", close_button=visit.text(say("Close")))


def confirm(
    visit: Visit, question: Message, act: Callable[[], Any], *, yes: Message, grave: bool = True
) -> None:
    """Ask once more before something that cannot be undone; `grave`: something is lost by it. The question stays
    when what is around it changes."""
    with visit.client, ui.dialog(value=True) as dialog, ui.card().classes("dalgu-dialog"):
        dialog.on("hide", dialog.delete)
        paragraph(visit, question)
        with ui.element("div").classes("dalgu-buttons"):

            async def go() -> None:
                dialog.close()
                with visit.client:  # what takes longer than the dialog needs to go still finds its page
                    result = act()
                    if result is not None:
                        await result

            ui.button(visit.text(yes), on_click=go, color="negative" if grave else "primary").props("no-caps")
            ui.button(visit.text(say("Cancel")), on_click=dialog.close).props("no-caps outline autofocus")


def _attribute(text: str) -> str:
    """For NiceGUI's props string: what would end the quoted value goes."""
    return text.replace("\\", "").replace('"', "'")
