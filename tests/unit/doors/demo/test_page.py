"""The demo's report tells the whole story in both languages, and says so where something was not measured."""

import copy
import re
from html.parser import HTMLParser
from itertools import cycle

import pytest

from dalgubeol.doors.demo.page import report, write_report
from dalgubeol.doors.demo.page_data import level_in_words
from dalgubeol.doors.demo.page_text import NOT_MEASURED, UNKNOWN
from dalgubeol.methods.report.markup import Markup

CANARY = "<script>alert(1)</script>"


def about(before, after):
    risk = {"persons": 90, "records": 100, "classes": 80, "smallest_class": 1, "prosecutor_max": before,
            "prosecutor_mean_of_persons": before, "unique_persons_share": before}  # fmt: skip
    shares = dict.fromkeys(("prosecutor_max", "prosecutor_mean_of_persons", "unique_persons_share"), after)
    later = {**risk, "classes": 10, "smallest_class": 5, **shares}
    best = {"k": 5, "rows": 100, "persons": 90, "suppressed_rows": 4, "smallest_class": 5,
            "levels": {"age": [3, 4], "indust": [1, 3], "male": [0, 1]}}  # fmt: skip
    return {
        "deleted": ["rrn"], "removed": ["name"], "dropped": ["head"], "person": "person_no",
        "generalisation": best, "risk": {"before": risk, "after": later},
        "persons_whose_rows_together_are_rarer_than_k": 7,
    }  # fmt: skip


def fitted(rate, reference, aside):
    return {"batches_set_aside": [[name, "stands out"] for name in aside], "reference": reference,
            "false_alarm_rate_asked": 0.05, "false_alarm_rate_held_out": rate, "resolution": 0.04}  # fmt: skip


def dataset(sensitivity, rows):
    return {"sensitivity": sensitivity, "rows": rows, "created_at": "2026-11-23T08:52:13+00:00",
            "about": {"description": "real claims", "generated_columns": ["name", "rrn"]}}  # fmt: skip


def signature(organisation):
    return {"organisation": organisation, "verdict": "grant", "decided_at": "2026-11-23T08:52:25+00:00",
            "comment": "yes", "signature": "2efe" * 32}  # fmt: skip


def finding(row):
    values = {"file": "t.csv", "row": row, "column": "claims", "threshold": 10}
    return {"code": "small_cell", "file": "t.csv", "row": row, "column": "claims", "holds": True,
            "message": ["{file}: Row {row}, column {column}: fewer than {threshold}.", values]}  # fmt: skip


@pytest.fixture
def facts():
    permit = {
        "id": "permit-1", "state": "granted", "organisation": "University lab", "purpose": "scientific-research",
        "reason": "to prevent injuries", "kinds": ["analyse"], "valid_from": "2026-11-23T08:52:23+00:00",
        "valid_until": "2027-03-31T15:00:00+00:00", "conditions": {"smallest_cell": 10},
        "decisions": [signature("Centre"), signature("Association")],
    }  # fmt: skip
    table = '"indust","injtype","claims","mean_weeks"\n"construction","body",60,12.9\n"other","other",33,8\n'
    released = {
        "table": table,
        "refused": {"error": {}},
        "review": {"state": "released", "votes": [{"approve": True}] * 2},
    }
    faults = [
        {"batch": "5", "tag": "Tag04", "kind": "bias", "size": 5},
        {"batch": "6", "tag": "Tag05", "kind": "stuck"},
    ]
    return {
        "language": "ko",
        "seconds": 89.1,
        "register": {"claims": dataset("personal", 100), "nylon": dataset("internal", 50), "dryer": dataset("internal", 60)},
        "pseudonymise": {"rows": 96, "about": about(0.95, 0.2)},
        "permit": {
            "reasons": [{"code": "permit.none", "message": "No."}, {"code": "new.code", "message": "Something new."}],
            "own": [{"code": "decide.own", "message": "No."}],
            "permit": permit,
        },
        "analyse": {
            "stopped": [
                {"script": "socket.py", "exit": 16, "message": "The script ended with OSError at line 6."},
                {"listener_received_bytes": 0},
            ],
            "held": {"findings": [finding(3), finding(6)]},
            "released": released,
        },
        "monitor": {
            "nylon": fitted(0.0, 3, ["2"]),
            "new": {"batches": 3, "alarms": [["6", ["Tag04"], ["5"]]]},
            "injected": {"alarms": [["5", ["Tag04"], []]]},
            "faults": faults,
            "hits": 1,
            "dryer": {
                "fitted": fitted(0.087, 23, ["20", *map(str, range(1, 10))]),
                "later": {"alarms": []},
                "batch_20": {"alarms": [["20", ["DryerPressure"], []]]},
                "abnormal": 18, "solvent": 5, "agrees": True,
            },
        },
        "prove": {
            "whole": {"size": 43, "root": "04fe" * 16, "erased": 0, "signatures": 5, "events": {"ran": 13, "odd": 1}},
            "forged": {"detail": "Line 24, record 22, field proof: leaf and proof do not lead to the signed root.",
                       "next_step": "Do not rely on this bundle."},
            "bundle": "/tmp/my site-files/history.jsonl", "key": "/tmp/my site-files/ledger.key",
        },
    }  # fmt: skip


