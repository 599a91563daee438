"""The risk and utility report: one page, in Korean and English, of the masked numbers of an assessment.

It is given `privacy.masking.numbers` and nothing else, so that no exact small count and no value can reach it.
A number that was masked is drawn as an empty bar and written as what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

from ...language import LANGUAGES, restored
from . import assessed_text as text
from .figures import Bar, Group, bars
from .markup import Content, Markup, Words, element, joined
from .pages import Section, callout, chip, code, figure, listed, numbers, page, paragraph, table
from .plots import Spot, plane, shades

Numbers = Mapping[str, Any]

MOST_SHADES = 12
"""Columns of the matrix that is drawn; the table behind it has all."""


def assessment_page(found: Numbers, *, language: str) -> str:
    """The whole document, opened in `language`."""
    sections = [
        Section("glance", text.AT_A_GLANCE, _glance(found)),
        Section("risk", text.RISK, _risk(found)),
        Section("sets", text.SETS, _sets(found)),
        *([Section("sensitive", text.SENSITIVE, _sensitive(found))] if found["sensitive"] else []),
        Section("outliers", text.OUTLIERS, _outliers(found)),
        Section("utility", text.UTILITY, _utility(found)),
    ]
    if len(found["associations"]["columns"]) > 1:
        sections.append(Section("together", text.TOGETHER, _together(found)))
    if found["prediction"] is not None:
        sections.append(Section("learning", text.LEARNING, _learning(found)))
    sections.append(Section("limits", text.LIMITS, listed(text.LIMITS_LIST)))
    footer = element("p", text.FOOTER)
    return page(text.TITLE, _lead(found), sections, language=language, footer=footer)


def _lead(found: Numbers) -> Markup:
    person = found["person"]
    counted = text.COUNTED_ROWS if person is None else text.COUNTED_PERSONS.filled(person=person)
    return joined(
        [
            element("p", chip("personal"), " → ", chip("pseudonymised")),
            paragraph(text.LEAD.filled(least=found["least"]), "lead"),
            paragraph(text.QUASI.filled(columns=", ".join(found["quasi_identifiers"]))),
            paragraph(counted) if person is not None else callout(paragraph(counted)),
            callout(paragraph(text.COUNTED_ROWS_AFTER.filled(person=person))) if found["rows_after"] else "",
        ]
    )


def _glance(found: Numbers) -> Markup:
    before, after, left = found["before"]["risk"], found["after"]["risk"], found["utility"]
    shares = ((text.MEAN_RISK, "prosecutor_mean_of_persons"), (text.UNIQUE, "unique_persons_share"))
    pairs: list[tuple[Words, Content]] = [
        (words, _changed(_percent(before[key], found), _percent(after[key], found))) for words, key in shares
    ]
    pairs.append((text.SMALLEST, _changed(before["smallest_class"], after["smallest_class"])))
    pairs.append((text.LOSS, text.UNKNOWN if left["loss"] is None else f"{left['loss']:.3f}"))
    out = left["rows_before"] - left["rows_after"]
    pairs.append((text.LEFT_OUT, f"{out:,} / {left['rows_before']:,}"))
    if found["prediction"] is not None and found["prediction"]["kept"] is not None:
        pairs.append((text.KEPT, _percent(found["prediction"]["kept"], found)))
    return numbers(pairs)


def _risk(found: Numbers) -> Markup:
    return joined([paragraph(text.RISK_READ), _risk_figure(found), _bands(found), _population(found)])


def _risk_figure(found: Numbers) -> Markup:
    before, after = found["before"]["risk"], found["after"]["risk"]
    above = text.ABOVE.filled(threshold=f"{before['threshold']:.2g}")
    measures = (
        (text.MEAN_RISK, "prosecutor_mean_of_persons"),
        (text.MAX_RISK, "prosecutor_max"),
        (text.UNIQUE, "unique_persons_share"),
        (above, "records_above_threshold_share"),
    )
    key = "prosecutor_mean_of_persons"
    said = {"b": f"{100 * before[key]:.1f}", "a": f"{100 * after[key]:.1f}"}
    groups = [(words, (before[k], after[k])) for words, k in measures]
    rows: list[Sequence[Content]] = [
        (words, _percent(before[k], found), _percent(after[k], found)) for words, k in measures
    ]
    rows.append((text.SMALLEST, f"{before['smallest_class']:,}", f"{after['smallest_class']:,}"))
    behind = table("risk-numbers", text.RISK_TABLE, _heads(text.MEASURE), rows, number_columns=(1, 2))
    return _before_after(
        "risk-bars", text.RISK_TITLE.filled(**said), text.RISK_DESC.filled(**said), groups, behind, found
    )


def _bands(found: Numbers) -> Markup:
    names = [_band(low, high) for low, high in found["bands"]]
    before, after = found["before"]["bands"], found["after"]["bands"]
    title = text.BANDS_NONE if found["after"]["risk"]["smallest_class"] >= found["k"] else text.BANDS_SOME
    rows = [(n, _count(b, found), _count(a, found)) for n, b, a in zip(names, before, after, strict=True)]
    behind = table("bands-numbers", text.BANDS_TABLE, _heads(text.BAND_HEAD), rows, number_columns=(1, 2))
    most = max([1, *(n for n in [*before, *after] if not isinstance(n, str))])
    pairs = list(zip(names, before, after, strict=True))

    def groups(language: str) -> list[Group]:
        return [_pair(n, b, a, language, lambda v: _count(v, found)) for n, b, a in pairs]

    said = title.filled(k=found["k"])
    drawn = {
        each: bars(f"bands-{each}", said.said(each), text.BANDS_DESC.said(each), groups(each), maximum=most)
        for each in LANGUAGES
    }
    return figure(said, drawn, behind)


def _population(found: Numbers) -> Markup:
    before, after = found["before"]["population"], found["after"]["population"]
    if before is None or after is None:
        return Markup("")
    said = text.POPULATION_READ.filled(
        population=f"{before['population']:,}", fraction=f"{100 * before['sampling_fraction']:.1f}"
    )
    rows: list[Sequence[Content]] = [
        (b[0], _estimate(b), _estimate(a))
        for b, a in zip(before["estimates"], after["estimates"], strict=True)
    ]
    rows.append((text.CHOSEN, before["chosen"], after["chosen"]))
    rows.append((text.SHARE_OF_POPULATION, *(text.UNKNOWN if s["share"] is None else _percent(s["share"], found) for s in (before, after))))  # fmt: skip
    made = table("population", text.POPULATION_TABLE, text.POPULATION_COLUMNS, rows)
    return joined([element("h3", text.POPULATION), paragraph(said), made])


def _estimate(estimate: Sequence[Any]) -> Content:
    _, uniques, reason = estimate
    if uniques is not None:
        return f"{uniques:,}"
    said = restored(reason)
    return Words(said.text("ko"), said.text("en"))


def _sets(found: Numbers) -> Markup:
    singling = found["before"]["singling"]
    rows: list[Sequence[Content]] = []
    for when, side in ((text.BEFORE, "before"), (text.AFTER, "after")):
        rows += [
            (", ".join(columns), when, _count(unique, found), _percent(mean, found))
            for columns, unique, mean in found[side]["singling"]["riskiest"]
        ]
    parts = [
        _drivers(found),
        paragraph(text.SETS_READ.filled(most=singling["most_columns"])),
        table("riskiest", text.SETS_TABLE, text.SETS_COLUMNS, rows, number_columns=(2, 3)),
    ]
    for words, side in ((text.KEYS, "before"), (text.KEYS_AFTER, "after")):
        if keys := found[side]["singling"]["keys"]:
            parts.append(paragraph(words.filled(keys="; ".join(", ".join(key) for key in keys[:5]))))
    return joined(parts)


def _drivers(found: Numbers) -> Markup:
    drivers = sorted(found["before"]["singling"]["drivers"], key=lambda d: d[2])
    every = found["before"]["risk"]["prosecutor_mean_of_persons"]
    name, _, without, _ = drivers[0]
    title = text.DRIVERS_TITLE.filled(column=name) if every - without > 0.005 else text.DRIVERS_NONE
    said = text.DRIVERS_DESC.filled(every=f"{100 * every:.1f}")
    rows = [
        (code(n), _percent(alone, found), _percent(w, found), _percent(s, found))
        for n, alone, w, s in drivers
    ]
    behind = table(
        "drivers-numbers", text.DRIVERS_TABLE, text.DRIVERS_COLUMNS, rows, number_columns=(1, 2, 3)
    )
    shown = [Bar(n, 100 * w, f"{100 * w:.1f} %") for n, _, w, _ in drivers]
    drawn = {
        each: bars(
            f"drivers-{each}", title.said(each), said.said(each),
            [Group(text.DRIVERS_COLUMNS[2].said(each), tuple(shown))], maximum=100,
        )
        for each in LANGUAGES
    }  # fmt: skip
    return figure(title, drawn, behind)


def _sensitive(found: Numbers) -> Markup:
    rows: list[Sequence[Content]] = []
    for column, *sides in found["sensitive"]:
        for when, side in zip((text.BEFORE, text.AFTER), sides, strict=True):
            if side is not None:
                measured = (f"{side['entropy']:.1f}", f"{side['equal']:.2f}", "–" if side["ordered"] is None else f"{side['ordered']:.2f}")  # fmt: skip
                rows.append((code(column), when, f"{side['distinct']:,}", *measured, _count(side["alike"], found)))  # fmt: skip
    made = table("sensitive-numbers", text.SENSITIVE_TABLE, text.SENSITIVE_COLUMNS, rows, number_columns=(2, 3, 4, 5, 6))  # fmt: skip
    return joined([paragraph(text.SENSITIVE_READ), made])


def _outliers(found: Numbers) -> Markup:
    odd, rare = found["outliers"], max(2, found["k"])
    if not odd["found"]:
        return paragraph(text.OUTLIERS_NONE)
    title = text.OUTLIERS_TITLE.filled(of=f"{odd['of_persons']:,}", persons=_count(odd["persons"], found))
    rows = [
        (", ".join(columns), text.RULES[rule], _count(persons, found))
        for rule, columns, persons in odd["findings"]
    ]
    parts = [
        callout(paragraph(title)),
        listed([rule.filled(rare=rare, expected=3 * rare) for rule in text.OUTLIERS_RULES]),
        table("outliers-numbers", text.OUTLIERS_TABLE, text.OUTLIERS_COLUMNS, rows, number_columns=(2,)),
    ]
    if odd["found"] > len(rows):
        parts.append(paragraph(text.OUTLIERS_MORE.filled(count=odd["found"] - len(rows))))
    return joined([*parts, paragraph(text.OUTLIERS_WHAT)])


def _utility(found: Numbers) -> Markup:
    left = found["utility"]
    unread = [c[0] for c in left["columns"] if c[5]]
    parts = [
        _plane(found) if left["loss"] is not None else Markup(""),
        _columns(found),
        paragraph(text.COLUMNS_READ),
    ]
    if unread:
        parts.append(callout(paragraph(text.UNREADABLE.filled(columns=", ".join(unread)))))
    pairs = [(words, text.UNKNOWN if left[key] is None else f"{left[key]:,}") for words, key in text.CLASSES]
    return joined([*parts, numbers(pairs)])


def _plane(found: Numbers) -> Markup:
    key, left, limit = "prosecutor_mean_of_persons", found["utility"]["loss"], 1 / found["k"]
    before, after = found["before"]["risk"][key], found["after"]["risk"][key]
    said = {"b": f"{before:.3f}", "a": f"{after:.3f}", "loss": f"{left:.3f}", "limit": f"{limit:.2g}"}
    title, told = text.PLANE_TITLE.filled(**said), text.PLANE_DESC.filled(**said)
    drawn = {
        each: plane(
            f"plane-{each}", title.said(each), told.said(each),
            [
                Spot(text.BEFORE.said(each), 0, before, f"({before:.3f})", strong=False),
                Spot(text.AFTER.said(each), left, after, f"({after:.3f})"),
            ],
            x_label=text.PLANE_X.said(each), y_label=text.PLANE_Y.said(each), y_limit=limit,
            y_limit_text=text.PLANE_LIMIT.filled(limit=said["limit"]).said(each),
        )
        for each in LANGUAGES
    }  # fmt: skip
    rows = [(text.PLANE_X, "0", said["loss"]), (text.PLANE_Y, said["b"], said["a"])]
    return figure(
        title,
        drawn,
        table("plane-numbers", text.PLANE_TABLE, _heads(text.MEASURE), rows, number_columns=(1, 2)),
    )


def _columns(found: Numbers) -> Markup:
    columns = found["utility"]["columns"]
    rows = [(code(c[0]), *(_decimal(v) for v in c[1:5])) for c in columns]
    behind = table(
        "columns-numbers", text.COLUMNS_TABLE, text.COLUMNS_COLUMNS, rows, number_columns=(1, 2, 3, 4)
    )
    known = sorted((c for c in columns if c[3] is not None), key=lambda c: -c[3])
    if not known:
        return behind
    most = known[0]
    title = text.COLUMNS_TITLE.filled(column=most[0], tv=f"{most[3]:.2f}") if most[3] else text.COLUMNS_SAME

    def group(column: Sequence[Any], language: str) -> Group:
        shown = [(text.TV, column[3], True), (text.KS, column[4], False)]
        return Group(column[0], tuple(Bar(w.said(language), v, f"{v:.2f}", strong) for w, v, strong in shown if v is not None))  # fmt: skip

    drawn = {
        each: bars(
            f"columns-{each}", title.said(each), text.COLUMNS_DESC.said(each), [group(c, each) for c in known], maximum=1,
        )
        for each in LANGUAGES
    }  # fmt: skip
    return figure(title, drawn, behind)


def _together(found: Numbers) -> Markup:
    made = found["associations"]
    names, before, after = made["columns"], made["before"], made["after"]
    change = [[abs(a - b) for a, b in zip(*pair, strict=True)] for pair in zip(after, before, strict=True)]
    pairs = sorted(combinations(range(len(names)), 2), key=lambda p: -change[p[0]][p[1]])
    i, j = pairs[0]
    moved = change[i][j] > 0.005
    title = text.TOGETHER_TITLE.filled(a=names[i], b=names[j], change=f"{change[i][j]:.2f}") if moved else text.TOGETHER_SAME  # fmt: skip
    told = text.TOGETHER_DESC.filled(mean=f"{made['mean_change']:.2f}")
    rows = [
        (f"{names[a]}, {names[b]}", *(f"{m[a][b]:.2f}" for m in (before, after, change))) for a, b in pairs
    ]
    behind = table(
        "together-numbers", text.TOGETHER_TABLE, text.TOGETHER_COLUMNS, rows, number_columns=(1, 2, 3)
    )
    shown = names[:MOST_SHADES]
    most = max(1.0, *(change[a][b] for a, b in pairs))
    drawn = {each: shades(f"together-{each}", title.said(each), told.said(each), shown, change, maximum=most) for each in LANGUAGES}  # fmt: skip
    return joined([figure(title, drawn, behind), paragraph(text.TOGETHER_READ)])


def _learning(found: Numbers) -> Markup:
    made = found["prediction"]
    before, after, target = made["before"], made["after"], made["target"]
    best = {s: max(made[s]["naive_bayes"], made[s]["logistic"]) for s in ("before", "after")}
    title = text.LEARNING_TITLE.filled(
        target=target, b=f"{100 * best['before']:.1f}", a=f"{100 * best['after']:.1f}"
    )
    told = text.LEARNING_DESC.filled(target=target, base=f"{100 * before['baseline']:.1f}")
    measures = ((text.BASELINE, "baseline"), (text.BAYES, "naive_bayes"), (text.LOGISTIC, "logistic"))
    groups = [(words, (before[k], after[k])) for words, k in measures]
    rows = [(words, _percent(before[k], found), _percent(after[k], found)) for words, k in measures]
    behind = table("learning-numbers", text.LEARNING_TABLE, _heads(text.MEASURE), rows, number_columns=(1, 2))
    said = text.LEARNING_READ.filled(rows=f"{max(before['rows'], after['rows']):,}")
    return joined([_before_after("learning-bars", title, told, groups, behind, found), paragraph(said)])


def _before_after(
    name: str, title: Words, told: Words, groups: Sequence[tuple[Words, Any]], behind: Markup, found: Numbers
) -> Markup:
    """Shares of 0..1 as bars in percent, two of each."""

    def group(words: Words, values: Sequence[Any], language: str) -> Group:
        before, after = (v if isinstance(v, str) else 100 * v for v in values)
        return _pair(words, before, after, language, lambda v: _percent_of(v, found))

    drawn = {
        each: bars(
            f"{name}-{each}",
            title.said(each),
            told.said(each),
            [group(w, v, each) for w, v in groups],
            maximum=100,
        )
        for each in LANGUAGES
    }
    return figure(title, drawn, behind)


def _pair(words: Words, before: Any, after: Any, language: str, written: Callable[[Any], Words]) -> Group:
    sides = ((text.BEFORE, before, False), (text.AFTER, after, True))
    made = (
        Bar(w.said(language), 0.0 if isinstance(v, str) else v, written(v).said(language), strong)
        for w, v, strong in sides
    )
    return Group(words.said(language), tuple(made))


def _band(low: int, high: int | None) -> Words:
    if high is None:
        return text.BAND_OPEN.filled(low=low)
    return text.BAND_ONE.filled(low=low) if low == high else text.BAND.filled(low=low, high=high)


def _heads(first: Words) -> tuple[Words, Words, Words]:
    return first, text.BEFORE, text.AFTER


def _changed(before: Any, after: Any) -> Words:
    return text.CHANGE.filled(before=before, after=after)


def _count(value: Any, found: Numbers) -> Words:
    if isinstance(value, str):
        return text.HIDDEN if value == "hidden" else text.FEW.filled(least=found["least"])
    return Words(f"{value:,}", f"{value:,}")


def _percent(share: Any, found: Numbers) -> Words:
    return _percent_of(share if isinstance(share, str) else 100 * share, found)


def _percent_of(value: Any, found: Numbers) -> Words:
    if isinstance(value, str):
        return _count(value, found)
    return text.PERCENT.filled(share=f"{value:.1f}")


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
