"""The one place of the wizard that always shows risk against utility, whatever step is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ....errors import DalguError
from ....language import Message, say
from ..elements.parts import Part, words
from ..visit import Visit
from .lattice import percent
from .policy_form import plainly

if TYPE_CHECKING:
    from ....methods.privacy.lattice_view import Node

_TILES = {
    "mean": say("mean risk"),
    "highest": say("highest risk"),
    "loss": say("loss"),
    "out": say("rows left out"),
    "smallest": say("smallest class"),
}
_STATES = ("dalgu-strip-good", "dalgu-strip-bad", "dalgu-strip-busy")


class Strip:
    """A row of numbers with a verdict. It stays in sight while the page is scrolled."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    def build(self) -> None:
        visit = self.visit
        with Part("section", classes="dalgu-strip", aria_label=visit.text(say("Risk against utility"))) as self.box:  # fmt: skip
            self.told: dict[str, Part] = {}
            self.before: dict[str, Part] = {}
            with Part("dl"):
                for name, shown in _TILES.items():
                    with Part("div"):
                        with Part("dt"):
                            words(visit, "span", shown)
                            self.before[name] = Part("span", "", "dalgu-before")
                        self.told[name] = Part("dd", "–", data_tile=name)
            self.verdict = Part("p", "", role="status", aria_live="polite")
        self.waits(say("Once a Dataset and its columns are chosen, risk and utility stand here."))

    def waits(self, message: Message) -> None:
        """Nothing can be said yet."""
        for told in self.told.values():
            told.set_text("–")
        self._says(message, "")

    def busy(self) -> None:
        """Something is being worked out; what stands there is of before."""
        self.box.classes("dalgu-strip-busy")

    def rests(self) -> None:
        self.box.classes(remove="dalgu-strip-busy")

    def raw(self, node: Node) -> None:
        """The table as it is, beside what it becomes."""
        risk = node.look.risk
        before = {"mean": percent(risk.prosecutor_mean_of_persons), "highest": percent(risk.prosecutor_max), "smallest": f"{risk.smallest_class:,}"}  # fmt: skip
        for name, value in before.items():
            self.before[name].set_text(self.visit.text(say("(before: {value})", value=value)))

    def tells(self, node: Node, plain: Mapping[str, Any], unreached: DalguError | None = None) -> None:
        """One node. `unreached` says why there are no levels that are allowed."""
        risk, kept = node.look.risk, node.suppressed_share < 1
        shown = {
            "mean": percent(risk.prosecutor_mean_of_persons), "highest": percent(risk.prosecutor_max), "out": percent(node.suppressed_share),
            "loss": percent(node.look.loss), "smallest": f"{risk.smallest_class:,}",
        }  # fmt: skip
        for name, text in shown.items():
            self.told[name].set_text(text)
        if unreached is not None:
            self._says(say("{what} {next}", what=unreached.detail, next=unreached.next_step), "bad")
            return
        self._says(verdict(node, plain, kept), "good" if node.allowed else "bad")

    def fails(self, error: DalguError) -> None:
        """Nothing can be shown, and why."""
        for told in self.told.values():
            told.set_text("–")
        shown = plainly(error)
        self._says(say("{what} {next}", what=shown.detail, next=shown.next_step), "bad")

    def _says(self, message: Message, state: str) -> None:
        self.verdict.set_text(self.visit.text(message))
        self.box.classes(f"dalgu-strip-{state}" if state else "", remove=" ".join(_STATES))


def verdict(node: Node, plain: Mapping[str, Any], kept: bool) -> Message:
    limit = percent(float(plain["search"]["suppression_limit"]))
    if not kept:
        return say("Not allowed: no class holds enough, so that all rows would be left out. Make a column coarser, or ask for less.")  # fmt: skip
    if node.allowed:
        return say("Allowed: {out} of the rows are left out, the limit is {limit}.", out=percent(node.suppressed_share), limit=limit)  # fmt: skip
    return say("Not allowed: {out} of the rows would have to be left out, the limit is {limit}. Make a column coarser, or raise the limit.", out=percent(node.suppressed_share), limit=limit)  # fmt: skip
