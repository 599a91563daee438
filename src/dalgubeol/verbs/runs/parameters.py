"""The parameters that somebody gives, as the kind's own model reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import Invalid, lacking
from ...kinds.contract import Kind
from ...language import Message, say

Place = tuple[str | int, ...]
"""Where in the parameters something is: names of fields, places in lists, keys."""


def checked_parameters(kind: Kind, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the kind's own model reads them, as plain JSON. Raises Invalid naming the field."""
    plain, wrong = _checked(kind, parameters)
    if wrong:
        place, what = wrong[0]
        field = ".".join(str(part) for part in place) or "parameters"
        said = say("Parameter {field} of '{kind}': {what}.", field=field, kind=kind.name, what=what)
        if what.template.endswith("."):  # a sentence already
            said = say("Parameter {field} of '{kind}': {what}", field=field, kind=kind.name, what=what)
        raise Invalid(
            f"invalid.{field}",
            said,
            say("Correct the policy there; `dalgu policy check` tries it on the table.")
            if field == "policy"
            else say("`dalgu run {kind} --help` lists the parameters.", kind=kind.name),
        )
    return plain


def parameter_faults(kind: Kind, parameters: Mapping[str, Any]) -> tuple[tuple[Place, Message], ...]:
    """Everything that the kind's model holds against these parameters, each with its place; for forms."""
    return tuple(_checked(kind, parameters)[1])


def _checked(kind: Kind, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[Place, Message]]]:
    from pydantic import ValidationError

    try:
        model = kind.Parameters.model_validate(dict(parameters))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return {}, [(tuple(each["loc"]), lacking(each)) for each in found]
    plain: dict[str, Any] = model.model_dump(mode="json")
    return plain, []
