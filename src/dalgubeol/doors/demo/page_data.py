"""The report's sections on the claims: pseudonymised, permitted, analysed. Numbers as the facts have them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from ...language import LANGUAGES, Message
from ...methods.report.figures import Bar, Group, bars
from ...methods.report.markup import Content, Markup, Words, element, joined
from ...methods.report.pages import callout, chip, code, figure, listed, paragraph, table
from . import page_text as text
from .choices import GENERALISE
from .page_parts import Facts, block, known, moment, names, percent, quoted, translated

_MEASURES = (
    (text.RISK_UNIQUE, "unique_persons_share"),
    (text.RISK_MEAN, "prosecutor_mean_of_persons"),
    (text.RISK_MAX, "prosecutor_max"),
)
_COUNTS = (
    (text.PERSONS, "persons"),
    (text.RECORDS, "records"),
    (text.CLASSES, "classes"),
    (text.SMALLEST, "smallest_class"),
)


def pseudonymised(facts: Facts) -> Markup:
    labels = element("p", chip("personal"), " → ", chip("pseudonymised"))
    parts = (_risk, _done, _levels, _remains)
    return joined([labels, *(block(part, facts) for part in parts)])


def permitted(facts: Facts) -> Markup:
    return joined(block(part, facts) for part in (_refused, _own, _granted, _signed))


def analysed(facts: Facts) -> Markup:
    return joined(
        [
            element("h3", text.STOPPED),
            block(_stopped, facts),
            element("h3", text.HELD),
            block(_held, facts),
            element("h3", text.RELEASED),
            element("p", chip("pseudonymised"), " → ", chip("anonymous")),
            block(_released, facts),
        ]
    )


def _risk(facts: Facts) -> Markup:
    risk = facts["pseudonymise"]["about"]["risk"]
    before, after = risk["before"], risk["after"]
    shares = [(words, before[key], after[key]) for words, key in _MEASURES]
    said = {
        f"{letter}{place}": percent(share)
        for letter, (_, *pair) in zip("umh", shares, strict=True)
        for place, share in enumerate(pair, start=1)
    }
    title, description = text.RISK_TITLE.filled(**said), text.RISK_DESC.filled(**said)
    drawn = {each: _risk_bars(each, shares, title, description) for each in LANGUAGES}
    rows: list[Sequence[Content]] = [
        *((words, f"{percent(b)} %", f"{percent(a)} %") for words, b, a in shares),
        *((words, f"{before[key]:,}", f"{after[key]:,}") for words, key in _COUNTS),
    ]
    behind = table("risk", text.RISK_TABLE, text.RISK_COLUMNS, rows, number_columns=(1, 2))
    return figure(title, drawn, behind)


def _risk_bars(
    language: str, shares: Sequence[tuple[Words, float, float]], title: Words, said: Words
) -> Markup:
    groups = [
        Group(
            words.said(language),
            (
                Bar(text.BEFORE.said(language), 100 * before, f"{percent(before)} %", strong=False),
                Bar(text.AFTER.said(language), 100 * after, f"{percent(after)} %"),
            ),
        )
        for words, before, after in shares
    ]
    return bars(f"risk-{language}", title.said(language), said.said(language), groups, maximum=100)


def _done(facts: Facts) -> Markup:
    about = facts["pseudonymise"]["about"]
    best = about["generalisation"]
    share = percent(best["suppressed_rows"] / best["rows"])
    items = [
        text.DELETED.filled(columns=names(about["deleted"])),
        text.REMOVED.filled(columns=names(about["removed"])),
        text.PSEUDONYM.filled(person=about["person"]),
        text.DROPPED.filled(count=len(about["dropped"]), columns=names(about["dropped"])),
        text.SUPPRESSED.filled(
            rows=f"{best['rows']:,}",
            suppressed=f"{best['suppressed_rows']:,}",
            share=share,
            smallest=best["smallest_class"],
            k=best["k"],
        ),
    ]
    return joined([element("h3", text.DONE), listed(items)])


def _levels(facts: Facts) -> Markup:
    levels = facts["pseudonymise"]["about"]["generalisation"]["levels"]
    rows = [
        (
            code(column),
            known(text.MEANING, column),
            level_in_words(column, level, height),
            text.LEVEL.filled(level=level, height=height),
        )
        for column, (level, height) in levels.items()
    ]
    return table("levels", text.LEVELS_TABLE, text.LEVELS_COLUMNS, rows, number_columns=(3,))


def level_in_words(column: str, level: int, height: int) -> Words:
    """What a level means, by the rules that the story gave to `pseudonymise`."""
    rule: dict[str, Any] = dict(GENERALISE.get(column) or {})  # type: ignore[call-overload]
    if level == 0:
        return text.AS_IS
    if level == height:
        return text.ALL_HIDDEN
    if "widths" in rule:
        return _bands(rule, rule["widths"][level - 1])
    if "groups" in rule:
        labels = sorted({str(label) for label in rule["groups"][level - 1].values()})
        shown = [known(text.VALUES, label) for label in labels]
        both = Words(", ".join(w.ko for w in shown), ", ".join(w.en for w in shown))
        return text.GROUPS.filled(count=len(labels), names=both)
    return text.COARSER


def _bands(rule: dict[str, Any], width: float) -> Words:
    ends = [
        words.filled(n=f"{rule[key]:,}")
        for key, words in (("bottom", text.END_BOTTOM), ("top", text.END_TOP))
        if rule.get(key) is not None
    ]
    if not ends:
        return text.BANDS.filled(width=width)
    both = Words(", ".join(w.ko for w in ends), " and ".join(w.en for w in ends))
    return text.BANDS_ENDS.filled(width=width, ends=both)


def _remains(facts: Facts) -> Markup:
    about = facts["pseudonymise"]["about"]
    count = about["persons_whose_rows_together_are_rarer_than_k"]
    said = text.REMAINS.filled(count=f"{count:,}", k=about["generalisation"]["k"])
    return joined([callout(paragraph(said), loud=True), paragraph(text.NOT_KNOWN, "faint")])


def _refused(facts: Facts) -> Markup:
    reasons = facts["permit"]["reasons"]
    said = paragraph(text.REFUSED.filled(count=len(reasons)))
    return joined([said, _reasons("refused", text.REFUSED_TABLE, reasons)])


def _own(facts: Facts) -> Markup:
    return joined([paragraph(text.OWN), _reasons("own", text.OWN_TABLE, facts["permit"]["own"])])


def _reasons(name: str, caption: Words, reasons: Sequence[dict[str, str]]) -> Markup:
    rows = [
        (text.REASONS.get(each["code"]) or translated(each["message"]), code(each["code"]))
        for each in reasons
    ]
    return table(name, caption, text.REASON_COLUMNS, rows)


def _granted(facts: Facts) -> Markup:
    permit = facts["permit"]["permit"]
    period = text.PERIOD.filled(start=moment(permit["valid_from"]), end=moment(permit["valid_until"]))
    cell = permit["conditions"]["smallest_cell"]
    rows: list[Sequence[Content]] = [
        (text.P_ID, code(permit["id"])),
        (text.P_STATE, known(text.STATES, permit["state"])),
        (text.P_HOLDER, quoted(permit["organisation"])),
        (text.P_PURPOSE, known(text.PURPOSES, permit["purpose"])),
        (text.P_REASON, quoted(permit["reason"])),
        (text.P_KINDS, code(names(permit["kinds"]))),
        (text.P_PERIOD, period),
        (text.P_CELL, text.COUNT_OF_CLAIMS.filled(n=cell)),
    ]
    return table("permit-granted", text.GRANTED_TABLE, text.FIELD_COLUMNS, rows)


def _signed(facts: Facts) -> Markup:
    decisions = facts["permit"]["permit"]["decisions"]
    organisations = {each["organisation"] for each in decisions}
    rows = [
        (
            quoted(each["organisation"]),
            known(text.VERDICTS, each["verdict"]),
            moment(each["decided_at"]),
            quoted(each["comment"]),
            code(each["signature"][:16]),
        )
        for each in decisions
    ]
    said = text.SIGNED.filled(count=len(decisions), organisations=len(organisations))
    return joined([paragraph(said), table("signed", text.SIGNED_TABLE, text.SIGNED_COLUMNS, rows)])


def _stopped(facts: Facts) -> Markup:
    tried = [each for each in facts["analyse"]["stopped"] if "script" in each]
    rows = [
        (known(text.ATTEMPTS, each["script"]), each["exit"], translated(each["message"])) for each in tried
    ]
    received = [
        each["listener_received_bytes"]
        for each in facts["analyse"]["stopped"]
        if "listener_received_bytes" in each
    ]
    return joined(
        [
            paragraph(text.STOPPED_SAID.filled(count=len(tried))),
            table("stopped", text.STOPPED_TABLE, text.STOPPED_COLUMNS, rows, number_columns=(1,)),
            *(paragraph(text.LISTENER.filled(n=n)) for n in received),
        ]
    )


def _held(facts: Facts) -> Markup:
    findings = facts["analyse"]["held"]["findings"]
    rows = [
        (code(str(each["file"])), each["row"], code(str(each["column"])), _why(each)) for each in findings
    ]
    refused = "refused" in (facts["analyse"].get("released") or {})
    said = text.HELD_SAID.filled(count=len(findings))
    return joined(
        [
            paragraph(said),
            paragraph(text.HELD_REFUSED) if refused else None,
            table("held", text.HELD_TABLE, text.HELD_COLUMNS, rows, number_columns=(1,)),
        ]
    )


def _why(finding: dict[str, Any]) -> Content:
    template, values = finding["message"]
    if finding["code"] == "small_cell":
        return text.SMALL_CELL.filled(threshold=values["threshold"])
    message = Message(template, values)
    return Words(message.text("ko"), message.text("en"))


def _released(facts: Facts) -> Markup:
    released = facts["analyse"]["released"]
    header, *rows = list(csv.reader(io.StringIO(released["table"])))
    votes = [vote for vote in released["review"]["votes"] if vote["approve"]]
    columns = [known(text.RELEASED_COLUMNS, column) for column in header]
    shown = [
        (known(text.VALUES, a), known(text.VALUES, b), f"{int(n):,}", f"{float(w):.1f}")
        for a, b, n, w in rows
    ]
    behind = table("released", text.RELEASED_CAPTION, columns, shown, number_columns=(2, 3))
    said = paragraph(text.RELEASED_SAID.filled(count=len(votes)))
    return joined([said, behind, block(lambda _: _missing(facts, rows), facts), _weeks(rows)])


def _missing(facts: Facts, rows: Sequence[Sequence[str]]) -> Markup:
    total, all_rows = sum(int(row[2]) for row in rows), facts["pseudonymise"]["rows"]
    words = text.RELEASED_MISSING if total < all_rows else text.RELEASED_ALL
    return paragraph(
        words.filled(total=f"{total:,}", rows=f"{all_rows:,}", missing=f"{all_rows - total:,}"), "faint"
    )


def _weeks(rows: Sequence[Sequence[str]]) -> Markup:
    """Small multiples: one group of bars for each industry, all on one scale."""
    longest = max(rows, key=lambda row: float(row[3]))
    where = Words(
        *(", ".join(known(text.VALUES, cell).said(each) for cell in longest[:2]) for each in LANGUAGES)
    )
    weeks = f"{float(longest[3]):.1f}"
    title = text.RELEASED_TITLE.filled(most=where, weeks=weeks, n=f"{int(longest[2]):,}")
    said = text.RELEASED_DESC.filled(most=where, weeks=weeks)
    drawn = {each: _weeks_bars(each, rows, title, said) for each in LANGUAGES}
    columns = [text.RELEASED_COLUMNS[key] for key in ("indust", "injtype", "mean_weeks")]
    shown = [
        (known(text.VALUES, row[0]), known(text.VALUES, row[1]), text.WEEKS.filled(n=f"{float(row[3]):.1f}"))
        for row in rows
    ]
    behind = table("weeks", text.RELEASED_CAPTION_WEEKS, columns, shown, number_columns=(2,))
    return figure(title, drawn, behind)


def _weeks_bars(language: str, rows: Sequence[Sequence[str]], title: Words, said: Words) -> Markup:
    industries = list(dict.fromkeys(row[0] for row in rows))
    groups = [
        Group(
            known(text.VALUES, industry).said(language),
            tuple(
                Bar(
                    known(text.VALUES, row[1]).said(language),
                    float(row[3]),
                    text.WEEKS.filled(n=f"{float(row[3]):.1f}").said(language),
                )
                for row in rows
                if row[0] == industry
            ),
        )
        for industry in industries
    ]
    longest = max(float(row[3]) for row in rows)
    return bars(f"weeks-{language}", title.said(language), said.said(language), groups, maximum=longest)
