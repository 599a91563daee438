"""Errors, by who must act.

| family | means | exit | HTTP |
|---|---|---|---|
| Refused | a rule says no; carries every reason | 10 | 403 |
| Invalid | what you gave is wrong: names the field, expected, got | 11 | 422 |
| Missing | not there, or not yours to see: the same answer | 12 | 404 |
| Conflict | not legal in this state | 13 | 409 |
| Unavailable | something outside is not ready; retry | 14 | 503 |
| Tampered | a proof fails; never retried, alarm | 15 | 500 |

Every error says what happened (`detail`) and what to do (`next_step`), both as `Message`s that are read in
the reader's language. No error carries a data value or a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .language import Message, phrase, say


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing a rule holds against a request. `code` is for programs, `message` for people; `cure` is the next
    step that mends just this, where another would not."""

    code: str
    message: Message
    cure: Message | None = field(default=None, repr=False, compare=False)

    def text(self, language: str = "en") -> str:
        return self.message.text(language)


class DalguError(Exception):
    """Root of every error that a person or program can act on."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    family: ClassVar[str] = "error"

    def __init__(self, code: str, detail: Message, next_step: Message) -> None:
        super().__init__(code, detail, next_step)
        self.code = code
        self.detail = detail
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.code}: {self.detail} {self.next_step}"

    def as_json(self, language: str = "en") -> dict[str, object]:
        """The error as programs read it."""
        return {
            "family": self.family,
            "code": self.code,
            "detail": self.detail.text(language),
            "next_step": self.next_step.text(language),
        }


class Refused(DalguError):
    """A rule says no. `reasons` holds all of them, not only the first."""

    exit_code, http_status, family = 10, 403, "refused"

    def __init__(
        self, code: str, detail: Message, next_step: Message, reasons: Iterable[Reason] = ()
    ) -> None:
        super().__init__(code, detail, next_step)
        self.reasons = tuple(reasons)

    def __str__(self) -> str:
        return " ".join([super().__str__(), *(f"[{r.code}] {r.message}" for r in self.reasons)])

    def as_json(self, language: str = "en") -> dict[str, object]:
        reasons = [{"code": r.code, "message": r.text(language)} for r in self.reasons]
        return {**super().as_json(language), "reasons": reasons}


class Invalid(DalguError):
    """What was given is wrong."""

    exit_code, http_status, family = 11, 422, "invalid"

    @classmethod
    def field(
        cls, name: str, *, expected: Message | str, got: object, next_step: Message | None = None
    ) -> Invalid:
        """The usual form: which field, what it should be, what it was.

        A `str` that is a literal where this is called is in the catalogues; of a made-up one (an f-string)
        say a Message. What was got is looked up under a context of its own: it may be a name of somebody's.
        """
        expected = phrase(expected) if type(expected) is str else expected
        got = phrase(got, "got") if type(got) is str else got
        return cls(
            f"invalid.{name}",
            say("{field} must be {expected}, but is {got}.", field=name, expected=expected, got=got),
            next_step or say("Correct {field} and try again.", field=name),
        )


class Missing(DalguError):
    """Not there, or not yours to see."""

    exit_code, http_status, family = 12, 404, "missing"


class Conflict(DalguError):
    """Not legal in this state."""

    exit_code, http_status, family = 13, 409, "conflict"


class Unavailable(DalguError):
    """Something this needs is not ready; try again after the next step."""

    exit_code, http_status, family = 14, 503, "unavailable"


class Tampered(DalguError):
    """A proof fails: bytes or history are not what they were."""

    exit_code, http_status, family = 15, 500, "tampered"


FAMILIES: tuple[type[DalguError], ...] = (Refused, Invalid, Missing, Conflict, Unavailable, Tampered)

EXIT_FAILED = 16  # the Run failed: the script or its parameters are at fault (yours)
EXIT_BROKEN = 17  # the Run broke: the platform is at fault (ours)
EXIT_HELD = 18  # the Run's outputs wait in the airlock


def lacking(error: Mapping[str, Any]) -> Message:
    """What pydantic holds against a value, in words that can be translated; its own where we have none."""
    bounds: Mapping[str, Any] = error.get("ctx", {})
    said = bounds.get("said")  # by a rule of our own
    known = {
        "missing": say("it is needed"),
        "union_tag_not_found": say("it does not say what it does: do = ..."),
        "union_tag_invalid": say(
            "there is no step of this name; there are: {choices}", choices=bounds.get("expected_tags", "")
        ),
        "dict_type": say("it must be a table of its own"),
        "model_type": say("it must be a table of its own"),
        "model_attributes_type": say("it must be a table of its own"),
        "tuple_type": say("it must be a list"),
        "date_from_datetime_parsing": say("it must be a day, such as 2026-01-31"),
        "date_parsing": say("it must be a day, such as 2026-01-31"),
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
    return said if isinstance(said, Message) else known.get(error["type"]) or phrase(str(error["msg"]))
