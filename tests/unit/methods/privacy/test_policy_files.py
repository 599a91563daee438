"""The hierarchy files of a policy are written into it, and what is wrong with one is said with file and line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.hierarchy import from_csv
from dalgubeol.methods.privacy.policy.policy import Step
from dalgubeol.methods.privacy.policy.policy_files import made_whole
from dalgubeol.methods.privacy.policy.policy_text import parsed
from dalgubeol.methods.privacy.policy.step_names import STEP_NAMES, step_name

POLICY = """\
project = "p"

# the clerk's own words
[columns.age]
role = "quasi-identifier"
steps = [{do = "generalise", hierarchy = "ages"}]

[hierarchies.ages]
file = "ages.csv"  # of last year

[hierarchies.other]
csv = "a;*"

[columns.weeks]
role = "plain"
"""
GOOD = "34;30-39;*\n41;40-49;*\n"


def whole(content: str | bytes, policy: str = POLICY) -> str:
    given = content.encode() if isinstance(content, str) else content
    return made_whole(policy, {"ages.csv": given}.__getitem__)


def test_the_lines_of_a_file_stand_in_the_policy_and_all_else_where_it_was() -> None:
    text = whole(GOOD)
    assert parsed(text).hierarchies["ages"].csv == GOOD
    before, after = POLICY.split("\n"), text.split("\n")
    assert [n for n, (a, b) in enumerate(zip(before, after, strict=True), start=1) if a != b] == [9]


def test_a_policy_without_files_stays_as_it_is() -> None:
    text = POLICY.replace('file = "ages.csv"  # of last year', 'csv = "34;*"')
    assert made_whole(text, {}.__getitem__) == text


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(";", ","),
        GOOD + "\n\n",
        '"34";"30-39";*\n41;40-49;*',
    ],
)
def test_every_usual_way_of_writing_csv_says_the_same(content: str) -> None:
    assert parsed(whole(content)).hierarchies["ages"].csv == GOOD


def test_korean_labels_of_a_spreadsheet_and_labels_with_the_delimiter_are_read() -> None:
    text = '범어동;"대구; 수성구";*\n매호동;"대구; 수성구";*\n'
    given = parsed(whole(text.encode("cp949"))).hierarchies["ages"]
    tree = from_csv("place", given.csv.split("\n"), given.delimiter)
    assert tree.labels[1] == ("대구; 수성구", "대구; 수성구")


def test_a_delimiter_of_the_policy_is_kept() -> None:
    policy = POLICY.replace("# of last year", '\ndelimiter = "|"')
    given = parsed(whole(GOOD.replace(";", "|"), policy)).hierarchies["ages"]
    assert (given.csv, given.delimiter) == (GOOD.replace(";", "|"), "|")


@pytest.mark.parametrize(
    "header", ["[hierarchies]\nages.file =", '[hierarchies."ages"]\n"file" =', "[hierarchies.ages]\nfile="]
)
def test_however_the_key_is_written_it_is_found(header: str) -> None:
    policy = POLICY.replace('[hierarchies.other]\ncsv = "a;*"\n', "").replace(
        "[hierarchies.ages]\nfile =", header
    )
    assert parsed(whole(GOOD, policy)).hierarchies["ages"].csv == GOOD


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("34;30-39;*\n41;40-49\n", 2, "2 fields, where the first line has 3"),
        ("34\n", 1, "1 fields"),
        ("34;30-39;*\n\n34;30-39;*\n", 3, "its value stands on line 1 already"),
        ("1;a;x;*\n2;b;x;*\n3;a;y;*\n", 3, "level 1 joins, level 2 separates: line 1"),
        ("1;a;all\n2;b;*\n", 2, "another than that of line 1"),
        ('1;a;*\n2;"b;*\n', 2, "quotes"),
        ('1;"a\nb";*\n', 2, "several lines"),
    ],
)
def test_what_is_no_tree_is_said_with_file_and_line_and_no_label(content: str, line: int, said: str) -> None:
    with pytest.raises(Invalid) as raised:
        whole(content)
    assert "ages.csv" in str(raised.value)
    assert f"Line {line}: " in str(raised.value)
    assert said in str(raised.value)
    assert "30-39" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe3\x004\x00", b"34;\x00;*\n"])
def test_what_is_no_text_or_empty_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"ages\.csv"):
        whole(content)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../ages.csv", "a/../../x", "a\\\\b.csv", "c:x.csv", "", ".", "a//b"]
)
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_read(name: str) -> None:
    def never(_: str) -> bytes:
        raise AssertionError("it was read")

    with pytest.raises(Invalid, match="leads out"):
        made_whole(POLICY.replace("ages.csv", name), never)


@pytest.mark.parametrize(
    "policy",
    [
        POLICY.replace('[hierarchies.ages]\nfile = "ages.csv"', '[hierarchies]\nages = {file = "ages.csv"}'),
        POLICY.replace('file = "ages.csv"', 'file = "ages.csv"\ncsv = "34;*"'),
    ],
)
def test_a_form_that_cannot_be_followed_says_how_to_write_it(policy: str) -> None:
    with pytest.raises(Invalid) as raised:
        whole(GOOD, policy)
    assert "only the file" in raised.value.next_step.text("en")


def test_too_much_altogether_is_refused() -> None:
    with pytest.raises(Invalid, match="4,000,000"):
        whole("".join(f"{n};{'x' * 40};*\n" for n in range(90_000)))


def test_where_a_file_was_not_brought_in_the_line_is_named() -> None:
    with pytest.raises(Invalid, match=r"Line 9 of the policy, hierarchies\.ages\.file"):
        parsed(POLICY)


def test_a_long_text_in_a_policy_is_looked_through_in_a_moment() -> None:
    rows = "".join(f"{n};x;*\n" for n in range(60_000))
    text = POLICY.replace('csv = "a;*"', f'csv = """\n{rows}"""') + "strange = 1\n"
    with pytest.raises(Invalid, match=r"Line 60017 of the policy, columns\.weeks\.strange"):
        parsed(whole(GOOD, text))


@pytest.mark.skipif("DALGU_DATA" not in os.environ, reason="DALGU_DATA does not name the folder of test data")
def test_the_files_of_arx_are_taken_as_they_are() -> None:
    folder = Path(os.environ["DALGU_DATA"]) / "privacy"
    files = sorted(folder.glob("*/hierarchies/*.csv"))
    assert len(files) >= 9
    for file in files:
        policy = POLICY.replace("ages.csv", file.name)
        given = parsed(made_whole(policy, lambda _: file.read_bytes())).hierarchies["ages"]  # noqa: B023
        with file.open(encoding="utf-8-sig") as lines:
            assert from_csv("ages", given.csv.split("\n"), given.delimiter) == from_csv("ages", lines), (
                file.name
            )


def test_every_step_of_a_policy_has_a_name_for_people_in_both_languages() -> None:
    known = {step.model_fields["do"].annotation.__args__[0] for step in Step.__args__[0].__args__}  # type: ignore[attr-defined]
    assert set(STEP_NAMES) == known
    for do, name in STEP_NAMES.items():
        assert step_name(do) is name
        assert name.text("ko") != name.text("en")
    assert step_name("of-an-earlier-version").text("ko") == "of-an-earlier-version"
