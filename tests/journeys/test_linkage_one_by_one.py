"""Envelopes that come one by one are put together; a payload without serial numbers does not leave its applicant."""

from __future__ import annotations

from typing import Any

import pytest

from dalgubeol.errors import Conflict, Refused
from dalgubeol.nouns.run import RunState

from .crossing import Linkage, joined
from .linking import persons

pytestmark = pytest.mark.slow

TWO = {"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)}


def begun(linkage: Linkage) -> dict[str, dict[str, str]]:
    linkage.agree()
    linkage.bring(TWO)
    linkage.make_secrets()
    return linkage.keys()


def match(linkage: Linkage, keys: str, **more: Any) -> Any:
    return linkage.run("keys", "link-match", {"keys": keys, "agreement": "injuries"}, **more)


def test_envelopes_that_come_one_by_one_are_put_together(linkage: Linkage) -> None:
    made = begun(linkage)
    sent = [linkage.post(name, "keys", "keys") for name in linkage.applicants]
    first = linkage.receive("keys", sent[0])
    alone = match(linkage, first.name)
    assert alone.state is RunState.FAILED
    assert alone.fault.code == "link.incomplete"
    both = linkage.receive("keys", sent[1])
    assert both.about["linkage"]["from"] == list(linkage.applicants)
    with pytest.raises(Conflict):
        linkage.receive("keys", sent[1])
    made["keys"] = linkage.done(
        "keys", "link-match", {"keys": both.name, "agreement": "injuries"}, name="pairs"
    )
    again = linkage.receive("keys", linkage.post("firm", "keys", "keys"))  # a Run has taken the others up
    assert again.about["linkage"]["from"] == ["firm"]
    assert joined(linkage, made)


def test_a_payload_without_serial_numbers_does_not_leave(linkage: Linkage) -> None:
    made = begun(linkage)
    keep = "serial"
    linkage.pseudonymised("firm", made["firm"]["numbered"])
    linkage.done(
        "firm", "pseudonymise", {"data": made["firm"]["numbered"]}, project="injuries", quasi=["age"], keep=["weeks"],
        k=2, suppression_limit=0.5, name="bare",
    )  # fmt: skip
    with pytest.raises(Refused) as error:
        linkage.post("firm", "bare", "expert")
    assert {reason.code for reason in error.value.reasons} == {"link.serial"}
    assert keep in str(error.value.next_step)
    assert linkage.post("firm", "payload", "expert")
