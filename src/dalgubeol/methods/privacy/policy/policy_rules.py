"""What the parts of a policy must have in common: every rule that one field alone cannot tell.

Each function yields faults: the place in the policy and what is wrong there, in words for a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ....language import Message, say
from ..text import TYPES
from .groups import names_astray
from .masked_only import left_open

if TYPE_CHECKING:
    from .policy import Column, Counts, Policy

Fault = tuple[tuple[str | int, ...], Message]
MOST_UNITS = 10**12
"""How many units one row may move a private sum: a million rows of them still are a number of 64 bits."""
MOST_NOISE = 10**15
"""The largest scale of noise, in units: beyond it OpenDP's whole numbers end."""
_ALONE = ("delete", "keep", "pseudonym")


def faults(policy: Policy) -> Iterator[Fault]:
    """All of them, in the order of the policy."""
    yield from _of_person(policy)
    yield from _of_search(policy)
    for name, column in policy.columns.items():
        yield from _of_steps(name, column)
        yield from _of_generalisation(policy, name, column)
        yield from _of_values(name, column)
    yield from _of_hierarchies(policy)
    yield from _of_groups(policy)
    yield from _of_models(policy)
    yield from _of_together(policy)
    yield from count_faults(policy.counts)


def _of_person(policy: Policy) -> Iterator[Fault]:
    if policy.person is None:
        return
    column = policy.columns.get(policy.person)
    if column is None:
        yield ("person",), say("it names {column}, which is not among the columns of the policy", column=policy.person)  # fmt: skip
    elif column.role != "direct identifier":
        yield ("columns", policy.person, "role"), say("the column of persons is a direct identifier")


def _of_search(policy: Policy) -> Iterator[Fault]:
    if policy.quasi:
        return
    if open_ := tuple(left_open(policy)):
        yield ("columns",), say("at least one column must be a quasi-identifier: without any, nothing is measured and nothing but masked text may go out, but {columns} would", columns=", ".join(open_))  # fmt: skip
    elif all(policy.goes(column) for column in policy.columns):
        yield ("columns",), say("at least one column must be a quasi-identifier: without any, nothing is measured, and here nothing goes out")  # fmt: skip
    beyond = policy.models.model_dump(exclude_defaults=True).keys() - {"k"}
    for name in sorted(beyond):
        yield ("models", name), say("without a quasi-identifier there are no classes, so nothing can be asked of them")  # fmt: skip
    for name in ("microaggregate", "counts"):
        if getattr(policy, name):
            yield (name,), say("it needs at least one quasi-identifier")


def _of_steps(name: str, column: Column) -> Iterator[Fault]:
    place = ("columns", name, "steps")
    does = [step.do for step in column.steps]
    for index, do in enumerate(does):
        if do in _ALONE and len(does) > 1:
            yield (*place, index, "do"), say("'{step}' stands alone: take the other steps away", step=do)
        if do == "generalise" and index < len(does) - 1:
            yield (*place, index, "do"), say("'{step}' comes last: the search counts what goes out", step=do)
        if column.role == "direct identifier" and do not in ("delete", "pseudonym"):
            yield (*place, index, "do"), say("a direct identifier is deleted or becomes a pseudonym, nothing else")  # fmt: skip
        if column.role != "direct identifier" and do == "pseudonym":
            yield (*place, index, "do"), say("only a direct identifier becomes a pseudonym")
        if column.role == "quasi-identifier" and do in ("delete", "keep"):
            yield (*place, index, "do"), say("a quasi-identifier takes part in the search: give it another role, or no such step")  # fmt: skip


def _of_generalisation(policy: Policy, name: str, column: Column) -> Iterator[Fault]:
    for index, step in enumerate(column.steps):
        if step.do != "generalise":
            continue
        place = ("columns", name, "steps", index)
        if len(step.forms) > 1:
            yield (*place, step.forms[1]), say("one way of becoming coarser at a time, here are {count}", count=len(step.forms))  # fmt: skip
        if not step.widths and (step.bottom is not None or step.top is not None):
            yield (*place, "bottom" if step.bottom is not None else "top"), say("it goes with widths")
        if step.groups is not None and step.groups not in {group.of for group in policy.groups}:
            yield (*place, "groups"), say("there are no [[groups]] of {name}", name=step.groups)
        if step.hierarchy is not None and step.hierarchy not in policy.hierarchies:
            yield (*place, "hierarchy"), say("there is no [hierarchies.{name}]", name=step.hierarchy)
        if step.level is not None and (step.at_least is not None or step.at_most is not None):
            yield (*place, "level"), say("it says exactly how coarse: take at_least and at_most away")
        if step.at_least is not None and step.at_most is not None and step.at_least > step.at_most:
            yield (*place, "at_least"), say("it is more than at_most")
        if column.role != "quasi-identifier" and (not step.level or not step.forms):
            yield (*place, "level"), say("a column outside the search needs a form and a level of at least 1")


def _of_hierarchies(policy: Policy) -> Iterator[Fault]:
    for name, hierarchy in policy.hierarchies.items():
        if hierarchy.file is not None:
            yield ("hierarchies", name, "file"), say("a file is brought in by the command line, `dalgu policy whole`, from the folder of the policy; here its lines stand in csv")  # fmt: skip
        elif not hierarchy.csv:
            yield ("hierarchies", name, "csv"), say("it has no lines")


