"""What whoever asks for a risk review says, completed by what can be seen of the table: each item with its role, the
reason and what is to become of it, and the risk as it stands before anything is done.

Roles and reasons come from the profile of the columns, what is to become of them from the policy that is given (the
answer `policy`, a text in the form of `policy.toml`). A review is not opened while what it judges is not said: its
paper would be empty, and could not be mended once it is signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ...errors import Invalid, Reason, Refused
from ...language import Message, say
from ...nouns.dataset import Form
from ...nouns.panel import Panel, PanelKind
from ...world.identity import SignedIn
from ..house.clock import day, now
from ..house.house import House
from . import proposals
from .proposals import MOST_COLUMNS, MOST_ROWS, Proposal

if TYPE_CHECKING:
    import pyarrow as pa

    from ...methods.papers.fields import Field
    from ...methods.privacy.policy.policy import Column, Policy

NEEDED = ("use", "place", "data_risk", "environment", "items")
_ROLES = {
    "direct identifier": say("direct identifier"),
    "quasi-identifier": say("quasi-identifier"),
    "sensitive": say("sensitive"),
    "plain": say("says nothing of who"),
}
Both = dict[str, str]
"""A text in Korean and English, as answers keep it."""


def completed(house: House, who: SignedIn, dataset: str, answers: Mapping[str, object]) -> dict[str, object]:
    """The answers with what the site sees. Raises Invalid naming every field that is not answered, with the words
    that it takes; and for a policy that cannot be read."""
    from ...methods.privacy.policy.policy_text import parsed

    said = dict(answers)
    text = said.pop("policy", None)
    policy = parsed(str(text)) if text is not None else None
    said |= _seen(house, who, dataset, policy, "items" in said)
    if wrong := lacking(said):
        raise Invalid(
            "invalid.answers",
            say("A risk review needs answers to: {fields}.", fields="; ".join(map(str, wrong))),
            say("Give them with --answers FILE on the command line (item = \"word\" under [data_risk] and [environment], and policy or [[items]]), as answers over HTTP, or in the form of the portal."),
        )  # fmt: skip
    return said


def reasons_of_empty(panel: Panel) -> tuple[Reason, ...]:
    """Why nobody speaks of a review whose paper would be empty, or closes it: it was asked for before its answers
    were needed. What is answered later would not be what its members signed, so it is withdrawn and asked for anew."""
    wrong = lacking(panel.answers, panel.opened_at) if panel.kind is PanelKind.RISK else []
    if not wrong:
        return ()
    told = say("This risk review was asked for without answers to: {fields}. Whoever asked withdraws it and asks for it again with them.", fields="; ".join(wrong))  # fmt: skip
    return (Reason("panel.answers", told),)


def lacking(said: Mapping[str, object], at: str | None = None) -> list[str]:
    """The needed fields that are not, or not wholly, answered: each with the words that it takes. `at`: by the form
    of that moment, not by today's."""
    wrong = []
    for field in form_fields(at):
        words = ", ".join(each.name for each in (field.answers or field.options))
        given = said.get(field.name)
        if field.kind == "checklist":
            known = given if isinstance(given, Mapping) else {}
            missing = [item.name for item in field.options if not known.get(item.name)]
            if missing:
                wrong.append(f"{field.name} [{', '.join(missing)}] = {words}")
        elif not given:
            wrong.append(f"policy, items [{words}]" if field.name == "items" else f"{field.name} = {words}")
    return wrong


def form_fields(at: str | None = None) -> tuple[Field, ...]:
    """The fields of the form of that moment, or of today's, that a risk review needs."""
    from ...methods.papers import form as forms

    form = forms.form(PanelKind.RISK.value, date.fromisoformat(day(at or now())))
    return tuple(field for field in form.fields() if field.name in NEEDED)


def _seen(house: House, who: SignedIn, name: str, policy: Policy | None, told: bool) -> dict[str, object]:
    """What the table shows; nothing where whoever asks may not have it looked at, or where it is no table."""
    try:
        dataset, table = proposals.beginning(house, who, name, "columns")
    except (Refused, Invalid):
        return {}
    if dataset.form is not Form.TABLE:
        return {}
    found = proposals.of_table(table)
    rows: dict[str, object] = (
        {} if told or policy is None else {"items": [_row(each, policy) for each in found]}
    )
    return rows | _measured(table, found, policy)


def _row(proposal: Proposal, policy: Policy) -> dict[str, object]:
    named = policy.columns.get(proposal.column)
    role = named.role if named is not None else proposal.role
    why = list(proposal.evidence) or [say("nothing that identifies was recognised")]
    plan = [say("left out")] if policy.goes(proposal.column) else list(_plan(named))
    return {"item": proposal.column, "role": _both([_ROLES[role]]), "why": _both(why), "plan": _both(plan)}


def _plan(column: Column | None) -> Iterator[Message]:
    from ...methods.privacy.policy.step_names import step_name

    steps = column.steps if column is not None else ()
    for step in steps:
        yield step_name(step.do)
    if not steps:
        yield say("made coarser by the search") if column and column.role == "quasi-identifier" else say("kept as it is")  # fmt: skip


def _measured(table: pa.Table, found: Sequence[Proposal], policy: Policy | None) -> dict[str, object]:
    """The risk of the table as it stands, over its first rows."""
    from ...methods.privacy.measure.risk import reidentification_risk

    quasi = [each.column for each in found if each.role == "quasi-identifier"] if policy is None else [c for c in policy.quasi if c in table.column_names]  # fmt: skip
    person = policy.person if policy is not None else None
    if not quasi or len(quasi) > MOST_COLUMNS or (person is not None and person not in table.column_names):
        return {}
    risk = reidentification_risk(table, quasi, person=person)
    rows = (
        (say("columns that were looked at together"), ", ".join(quasi)),
        (say("mean risk that a person is recognised"), _percent(risk.prosecutor_mean_of_persons)),
        (say("share of persons whom nobody else equals"), _percent(risk.unique_persons_share)),
        (say("rows that were looked at"), f"{table.num_rows:,}"),
    )
    about: dict[str, object] = {"measured": [{"measure": _both([what]), "before": figure, "after": ""} for what, figure in rows]}  # fmt: skip
    if table.num_rows < MOST_ROWS:
        about["persons"] = f"{risk.persons:,}"
    return about


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _both(said: Sequence[Any]) -> Both:
    return {language: "; ".join(each.text(language) for each in said) for language in ("ko", "en")}
