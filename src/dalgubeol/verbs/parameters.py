"""The parameters that somebody gives, as the kind's own model reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import Invalid
from ..kinds.contract import Kind
from ..language import Message, phrase, say

Place = tuple[str | int, ...]
"""Where in the parameters something is: names of fields, places in lists, keys."""


def checked_parameters(kind: Kind, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the kind's own model reads them, as plain JSON. Raises Invalid naming the field."""
    plain, wrong = _checked(kind, parameters)
    if wrong:
        place, what = wrong[0]
        field = ".".join(str(part) for part in place) or "parameters"
        raise Invalid(
            f"invalid.{field}",
            say("Parameter {field} of '{kind}': {what}.", field=field, kind=kind.name, what=what),
            say("`dalgu run {kind} --help` lists the parameters.", kind=kind.name),
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


def lacking(error: Mapping[str, Any]) -> Message:
    """What pydantic holds against a value, in words that can be translated; its own where we have none."""
    bounds: Mapping[str, Any] = error.get("ctx", {})
    known = {
        "missing": say("it is needed"),
        "extra_forbidden": say("it is not known"),
        "int_parsing": say("it must be a whole number"),
        "float_parsing": say("it must be a number"),
        "bool_parsing": say("it must be true or false"),
        "string_pattern_mismatch": say("it has characters or a form that it may not have"),
        "greater_than": say("it must be more than {bound}", bound=bounds.get("gt", "")),
        "greater_than_equal": say("it must be at least {bound}", bound=bounds.get("ge", "")),
        "less_than_equal": say("it must be at most {bound}", bound=bounds.get("le", "")),
        "too_short": say("it must have at least {bound} entries", bound=bounds.get("min_length", "")),
        "string_too_long": say("it must have at most {bound} characters", bound=bounds.get("max_length", "")),
        "string_type": say("it must be text"),
        "int_type": say("it must be a whole number"),
        "int_from_float": say("it must be a whole number"),
        "float_type": say("it must be a number"),
        "finite_number": say("it must be a number"),
        "literal_error": say("it must be one of: {choices}", choices=bounds.get("expected", "")),
        "enum": say("it must be one of: {choices}", choices=bounds.get("expected", "")),
        "string_too_short": say(
            "it must have at least {bound} characters", bound=bounds.get("min_length", "")
        ),
    }
    return known.get(error["type"]) or phrase(str(error["msg"]))