def _of_groups(policy: Policy) -> Iterator[Fault]:
    seen: set[tuple[str, int, str]] = set()
    names: dict[tuple[str, int], set[str]] = {}
    for group in policy.groups:
        names.setdefault((group.of, group.level), set()).add(group.name)
    for index, group in enumerate(policy.groups):
        for value in group.values:
            key = (group.of, group.level, value)
            if key in seen:
                yield ("groups", index, "values"), say("one of its values is in another group of the same level too")  # fmt: skip
                break
            seen.add(key)
        if group.level > 1:
            strange = set(group.values) - names.get((group.of, group.level - 1), set())
            if strange:
                yield ("groups", index, "values"), say("above level 1 its values are names of groups of the level below; {count} are not", count=len(strange))  # fmt: skip
    yield from _of_names(policy)


def _of_names(policy: Policy) -> Iterator[Fault]:
    """A name may be a value too: the place says which it is, and not the name."""
    sets = {of: levels.values() for of, levels in policy.group_levels.items()}
    astray = {(of, *each) for of, levels in sets.items() for each in names_astray([*levels])}
    for index, group in enumerate(policy.groups):
        if (group.of, group.level, group.name) in astray:
            yield ("groups", index, "name"), say("below, at a finer level, this name stands for values that are not in this group: give one of the two another name")  # fmt: skip


def _of_values(name: str, column: Column) -> Iterator[Fault]:
    for index, step in enumerate(column.steps):
        place = ("columns", name, "steps", index)
        if step.do in ("top", "bottom") and (step.value is None) == (step.percentile is None):
            yield (*place, "value"), say("it needs a value or a percentile, one of the two")
        if step.do == "pram":
            if (step.stay is None) == (not step.matrix):
                yield (
                    (*place, "stay"),
                    say("it needs one chance of staying or a whole matrix, one of the two"),
                )
            if any(abs(sum(row.values()) - 1) > 1e-9 or min(row.values()) < 0 for row in step.matrix.values()):  # fmt: skip
                yield (*place, "matrix"), say("the chances of a category are at least 0 and sum to 1")
            if any(not row.keys() <= step.matrix.keys() for row in step.matrix.values()):
                yield (*place, "matrix"), say("a category that another may become has a row of its own")
        if step.do == "mask":
            strange = sorted(set(step.types) - set(TYPES))
            if strange:
                yield (*place, "types"), say("it must be one of: {choices}", choices=", ".join(TYPES))


def _of_models(policy: Policy) -> Iterator[Fault]:
    models, quasi = policy.models, policy.quasi
    looked_at = [("diversity", i, m.column) for i, m in enumerate(models.diversity)]
    looked_at += [("closeness", i, m.column) for i, m in enumerate(models.closeness)]
    for what, index, column in looked_at:
        if column not in policy.columns or policy.goes(column) or column in quasi:
            yield ("models", what, index, "column"), say("it needs a column that goes out and is no quasi-identifier")  # fmt: skip
    for index, diversity in enumerate(models.diversity):
        if (diversity.kind == "recursive") != (diversity.c is not None):
            yield ("models", "diversity", index, "c"), say("c goes with the recursive kind, and only with it")
        if diversity.kind != "entropy" and not diversity.l.is_integer():
            yield ("models", "diversity", index, "l"), say("it must be a whole number")
    for index, closeness in enumerate(models.closeness):
        if (closeness.distance == "hierarchical") != (closeness.hierarchy is not None):
            yield ("models", "closeness", index, "hierarchy"), say("a hierarchy goes with the hierarchical distance, and only with it")  # fmt: skip
        elif closeness.hierarchy is not None and closeness.hierarchy not in policy.hierarchies:
            yield ("models", "closeness", index, "hierarchy"), say("there is no [hierarchies.{name}]", name=closeness.hierarchy)  # fmt: skip
    if models.presence is not None and models.presence.lowest > models.presence.highest:
        yield ("models", "presence", "lowest"), say("it is more than highest")
    strange = sorted(policy.search.weights.keys() - {*quasi})
    if strange:
        yield ("search", "weights", strange[0]), say("only a quasi-identifier has a weight")


def _of_together(policy: Policy) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, together in enumerate(policy.microaggregate):
        for column in together.columns:
            if column not in policy.columns or policy.goes(column) or policy.pseudonym(column) is not None:
                yield ("microaggregate", index, "columns"), say("{column} does not go out as numbers", column=column)  # fmt: skip
            if column in seen:
                yield ("microaggregate", index, "columns"), say("{column} is in it twice, or in two of them", column=column)  # fmt: skip
            seen.add(column)


def count_faults(asked: Sequence[Counts]) -> Iterator[Fault]:
    """Of private counts."""
    names = [counts.name for counts in asked]
    for index, counts in enumerate(asked):
        if names.count(counts.name) > 1:
            yield ("counts", index, "name"), say("two of them have this name")
        if any(len(set(values)) < len(values) or not values for values in counts.groups.values()):
            yield ("counts", index, "groups"), say("each column needs its values, each of them once")
        bounds = (counts.lowest, counts.highest)
        if counts.total is None and bounds != (None, None):
            yield ("counts", index, "lowest"), say("it goes with total")
        elif counts.total is not None and (None in bounds or not bounds[0] < bounds[1]):  # type: ignore[operator]
            yield ("counts", index, "lowest"), say("a sum needs lowest and highest, set by you and never taken from the data")  # fmt: skip
        widest = max(abs(counts.lowest or 0.0), abs(counts.highest or 0.0)) / counts.unit
        if widest > MOST_UNITS:
            yield ("counts", index, "highest"), say("lowest or highest is more than {most} units: bring them nearer to what a value can be, or make the unit larger", most=f"{MOST_UNITS:,}")  # fmt: skip
        elif counts.rows_per_person * max(widest, 1.0) / counts.epsilon > MOST_NOISE:
            yield ("counts", index, "epsilon"), say("with these bounds, rows and epsilon nothing but noise would come out")  # fmt: skip
