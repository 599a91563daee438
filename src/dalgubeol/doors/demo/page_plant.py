"""The report's sections on the plants and the ledger, with the limits of what was measured."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...language import LANGUAGES
from ...methods.report.figures import Bar, Group, Mark, bars, strip
from ...methods.report.markup import Content, Markup, Words, element, joined
from ...methods.report.pages import callout, chip, code, commands, figure, paragraph, table, tag
from . import page_text_plant as text
from .page_parts import Facts, block, known, names, percent, translated
from .page_text import INJECTED

GOOD, ABNORMAL, SOLVENT = range(1, 34), range(34, 62), range(62, 72)  # the literature's classes of the dryer
_PLACE = re.compile(r"[Ll]ine (\d+), record (\d+), field (\w+)")


def monitored(facts: Facts) -> Markup:
    return joined(
        [
            element("p", chip("internal")),
            block(_fitted, facts),
            element("h3", text.ALARMS),
            block(_alarms, facts),
            callout(paragraph(text.NO_LIST)),
            element("h3", text.FAULTS),
            element("p", tag(INJECTED)),
            block(_faults, facts),
            element("h3", text.LITERATURE),
            paragraph(text.LITERATURE_SAID),
            block(_literature, facts),
            block(_twenty, facts),
            block(_rates, facts),
        ]
    )


def proven(facts: Facts) -> Markup:
    return joined(
        [
            block(_whole, facts),
            paragraph(text.VERIFY),
            block(lambda f: commands([verify_command(f)]), facts),
            element("h3", text.FORGED),
            block(_forged, facts),
        ]
    )


def tried_next(facts: Facts) -> Markup:
    return joined(
        [
            paragraph(text.NEXT_SAID),
            block(lambda f: commands(next_commands(f)), facts),
            paragraph(text.NEXT_OWN),
            commands(["dalgu init mysite", "dalgu doctor", "dalgu dataset add --help", "dalgu run --help"]),
        ]
    )


def verify_command(facts: Facts) -> str:
    prove = facts["prove"]
    return shlex.join(["dalgu", "ledger", "verify", prove["bundle"], "--key", prove["key"]])


def next_commands(facts: Facts) -> list[str]:
    """The demo keeps its papers in `SITE-files` beside the site: that is where the bundle lies."""
    files = Path(facts["prove"]["bundle"]).parent
    site = files.with_name(files.name.removesuffix("-files"))
    where = {
        "DALGU_SITE": site,
        "DALGU_KEYS": files / "keys",
        "DALGU_SESSION": files / "sessions" / "operator.json",
    }
    return [
        *(f"export {name}={shlex.quote(str(path))}" for name, path in where.items()),
        "dalgu dataset list",
        "dalgu runs",
        "dalgu ledger records",
        verify_command(facts),
    ]


def _fitted(facts: Facts) -> Markup:
    fitted = facts["monitor"]["nylon"]
    aside = [name for name, _ in fitted["batches_set_aside"]]
    said = text.FITTED.filled(
        given=len(aside) + fitted["reference"],
        aside=len(aside),
        names=names(aside) if aside else text.NOTHING,
        reference=fitted["reference"],
    )
    return paragraph(said)


def _alarms(facts: Facts) -> Markup:
    fitted, new = facts["monitor"]["nylon"], facts["monitor"]["new"]
    first = len(fitted["batches_set_aside"]) + fitted["reference"] + 1  # they follow the ones adapted on
    alarmed = [name for name, _, _ in new["alarms"]]
    looked_at = [str(number) for number in range(first, first + new["batches"])]
    if not set(alarmed) <= set(looked_at):
        raise ValueError
    title = text.ALARMS_TITLE.filled(all=new["batches"], n=len(alarmed))
    said = text.ALARMS_DESC.filled(names=names(alarmed) if alarmed else text.NOTHING)
    marks = [Mark(name, "alarm" if name in alarmed else "quiet") for name in looked_at]
    drawn = {
        each: strip(
            f"alarms-{each}",
            title.said(each),
            said.said(each),
            marks,
            {"alarm": text.ALARM_MARK.said(each), "quiet": text.QUIET_MARK.said(each)},
        )
        for each in LANGUAGES
    }
    rows = [
        (name, names(tags) if tags else "–", names(phases) if phases else "–")
        for name, tags, phases in new["alarms"]
    ]
    return figure(title, drawn, table("alarms", text.ALARMS_TABLE, text.ALARMS_COLUMNS, rows))


def _faults(facts: Facts) -> Markup:
    faults = facts["monitor"]["faults"]
    found = {name: tags for name, tags, _ in facts["monitor"]["injected"]["alarms"]}
    rows = [_fault(fault, found.get(str(fault["batch"]))) for fault in faults]
    said = text.FAULTS_SAID.filled(all=len(faults), hits=facts["monitor"]["hits"])
    return joined(
        [
            paragraph(said),
            table("faults", text.FAULTS_TABLE, text.FAULTS_COLUMNS, rows),
            paragraph(text.FAULTS_LIMIT, "faint"),
        ]
    )


def _fault(fault: dict[str, Any], tags: Sequence[str] | None) -> tuple[Content, ...]:
    first = list(tags or [])[:1] == [fault["tag"]]
    found = text.NO if tags is None else text.YES if first else text.YES_OTHER_TAG
    return (
        fault["batch"],
        code(fault["tag"]),
        known(text.KINDS, fault["kind"]),
        _size(fault),
        code(names(tags)) if tags else "–",
        found,
    )


def _size(fault: dict[str, Any]) -> Content:
    if "size" not in fault:
        return "–"
    return (text.SAMPLES if fault["kind"] == "delay" else text.SPREADS).filled(n=fault["size"])


def _literature(facts: Facts) -> Markup:
    dryer = facts["monitor"]["dryer"]
    fitted, abnormal, solvent = dryer["fitted"], dryer["abnormal"], dryer["solvent"]
    aside, kept = len(fitted["batches_set_aside"]), fitted["reference"]
    false = round(fitted["false_alarm_rate_held_out"] * kept)
    counted = {
        "abnormal": abnormal, "abnormals": len(ABNORMAL), "solvent": solvent, "solvents": len(SOLVENT),
    }  # fmt: skip
    classes = [
        (text.L_ABNORMAL, len(ABNORMAL), abnormal),
        (text.L_SOLVENT, len(SOLVENT), solvent),
        (text.L_GOOD, kept, false),
    ]
    title = text.LITERATURE_TITLE.filled(**counted)
    rates = [percent(alarm / all_) for _, all_, alarm in classes]
    said = text.LITERATURE_DESC.filled(abnormal_rate=rates[0], solvent_rate=rates[1], good_rate=rates[2])
    drawn = {each: _class_bars(each, title, said, classes) for each in LANGUAGES}
    rows: list[Sequence[Content]] = [(words, all_, n, all_ - n) for words, all_, n in classes]
    rows.append((text.L_ASIDE, aside, "–", "–"))
    behind = table(
        "literature", text.LITERATURE_TABLE, text.LITERATURE_COLUMNS, rows, number_columns=(1, 2, 3)
    )
    missed = text.L_MISSED.filled(
        missed=len(ABNORMAL) - abnormal, unsolved=len(SOLVENT) - solvent, given=len(GOOD), aside=aside
    )
    return joined([figure(title, drawn, behind), callout(paragraph(missed))])


def _class_bars(
    language: str, title: Words, said: Words, classes: Sequence[tuple[Words, int, int]]
) -> Markup:
    groups = [
        Group(
            words.said(language),
            (Bar("", 100 * n / all_, f"{n} / {all_} ({percent(n / all_)} %)", strong=place < 2),),
        )
        for place, (words, all_, n) in enumerate(classes)
    ]
    return bars(f"literature-{language}", title.said(language), said.said(language), groups, maximum=100)


def _twenty(facts: Facts) -> Markup:
    dryer = facts["monitor"]["dryer"]
    alarms = dryer["batch_20"]["alarms"]
    tag_named = alarms[0][1][0] if alarms else "–"
    said = (text.TWENTY_AGREES if dryer["agrees"] else text.TWENTY_DIFFERS).filled(tag=tag_named)
    aside = "20" in [name for name, _ in dryer["fitted"]["batches_set_aside"]]
    return joined([paragraph(said), paragraph(text.TWENTY_LIMIT, "faint") if aside else None])


def _rates(facts: Facts) -> Markup:
    monitor = facts["monitor"]
    plants = [(text.NYLON, monitor["nylon"]), (text.DRYER, monitor["dryer"]["fitted"])]
    asked = monitor["nylon"]["false_alarm_rate_asked"]
    shown = {"nylon": percent(_rate(plants[0][1])), "dryer": percent(_rate(plants[1][1]))}
    title = text.RATES_TITLE.filled(**shown, asked=percent(asked))
    said = text.RATES_DESC.filled(asked=percent(asked))
    drawn = {each: _rate_bars(each, title, said, plants, asked) for each in LANGUAGES}
    rows = [
        (
            words,
            len(fitted["batches_set_aside"]),
            fitted["reference"],
            round(_rate(fitted) * fitted["reference"]),
            f"{percent(_rate(fitted))} %",
            f"{percent(fitted['false_alarm_rate_asked'])} %",
        )
        for words, fitted in plants
    ]
    behind = table("rates", text.RATES_TABLE, text.RATES_COLUMNS, rows, number_columns=(1, 2, 3, 4, 5))
    finest = {name: percent(fitted["resolution"]) for name, (_, fitted) in zip(shown, plants, strict=True)}
    return joined([figure(title, drawn, behind), callout(paragraph(text.RATES_LIMIT.filled(**finest)))])


def _rate(fitted: dict[str, Any]) -> float:
    return float(fitted["false_alarm_rate_held_out"])


def _rate_bars(
    language: str, title: Words, said: Words, plants: Sequence[tuple[Words, dict[str, Any]]], asked: float
) -> Markup:
    groups = [
        Group(words.said(language), (Bar("", 100 * _rate(fitted), f"{percent(_rate(fitted))} %"),))
        for words, fitted in plants
    ]
    return bars(
        f"rates-{language}",
        title.said(language),
        said.said(language),
        groups,
        maximum=max(10.0, *(100 * _rate(fitted) for _, fitted in plants), 100 * asked),
        limit=100 * asked,
        limit_text=text.ASKED.filled(n=percent(asked)).said(language),
    )


def _whole(facts: Facts) -> Markup:
    whole = facts["prove"]["whole"]
    said = paragraph(text.LEDGER_SAID.filled(size=whole["size"], signatures=whole["signatures"]))
    root = element("p", text.ROOT, ": ", code(whole["root"]), class_="faint")
    erased = paragraph(text.LEDGER_ERASED.filled(n=whole["erased"]), "faint")
    return joined([said, root, erased, block(_events, facts)])


def _events(facts: Facts) -> Markup:
    whole = facts["prove"]["whole"]
    counted: list[tuple[str, int]] = list(whole["events"].items())
    most, n = max(counted, key=lambda each: each[1])
    title = text.EVENTS_TITLE.filled(size=whole["size"])
    said = text.EVENTS_DESC.filled(most=known(text.EVENTS, most), n=n)
    drawn = {each: _event_bars(each, title, said, counted) for each in LANGUAGES}
    rows = [(known(text.EVENTS, event), count) for event, count in counted]
    behind = table("events", text.EVENTS_TABLE, text.EVENTS_COLUMNS, rows, number_columns=(1,))
    return figure(title, drawn, behind)


def _event_bars(language: str, title: Words, said: Words, counted: Sequence[tuple[str, int]]) -> Markup:
    shown = tuple(
        Bar(known(text.EVENTS, event).said(language), n, text.TIMES.filled(n=n).said(language))
        for event, n in counted
    )
    heading = text.EVENTS_COLUMNS[1].said(language)
    maximum = max(n for _, n in counted)
    return bars(
        f"events-{language}",
        title.said(language),
        said.said(language),
        [Group(heading, shown)],
        maximum=maximum,
    )


def _forged(facts: Facts) -> Markup:
    forged = facts["prove"]["forged"]
    found = _PLACE.search(forged["detail"])
    place = (
        text.FORGED_PLACE.filled(line=found[1], record=found[2], field=found[3])
        if found
        else text.FORGED_SOMEWHERE
    )
    quotes = (element("p", translated(forged[key])) for key in ("detail", "next_step"))
    return joined([paragraph(text.FORGED_SAID.filled(place=place)), callout(*quotes)])
