"""The course of a linkage: it can be gone through to its end by doing, each time, what is due and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dalgubeol.nouns.linkage import Agreement, Content, PartyRole
from dalgubeol.rules.linkage import FLOWS, reasons_not_to_agree
from dalgubeol.rules.linkage_course import Act, Here, Piece, Step, course, next_step

from .test_linkage import ROLES, agreed

MADE = {
    "link-keys": ("keys", "numbered"), "link-double": ("keys",), "link-extract": ("numbered",), "pseudonymise": ("payload",),
    "link-match": ("pairs", "told"), "link-join": ("result",),
}  # fmt: skip
TERMS: list[dict[str, Any]] = [
    {},
    {"mode": "oblivious", "salt_by": ""},
    {"mode": "tolerant"},
    {"salt_by": "firm", "serials_by": "insurer"},
    {"serials_by": "firm"},
    {"serials_by": "keys"},
    {"mock": 0.1},
    {"extract": True},
    {"mock": 0.1, "extract": True, "serials_by": "keys"},
    {"join": "outer", "may_leave": ["firm"], "sample": 0.5},
]


class World:
    """Sites that do what is due; what one sends, another has."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreed = agreement
        self.here = {p.name: Here() for p in agreement.parties}
        self.carried: list[tuple[str, str, str, bool]] = []
        """From, to, content, mock: what was sent and not opened yet."""
        self.count = 0

    def due(self, name: str) -> Step | None:
        return next_step(course(self.agreed, self.agreed.party(name), self.here[name]))

    def put(self, name: str, content: str, received: bool, mock: bool, extracted: bool = False) -> None:
        self.count += 1
        piece = Piece(f"dataset-{self.count}", content, received, mock, extracted)
        self.here[name] = replace(self.here[name], pieces=(*self.here[name].pieces, piece))

    def act(self, name: str, step: Step) -> bool:
        """Do it; False where it waits for somebody."""
        if step.act is Act.SECRET:
            self.put(name, "secret", False, False)
        elif step.act is Act.RUN:
            assert step.dataset or step.kind == "link-keys", step
            for content in MADE[step.kind]:
                blinded = (
                    step.kind == "link-keys" and self.agreed.terms.mode == "oblivious" and content == "keys"
                )
                self.put(
                    name, "blinded" if blinded else content, False, step.mock, step.kind == "link-extract"
                )
        elif step.act is Act.SEND:
            assert step.dataset, step
            for to in step.to:
                roles = self.agreed.party(name).role, self.agreed.party(to).role
                assert (Content(step.content), *roles) in FLOWS
                self.carried.append((name, to, step.content, step.mock))
                sent = self.here[name].sent | {(step.content, to, step.mock)}
                self.here[name] = replace(self.here[name], sent=sent)
        elif step.act is Act.RECEIVE:
            wanted = [(f, name, step.content) for f in step.everybody]
            found = [c for c in self.carried if c[:3] in wanted]
            if {c[0] for c in found} != set(step.everybody):
                return False
            mock = any(c[3] for c in found)
            first = [next(c for c in found if c[0] == f) for f in step.everybody]
            self.carried = [c for c in self.carried if c not in first]
            self.put(name, "received" if step.content == "result" else step.content, True, mock)
        elif step.act is Act.REVIEW:
            approved = {**(self.here[name].approved or {}), step.dataset: True}
            self.here[name] = replace(self.here[name], approved=approved)
        else:
            self.here[name] = replace(self.here[name], ended=True)
        return True


@pytest.mark.parametrize("terms", TERMS, ids=str)
def test_who_does_what_is_due_comes_to_the_end_at_every_site(terms: dict[str, Any]) -> None:
    world = World(agreed(**terms))
    assert reasons_not_to_agree(world.agreed) == ()
    for _ in range(100):
        moved = False
        for name in ROLES:
            step = world.due(name)
            moved = (step is not None and world.act(name, step)) or moved
        if not moved:
            break
    assert {name: world.due(name) for name in ROLES} == dict.fromkeys(ROLES)
    assert world.carried == []
    received = [p.mock for p in world.here["firm"].pieces if p.content == "received"]
    assert received == ([True, False] if terms.get("mock") else [False])
    secrets = {n: [p for p in h.pieces if p.content == "secret"] for n, h in world.here.items()}
    assert bool(secrets["keys"]) is (terms.get("serials_by") == "keys")
    assert not secrets["expert"]


def test_a_step_that_waits_says_for_whom_and_one_that_is_done_stays_done() -> None:
    agreement = agreed()
    waits = course(agreement, agreement.party("insurer"), Here())[0]
    assert (waits.act, waits.turn, waits.done) == (Act.RECEIVE, ("firm",), False)
    keys = agreement.the(PartyRole.KEY_AGENCY)
    told = Here(
        (Piece("a", "keys", True), Piece("b", "pairs"), Piece("c", "told")),
        frozenset({("told", "firm", False)}),
    )
    step = next_step(course(agreement, keys, told))
    assert step is not None
    assert (step.name, step.to, step.dataset) == ("told", ("insurer",), "c")
    assert all(each.done for each in course(agreement, keys, Here(ended=True)))


def test_a_result_that_the_committee_did_not_let_out_is_not_due_to_be_sent() -> None:
    agreement = agreed()
    pieces = (Piece("p", "pairs", True), Piece("q", "payload", True), Piece("r", "result"))
    for verdict in (None, False):
        step = next_step(
            course(agreement, agreement.the(PartyRole.EXPERT_AGENCY), Here(pieces, approved={"r": verdict}))
        )
        assert step is not None
        assert (step.act, step.dataset) == (Act.REVIEW, "r")
