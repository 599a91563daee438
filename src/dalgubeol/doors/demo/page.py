"""The demo's report: one file in Korean and English that a newcomer can read from top to bottom.

The rules: every number comes from the facts of the run; a fact that is not there is said to be not measured;
what is generated or injected is labelled so, loudly, before any result; limits stand beside the result.
Sentences are in `page_text` and `page_text_plant`, the builders in `methods.report`.
"""

from __future__ import annotations

from pathlib import Path

from ...methods.report.markup import Content, Markup, Words, element, joined
from ...methods.report.pages import (
    Section,
    callout,
    chip,
    listed,
    numbers,
    page,
    paragraph,
    table,
    tag,
)
from . import page_text as text
from . import page_text_plant as plant_text
from .page_data import analysed, permitted, pseudonymised
from .page_parts import Facts, block, moment, names, percent, value
from .page_plant import monitored, proven, tried_next


def write_report(facts: Facts, path: Path) -> Path:
    """Write the report of these facts (as `story.tell` collects them) to `path` and return it."""
    path.write_text(report(facts), encoding="utf-8")
    return path


def report(facts: Facts) -> str:
    """The whole HTML document, opened in the language of the facts."""
    sections = (
        Section("glance", text.GLANCE, _glance(facts)),
        Section("truth", text.TRUTH, _truth(facts)),
        Section("steps", text.STEPS, listed(text.STEP_LIST, ordered=True)),
        Section("pseudonymise", text.RISK, pseudonymised(facts)),
        Section("permit", text.PERMIT, permitted(facts)),
        Section("analyse", text.SANDBOX, analysed(facts)),
        Section("monitor", plant_text.MONITOR, monitored(facts)),
        Section("prove", plant_text.LEDGER, proven(facts)),
        Section("next", plant_text.NEXT, tried_next(facts)),
    )
    lead = joined([paragraph(text.LEAD, "lead"), block(_when, facts)])
    language = str(facts.get("language", "ko"))
    return page(text.TITLE, lead, sections, language=language, footer=paragraph(text.FOOTER))


def _when(facts: Facts) -> Markup:
    when = moment(facts["register"]["claims"]["created_at"])
    return paragraph(text.WHEN.filled(when=when, seconds=facts["seconds"]), "faint")


def _glance(facts: Facts) -> Markup:
    def unique(f: Facts) -> str:
        risk = f["pseudonymise"]["about"]["risk"]
        before, after = (percent(risk[when]["unique_persons_share"]) for when in ("before", "after"))
        return f"{before} % → {after} %"

    def received(f: Facts) -> Words:
        counted = [each for each in f["analyse"]["stopped"] if "listener_received_bytes" in each]
        return text.BYTES.filled(n=counted[0]["listener_received_bytes"])

    return numbers(
        [
            (
                text.GLANCE_CLAIMS,
                value(lambda f: text.ROWS.filled(n=f"{f['register']['claims']['rows']:,}"), facts),
            ),
            (text.GLANCE_UNIQUE, value(unique, facts)),
            (
                text.GLANCE_SIGNED,
                value(lambda f: text.COUNT.filled(n=len(f["permit"]["permit"]["decisions"])), facts),
            ),
            (text.GLANCE_OUT, value(received, facts)),
            (
                text.GLANCE_FAULTS,
                value(
                    lambda f: text.OF.filled(n=f["monitor"]["hits"], all=len(f["monitor"]["faults"])), facts
                ),
            ),
            (
                text.GLANCE_RECORDS,
                value(lambda f: plant_text.TIMES.filled(n=f["prove"]["whole"]["size"]), facts),
            ),
        ]
    )


def _truth(facts: Facts) -> Markup:
    return joined([_loudly(), block(_sources, facts)])


def _loudly() -> Markup:
    """Needs no fact, so that it is never missing."""
    labels = element("p", tag(text.GENERATED), " ", tag(text.INJECTED))
    return callout(labels, paragraph(text.TRUTH_LOUD), loud=True)


def _sources(facts: Facts) -> Markup:
    register = facts["register"]
    claims, best = register["claims"], facts["pseudonymise"]["about"]["generalisation"]
    real, generated = text.REAL, tag(text.GENERATED)
    rows: list[tuple[Content, Content, Content]] = [
        (joined([text.T_CLAIMS, " ", chip(claims["sensitivity"])]), real, _source(text.TRUTH_CLAIMS, claims)),
        (
            text.T_COLUMNS,
            generated,
            text.TRUTH_GENERATED.filled(columns=names(claims["about"]["generated_columns"])),
        ),
        (
            text.T_PERSONS,
            generated,
            text.TRUTH_PERSONS.filled(
                persons=f"{best['persons']:,}",
                rows=f"{best['rows']:,}",
                twice=f"{best['rows'] - best['persons']:,}",
            ),
        ),
        *(
            (
                joined([words, " ", chip(register[name]["sensitivity"])]),
                real,
                _source(text.TRUTH_PLANT, register[name]),
            )
            for words, name in ((text.T_NYLON, "nylon"), (text.T_DRYER, "dryer"))
        ),
        (
            text.T_FAULTS,
            tag(text.INJECTED),
            text.TRUTH_FAULTS.filled(faults=len(facts["monitor"]["faults"])),
        ),
        (text.T_PEOPLE, text.PLAYED, text.TRUTH_PEOPLE),
    ]
    return table("sources", text.TRUTH_TABLE, text.TRUTH_COLUMNS, rows)


def _source(words: Words, dataset: Facts) -> Words:
    return words.filled(rows=f"{dataset['rows']:,}", about=dataset["about"]["description"])
