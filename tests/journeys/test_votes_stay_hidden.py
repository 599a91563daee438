"""A vote is nobody's to know before all have voted: not from a page, not from the history, not from a bundle."""

from __future__ import annotations

import json

import pytest

from dalgubeol.errors import Tampered
from dalgubeol.verbs.history import prove

from .conftest import As, Visit
from .test_story import held, permitted, pseudonymised


def records_of(visit: Visit, run: str) -> list[dict[str, object]]:
    bundle = visit.folder / "story.jsonl"
    bundle.unlink(missing_ok=True)
    assert visit.dalgu("operator", "ledger", "export", str(bundle)).returncode == 0
    lines = [json.loads(line) for line in bundle.read_text().splitlines()[1:-1]]
    leaves = [(json.loads(line["leaf"]), line["payload"]) for line in lines]
    return [{"event": leaf["event"], **payload} for leaf, payload in leaves if leaf["subject"] == run]


def test_a_vote_is_opened_with_the_last_one(visit: Visit, as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_).id
    with as_("reviewer1") as site:
        assert len(site.vote(run, False, "looks fine").votes) == 1, "one's own is seen"
    with as_("reviewer2") as site:
        [seen] = [r for r in site.airlock() if r.run == run]
        assert seen.votes == ()
    sealed = [r for r in records_of(visit, run) if r["event"].startswith("vote")]  # type: ignore[attr-defined]
    assert [set(r) for r in sealed] == [{"event", "manifest", "signature_digest"}]

    with as_("reviewer2") as site:
        assert len(site.vote(run, False, "too fine").votes) == 2
    opened = [r for r in records_of(visit, run) if r["event"] == "vote-opened"]
    assert [bool(r["approve"]) for r in opened] == [False, False]
    assert [r["files"] for r in opened] == [["mend"], ["mend"]]
    with as_("analyst") as site:
        [seen] = [r for r in site.airlock() if r.run == run]
        assert {v.comment for v in seen.votes} == {"looks fine", "too fine"}, "the author is told why"
    assert (
        prove.verify(visit.folder / "story.jsonl", (visit.folder / "verifier.key").read_text()).signatures
        == 7  # two decisions, two votes, and three words of the adequacy review
    )


def test_another_vote_than_the_one_that_was_cast_is_noticed() -> None:
    leaf = {"event": "vote-opened", "subject": "run-1", "actor": "person-1"}
    payload = {"signature": "ab" * 64}
    with pytest.raises(Tampered, match="not cast before"):
        prove._check_opened(3, leaf, payload, {("run-1", "person-1", "0" * 64)})
