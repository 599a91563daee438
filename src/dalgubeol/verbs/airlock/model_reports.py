"""What the attacks on a model found, in sentences, for everybody who is shown it: reviewers, its author, trials at home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...language import Message, say
from ...world.store import datasets
from ...world.store.reviews import Review
from ..house.house import House

Report = Mapping[str, Any]


def of_review(house: House, found: Review) -> tuple[Report, ...]:
    """One for each model among the files; whoever may see the review may see these."""
    with house.database.reading() as connection:
        return of_papers(datasets.find(connection, found.dataset).about)


def of_papers(about: Mapping[str, Any]) -> tuple[Report, ...]:
    return tuple(about.get("models", ()))


def sentences(report: Report) -> tuple[Message, ...]:
    """The whole report, but its curve."""
    built = say("{kind}: {members} training records, {others} held back; {numbers} fitted numbers, {leaves} leaves.", **{n: report[n] for n in ("kind", "members", "others", "numbers", "leaves")})  # fmt: skip
    if "likelihood" not in report:
        return (built,)
    right = say("Right for training records: {members}, for others: {others} (of classes the share of right answers, of values R²).", members=_two(report["right"][0]), others=_two(report["right"][1]))  # fmt: skip
    return (built, right, *_attacks(report), *(_attribute(each) for each in report["attributes"]))


def _attacks(report: Report) -> Sequence[Message]:
    shadows = report["shadows"]
    likelihood = (
        say("Likelihood-ratio attack, {shadows} shadow models: AUC {value} (95 % interval {low} to {high}).", shadows=shadows, **_interval(report["likelihood"]))
        if report["online"]
        else say("Likelihood-ratio attack, one-sided for lack of time, {shadows} shadow models: AUC {value} (95 % interval {low} to {high}).", shadows=shadows, **_interval(report["likelihood"]))
    )  # fmt: skip
    return (
        likelihood,
        say("At 1 % false alarms it finds {value} of the training records ({low} to {high}).", **_interval(report["found"])),
        say("Attack by confidence alone: AUC {value} ({low} to {high}).", **_interval(report["confidence"])),
        say("Worst case, an attacker who knows half of the training records: AUC {value} ({low} to {high}).", **_interval(report["worst"])),
    )  # fmt: skip


def _attribute(found: Sequence[float]) -> Message:
    feature, members, others, *advantage = found
    return say("Feature {feature} is guessed for {members} of the training records and for {others} of the others: difference {value} ({low} to {high}).", feature=int(feature), members=_two(members), others=_two(others), **_interval(advantage))  # fmt: skip


def _interval(three: Sequence[float]) -> dict[str, str]:
    return dict(zip(("value", "low", "high"), map(_two, three), strict=True))


def _two(value: float) -> str:
    return f"{value:.2f}"
