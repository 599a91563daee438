"""The population of k-map and delta-presence, brought in while a table is pseudonymised.

It comes in as every Dataset does (`verbs.datasets.uploads`): sent sealed, looked at, registered with how careful one must be,
recorded. Then it stands among those that can be chosen, and is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from ....errors import Refused
from ....language import Message, say
from ....nouns.dataset import Dataset
from ....verbs.datasets import uploads
from ....verbs.datasets.register import check_brings
from ....verbs.projects.proposals import Proposal
from ..datasets.bring import BEGUN, Bringing
from ..elements.parts import Part, words
from ..elements.sheet import Inside, Sheet


class PopulationFile(Bringing):
    """In the sheet under `crowd`. `quasi` tells what the population must have; `brought` is given the Dataset."""

    label: ClassVar[Message] = say("The file of the population")
    hint: ClassVar[Message] = say("CSV, XLSX or Parquet, with a row for each person, or with a column that says for how many persons a row stands.")  # fmt: skip

    def __init__(self, sheet: Sheet, quasi: Callable[[], Sequence[str]], brought: Callable[[Dataset], Awaitable[None]]) -> None:  # fmt: skip
        super().__init__(Inside(sheet, sheet.values.setdefault("crowd", dict(BEGUN))))
        self.quasi, self.brought = quasi, brought

    async def build(self) -> None:
        visit = self.visit
        words(visit, "p", say("The population is a table with the same quasi-identifiers, a row for each person or with a number of persons."), "dalgu-hint")  # fmt: skip
        try:
            check_brings(visit.signed_in)
        except Refused:
            words(visit, "p", say("Where it is not here yet, somebody who brings data in has to bring it."), "dalgu-hint")  # fmt: skip
            return
        with Part("details", open=bool(self.sheet.values.get("upload"))):
            words(visit, "summary", say("Bring the population in here"))
            self.place = Part("div")
            self.told = Part("p", "", role="status", aria_live="polite")
        with self.place:
            await super().build()

    def _questions(self, upload: uploads.Upload, found: Sequence[Proposal]) -> None:
        visit, has = self.visit, {proposal.column for proposal in found}
        lacks = [column for column in self.quasi() if column not in has]
        if lacks:
            words(visit, "p", say("It lacks columns that the table is made coarser by: {columns}. The population has them under the same names.", columns=", ".join(lacks)), "dalgu-note", role="alert")  # fmt: skip
        self._name()
        self._sensitivity(upload, found)
        self._description()
        self._end(say("Register the population and choose it"))

    async def _made(self, made: Dataset) -> None:
        values = self.sheet.values
        values.clear()
        values |= BEGUN
        self.sheet.touched()
        self.place.clear()
        with self.place:
            await super().build()
        self.told.set_text(self.visit.text(say("{name} is registered, and chosen as the population.", name=made.name)))  # fmt: skip
        await self.brought(made)
