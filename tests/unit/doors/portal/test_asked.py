"""The form of a kind is read from its schema, and gives back what its model reads."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from dalgubeol import kinds
from dalgubeol.doors.portal.runs.asked import Shape, asks, begun, given_all, typed_all
from dalgubeol.kinds import contract


class Inner(BaseModel):
    tag: str = Field(description="The tag", json_schema_extra=contract.OF_DATA)
    over: float = 1.5


class Wide(contract.Parameters):
    line: str = Field(description="One line")
    script: str = Field(description="A file", json_schema_extra={"file": True})
    whole: int = Field(3, ge=1, le=9, description="A whole number")
    share: float = Field(0.5, gt=0, description="A share")
    flag: bool = Field(False, description="Yes or no")
    choice: Literal["a", "b"] | None = Field(None, description="One of two")
    column: str = Field(description="A column", json_schema_extra=contract.OF_DATA)
    columns: tuple[str, ...] = Field((), description="Columns", json_schema_extra=contract.OF_DATA)
    lines: tuple[str, ...] = Field((), description="Some lines")
    widths: tuple[float, ...] = Field((), description="Some numbers")
    group: Inner | None = Field(None, description="An object")
    groups: tuple[Inner, ...] = Field((), description="Objects")
    by_column: dict[str, Inner] = Field(
        default_factory=dict, description="For columns", json_schema_extra=contract.OF_DATA
    )
    anything: dict[str, Any] = Field(default_factory=dict, description="Anything")


FIELDS = asks(Wide.model_json_schema())


def test_each_type_of_field_has_its_shape() -> None:
    shapes = {ask.name: ask.shape for ask in FIELDS}
    assert shapes == {
        "name": Shape.LINE, "line": Shape.LINE, "script": Shape.FILE, "whole": Shape.NUMBER, "share": Shape.NUMBER,
        "flag": Shape.TICK, "choice": Shape.CHOICE, "column": Shape.COLUMN, "columns": Shape.COLUMNS,
        "lines": Shape.LINES, "widths": Shape.LINES, "group": Shape.GROUP, "groups": Shape.GROUPS,
        "by_column": Shape.BY_COLUMN, "anything": Shape.JSON,
    }  # fmt: skip


def test_what_is_needed_the_bounds_and_the_choices_are_known() -> None:
    known = {ask.name: ask for ask in FIELDS}
    assert {name for name, ask in known.items() if ask.needed} == {"line", "script", "column"}
    assert (known["whole"].whole, known["whole"].least, known["whole"].most) == (True, 1, 9)
    assert (known["share"].least, known["share"].most) == (0, None)
    assert known["choice"].options == ("a", "b")
    assert known["column"].slot == "data"
    assert known["widths"].of_numbers


def test_what_is_typed_becomes_what_the_model_reads() -> None:
    typed = {
        "line": " x ", "script": "print()\n", "whole": "7", "share": "0.25", "flag": True, "choice": "b", "column": "c",
        "columns": ["c", "d"], "lines": "1-40\n\nbatch, 7\n", "widths": "5, 10", "group": {"tag": "t", "over": "2"},
        "groups": [{"tag": "t", "over": ""}], "by_column": {"c": {"tag": "t", "over": "3"}}, "anything": '{"a": [1]}',
    }  # fmt: skip
    model = Wide.model_validate(given_all(FIELDS, typed))
    assert model.script == "print()\n"
    assert (model.line, model.whole, model.share, model.flag, model.choice) == ("x", 7, 0.25, True, "b")
    assert model.lines == ("1-40", "batch, 7")
    assert model.widths == (5.0, 10.0)
    assert model.group == Inner(tag="t", over=2)
    assert model.groups == (Inner(tag="t"),)
    assert model.by_column == {"c": Inner(tag="t", over=3)}
    assert model.anything == {"a": [1]}


def test_what_is_left_empty_is_left_to_the_model() -> None:
    empty = {ask.name: begun(ask) for ask in FIELDS}
    given = given_all(FIELDS, empty)
    assert set(given) == {"whole", "share", "flag"}  # those with a default that is shown
    assert given["flag"] is False


def test_what_cannot_be_read_stays_for_the_model_to_judge() -> None:
    given = given_all(FIELDS, {"whole": "many", "anything": "{no", "column": "c"})
    assert given == {"whole": "many", "anything": "{no", "column": "c", "flag": False}


@pytest.mark.parametrize("name", [name for name in kinds.names() if name != "release"])
def test_the_example_of_each_kind_survives_being_shown_and_given_again(name: str) -> None:
    kind = kinds.kind(name)
    fields = asks(kind.Parameters.model_json_schema())
    for example in kind.examples():
        model = kind.Parameters.model_validate(dict(example.parameters))
        plain = model.model_dump(mode="json")
        again = kind.Parameters.model_validate(given_all(fields, typed_all(fields, plain)))
        assert again == model
