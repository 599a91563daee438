"""The parameters that somebody gives, as the kind's own model reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import Invalid
from ..kinds.contract import Kind
from ..language import Message, phrase, say


def checked_parameters(kind: Kind, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the kind's own model reads them, as plain JSON. Raises Invalid naming the field."""
    from pydantic import ValidationError

    try:
        model = kind.Parameters.model_validate(dict(parameters))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "parameters"
        raise Invalid(
            f"invalid.{field}",
            say("Parameter {field} of '{kind}': {what}.", field=field, kind=kind.name, what=_lacking(first)),
            say("`dalgu run {kind} --help` lists the parameters.", kind=kind.name),
        ) from None
    plain: dict[str, Any] = model.model_dump(mode="json")
    return plain


def _lacking(error: Mapping[str, Any]) -> Message:
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
        "string_too_short": say(
            "it must have at least {bound} characters", bound=bounds.get("min_length", "")
        ),
    }
    return known.get(error["type"]) or phrase(str(error["msg"]))