class Plain(HTMLParser):
    """Text per language; checks that tags balance."""

    VOID = frozenset({"meta", "input", "br"})

    def __init__(self):
        super().__init__()
        self.languages, self.said, self.tags = [], {"ko": [], "en": []}, []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.tags.append(tag)
            self.languages.append(
                dict(attributes).get("lang", self.languages[-1] if self.languages else "ko")
            )

    def handle_endtag(self, tag):
        assert self.tags.pop() == tag
        self.languages.pop()

    def handle_data(self, data):
        if "style" not in self.tags and self.languages:
            self.said[self.languages[-1]].append(data)


def text(html):
    plain = Plain()
    plain.feed(html)
    assert plain.tags == []
    return {language: " ".join(parts).replace("\u00a0", " ") for language, parts in plain.said.items()}


def test_the_whole_story_is_told_in_both_languages_without_a_gap(facts):
    html = report(facts)
    said = text(html)
    assert NOT_MEASURED.en not in html
    assert f">{UNKNOWN.en}<" not in html
    for korean in (
        "가명정보",
        "이용승인",
        "반출입 심사",
        "오경보율",
        "기록 43건이 온전하고",
        "식별가능정보(준식별자)",
    ):
        assert korean in said["ko"]
    for english in (
        "95.0 %",
        "18 of 28 abnormal and 5 of 10",
        "43 Records are whole",
        "for 7 persons fewer than 5 people",
    ):
        assert english in said["en"]
    assert not re.search("[가-힣]", said["en"])


def test_what_is_made_up_is_said_before_any_result_even_if_nothing_was_measured(facts):
    for given in (facts, {}):
        html = report(given)
        assert html.index("GENERATED") < html.index('id="pseudonymise"')
        assert html.index("INJECTED") < html.index('id="pseudonymise"')


def test_the_limits_of_the_measurement_are_said(facts):
    english = text(report(facts))["en"]
    assert "no published list of abnormal nylon batches was found" in english
    assert "10 abnormal and 5 high-solvent batches raised no alarm" in english
    assert "of the 33 that the literature calls good the monitor set 10 aside" in english
    assert "not a detection rate" in english


def test_a_fault_that_was_missed_is_shown_as_missed(facts):
    html = report(facts)
    row = next(r for r in html.split("<tr>") if "Tag05" in r)
    assert '<span lang="en">no</span>' in row


def test_a_disagreement_with_the_literature_is_shown(facts):
    facts["monitor"]["dryer"]["agrees"] = False
    english = text(report(facts))["en"]
    assert "disagrees" in english
    assert "(agrees)" not in english


def test_facts_that_are_missing_are_not_measured_and_nothing_breaks():
    html = report({})
    assert html.count(NOT_MEASURED.ko) > 10
    assert html.count(f">{UNKNOWN.en}<") == 6
    text(html)


def paths(value, before=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*before, key)
            yield from paths(inner, (*before, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from paths(inner, (*before, place))


def test_no_single_missing_or_odd_fact_breaks_the_report(facts):
    """All places where something is, each with one of the odd values in turn, and each without."""
    for path, odd in zip(paths(facts), cycle((None, [], "odd", -1, 0, {})), strict=False):
        broken = copy.deepcopy(facts)
        parent = broken
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = odd
        assert report(broken).endswith("</html>\n")
        del parent[path[-1]]
        assert report(broken).endswith("</html>\n")


def test_every_string_of_the_facts_is_escaped(facts):
    def poisoned(value):
        if isinstance(value, dict):
            return {key: poisoned(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [poisoned(inner) for inner in value]
        return value + CANARY if isinstance(value, str) else value

    one_by_one = [{**facts, key: poisoned(facts[key])} for key in facts]
    for html in map(report, one_by_one):
        assert "<script" not in html
    assert CANARY.replace("<", "&lt;").replace(">", "&gt;") in report(one_by_one[4])


def test_the_report_needs_no_host_and_no_script(facts):
    html = report(facts)
    assert not re.search(r"https?:|url\(|@import|src=|<link|<script", html)


def test_it_opens_in_the_language_of_the_facts(facts):
    assert 'id="read-ko" checked' in report(facts)
    assert 'id="read-en" checked' in report({**facts, "language": "en"})


def test_commands_can_be_pasted_whatever_the_folder_is_called(facts):
    html = report(facts)
    assert "dalgu ledger verify &#x27;/tmp/my site-files/history.jsonl&#x27; --key" in html
    assert "export DALGU_SITE=&#x27;/tmp/my site&#x27;" in html


def test_levels_are_said_in_words():
    assert level_in_words("age", 3, 4).en == "bands of 20; below 20 and 60 and more each taken together"
    assert level_in_words("male", 0, 1).en == "as it was"
    assert level_in_words("male", 1, 1).ko == "모두 가림 (*)"
    assert level_in_words("indust", 1, 3).ko == "3개 묶음: 건설업, 제조업, 기타"
    assert level_in_words("unheard of", 1, 3).en == "coarser"


def test_the_report_is_written_where_asked(facts, tmp_path):
    path = write_report(facts, tmp_path / "report.html")
    assert path.read_text(encoding="utf-8") == report(facts)
    assert not isinstance(path, Markup)
