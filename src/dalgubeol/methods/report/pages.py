"""Pages for people: one self-contained HTML file in Korean and English, for the screen, offline and on paper.

The rules: no script and no foreign host (a content security policy in the page forbids both); everything is
escaped (`markup`); the language is chosen by radio buttons and CSS alone, and a browser that knows no `:has`
shows both; every part has its `lang`; a figure always has a table behind it; ids are unique, or `page` refuses.
Contrast and structure follow WCAG 2.2 AA: skip link, headings in order, visible focus, nothing by colour alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ...errors import Invalid
from . import figures
from .markup import Content, Markup, Words, element, in_both, joined

SENSITIVITIES: Mapping[str, Words] = {
    "public": Words("공개", "public"),
    "anonymous": Words("익명정보", "anonymous"),
    "internal": Words("내부", "internal"),
    "pseudonymised": Words("가명정보", "pseudonymised"),
    "personal": Words("개인정보", "personal"),
}
_STEPS_OF_CARE = len(SENSITIVITIES)
_LONG = 44  # letters: a column with such a cell is kept wide enough to be read on a phone
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--faint:#57606a;--paper:#fff;--raised:#f5f7f9;--line:#d0d7de;--track:#e6eaee;--weak:#7d8893;--accent:#0b5c8a;--on-accent:#fff;--font:system-ui,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR","Noto Sans CJK KR",NanumGothic,sans-serif}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#a3adb8;--paper:#0f1419;--raised:#182028;--line:#36414c;--track:#26303a;--weak:#76828e;--accent:#79c0f2;--on-accent:#0b1a26}}
*{box-sizing:border-box}
html{font:100%/1.65 var(--font);color:var(--ink);background:var(--paper);-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;word-break:keep-all;overflow-wrap:anywhere}
header,main,footer{max-width:60rem;margin:0 auto;padding:0 1.1rem}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:2}
h1{font-size:clamp(1.5rem,5vw,2.1rem);line-height:1.25;margin:1.2rem 0 .6rem}
h2{font-size:1.4rem;line-height:1.3;margin:3rem 0 .8rem;padding-top:.7rem;border-top:1px solid var(--line)}
h3{font-size:1.08rem;line-height:1.4;margin:1.9rem 0 .5rem}
p,ul,ol,dl{margin:.6rem 0;max-width:46rem}li{margin:.3rem 0}
.lead{font-size:1.08rem}.faint{color:var(--faint);font-size:.92rem}
fieldset.languages{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;border:1px solid var(--line);border-radius:6px;padding:.35rem .9rem .5rem;margin:1rem 0;width:fit-content;max-width:100%}
fieldset.languages legend{font-size:.85rem;color:var(--faint);padding:0 .3rem}
fieldset.languages label{display:inline-flex;gap:.45rem;align-items:center;min-height:1.8rem;cursor:pointer}
fieldset.languages input{accent-color:var(--accent);width:1.05rem;height:1.05rem}
html:has(#read-ko:checked) body [lang=en]:not(.always),html:has(#read-en:checked) body [lang=ko]:not(.always){display:none}
span[lang=ko]:not(.always)+span[lang=en]::before{content:" · "}html:has(#read-en:checked) span[lang=ko]+span[lang=en]::before{content:none}
html:has(#read-both:checked) :is(h1,h2,h3,figcaption,td,th,caption,dt,dd,li)>span[lang]{display:block}html:has(#read-both:checked) :is(h1,h2,h3,figcaption,td,th,caption,dt,dd,li)>span[lang=en]::before{content:none}
html:has(#read-both:checked) :is(h1,h2,h3,figcaption,td,th,caption,dt,dd,li)>span[lang=en]{color:var(--faint)}
@media (min-width:52rem){html:has(#read-both:checked) figure{max-width:none}html:has(#read-both:checked) .pair{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem}}
.chip{display:inline-flex;align-items:center;gap:.4em;border:1.5px solid var(--ink);border-radius:99px;padding:.02rem .6rem;font-size:.82rem;font-weight:600;line-height:1.5;white-space:nowrap;background:var(--paper);color:var(--ink)}
.chip .care{letter-spacing:.06em;font-size:.6rem}
.tag{display:inline-block;background:var(--ink);color:var(--paper);font-weight:700;font-size:.82rem;line-height:1.5;padding:.05rem .55rem;border-radius:3px;letter-spacing:.02em;white-space:nowrap}
.note{border-left:4px solid var(--line);background:var(--raised);padding:.6rem 1rem;margin:1rem 0;border-radius:0 6px 6px 0}
.note.loud{border:3px dashed var(--ink);border-radius:6px;padding:.8rem 1.1rem}
.note p{margin:.2rem 0}.note>p:first-child{margin-bottom:.5rem}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(14.5rem,1fr));gap:.8rem;max-width:none;margin:1rem 0}
.numbers>div{background:var(--raised);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem}
.numbers dt{font-size:.9rem;color:var(--faint);line-height:1.45}.numbers dd{margin:.15rem 0 0;font-size:1.35rem;font-weight:700;line-height:1.35;font-variant-numeric:tabular-nums}
.facts{display:grid;grid-template-columns:minmax(8rem,16rem) 1fr;gap:0 1.2rem;margin:1rem 0;max-width:none}.facts>dt{font-weight:600;grid-column:1;padding:.35rem 0;border-top:1px solid var(--line)}.facts>dd{margin:0;padding:.35rem 0;border-top:1px solid var(--line);white-space:pre-line}
@media (max-width:36rem){.facts{display:block}.facts>dd{border:0;padding-top:0}}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.scroll{overflow-x:auto;margin:.8rem 0;max-width:100%}
table{border-collapse:collapse;font-size:.93rem;line-height:1.5;min-width:min(100%,24rem)}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);font-weight:400;min-width:4.2rem;overflow-wrap:break-word}
.long{min-width:13rem}
thead th{font-weight:600;border-bottom:2px solid var(--weak)}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
figure{margin:1.3rem 0;max-width:33rem;padding:1rem;border:1px solid var(--line);border-radius:6px;background:var(--paper)}
figcaption{font-weight:700;margin-bottom:.7rem;line-height:1.4}
details{margin-top:.7rem}summary{cursor:pointer;color:var(--accent);min-height:1.8rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em}
pre{background:var(--raised);border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;overflow-x:auto;line-height:1.55;overflow-wrap:normal}
nav ol{padding-left:1.4rem}
footer{margin-top:3rem;padding-bottom:3rem;color:var(--faint);font-size:.9rem}
@media (forced-colors:active){.tag{border:1px solid}}
@media print{:root{--ink:#000;--faint:#333;--paper:#fff;--raised:#fff;--line:#999;--track:#e6eaee;--weak:#777;--accent:#0b5c8a;--on-accent:#fff}html{font-size:10.5pt}.skip,nav,fieldset.languages{display:none}h2,h3{break-after:avoid}figure,tr,.note,.numbers>div{break-inside:avoid}pre{white-space:pre-wrap}.scroll{overflow:visible}details::details-content{content-visibility:visible;display:block}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the page and what stands under it; `name` is its id, for links."""

    name: str
    heading: Words
    content: Markup


def page(title: Words, lead: Markup, sections: Sequence[Section], *, language: str, footer: Markup) -> str:
    """The whole document, opened in `language` ("ko", "en"; "both" shows the two). Raises Invalid for an id
    that occurs twice."""
    opened = language if language in ("ko", "en") else "both"
    main = joined(
        element("section", element("h2", s.heading, id=s.name), s.content, aria_labelledby=s.name)
        for s in sections
    )
    body = element(
        "body",
        element("a", Words("본문으로 건너뛰기", "Skip to the content"), href="#content", class_="skip"),
        element("header", _languages(opened), element("h1", title), lead, _contents(sections)),
        element("main", main, id="content", tabindex="-1"),
        element("footer", footer),
    )
    whole = element("html", _head(title, opened), body, lang="en" if opened == "en" else "ko")
    _check_ids(whole)
    return f"<!DOCTYPE html>\n{whole}\n"


def paragraph(words: Words, class_: str | None = None) -> Markup:
    """A paragraph in each language, beside each other where both are read and there is room."""
    return element("div", in_both(words, "p", class_=class_), class_="pair")


def listed(items: Sequence[Content], ordered: bool = False) -> Markup:
    return element("ol" if ordered else "ul", *(element("li", item) for item in items))


def chip(sensitivity: str) -> Markup:
    """The label of a sensitivity, the same everywhere: its name, and circles filled up to its care."""
    names = list(SENSITIVITIES)
    words = SENSITIVITIES.get(sensitivity, Words(sensitivity, sensitivity))
    care = names.index(sensitivity) + 1 if sensitivity in SENSITIVITIES else _STEPS_OF_CARE
    dots = "●" * care + "○" * (_STEPS_OF_CARE - care)
    return element(
        "span", element("span", dots, class_="care", aria_hidden="true"), words, class_=f"chip {sensitivity}"
    )


def tag(words: Words) -> Markup:
    """A loud label: what is generated, what is injected."""
    return element("span", words, class_="tag")


def callout(*content: Content, loud: bool = False) -> Markup:
    return element("div", *content, class_="note loud" if loud else "note", role="note")


def numbers(pairs: Sequence[tuple[Words, Content]]) -> Markup:
    """The few numbers to take away, each with what it counts."""
    return element(
        "dl", *(element("div", element("dt", t), element("dd", d)) for t, d in pairs), class_="numbers"
    )


def table(
    name: str,
    caption: Words,
    columns: Sequence[Content],
    rows: Sequence[Sequence[Content]],
    *,
    number_columns: Collection[int] = (),
) -> Markup:
    """A table that scrolls by itself where the page is narrow. The first cell of a row is its heading."""
    tones = [
        "number"
        if place in number_columns
        else "long"
        if any(_length(row[place]) > _LONG for row in rows)
        else None
        for place in range(len(columns))
    ]
    head = element(
        "tr", *(element("th", c, scope="col", class_=t) for c, t in zip(columns, tones, strict=True))
    )
    body = [
        element(
            "tr",
            element("th", row[0], scope="row", class_=tones[0]),
            *(element("td", cell, class_=t) for cell, t in zip(row[1:], tones[1:], strict=True)),
        )
        for row in rows
    ]
    content = element(
        "table",
        element("caption", caption, id=f"{name}-caption"),
        element("thead", head),
        element("tbody", *body),
    )
    return element(
        "div",
        content,
        id=name,
        class_="scroll",
        role="region",
        tabindex="0",
        aria_labelledby=f"{name}-caption",
    )


def figure(title: Words, drawn: Mapping[str, Markup], behind: Markup) -> Markup:
    """A figure drawn per language ({"ko": svg, "en": svg}), with the table of its numbers behind it."""
    parts = [element("div", drawn[each], lang=each) for each in ("ko", "en")]
    return element(
        "figure",
        element("figcaption", title),
        element("div", *parts, class_="pair"),
        element("details", element("summary", Words("표로 보기", "The numbers as a table")), behind),
    )


def code(text: str) -> Markup:
    return element("code", text, translate="no")


def commands(lines: Sequence[str]) -> Markup:
    """What to type, one command a line."""
    return element("pre", element("code", "\n".join(lines), translate="no"), tabindex="0")


def _length(cell: Content) -> int:
    """Letters to be read in a cell of plain words; markup is short or looks after itself."""
    return 0 if isinstance(cell, Markup) else len(cell.en if isinstance(cell, Words) else str(cell))


def _head(title: Words, opened: str) -> Markup:
    shown = f"{title.ko} · {title.en}" if opened != "en" else f"{title.en} · {title.ko}"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width,initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="color-scheme", content="light dark"),
        element("title", shown),
        element("style", Markup(STYLE + figures.STYLE)),
    )


def _languages(opened: str) -> Markup:
    choices = (("ko", "한국어"), ("en", "English"), ("both", "나란히 · Both"))
    buttons = (
        element(
            "label",
            element("input", type="radio", name="read", id=f"read-{value}", checked=value == opened),
            element("span", text, lang="ko" if value != "en" else "en", class_="always"),
        )
        for value, text in choices
    )
    legend = element("legend", "언어 · Language")
    return element("fieldset", legend, *buttons, class_="languages")


def _contents(sections: Sequence[Section]) -> Markup:
    links = [element("a", s.heading, href=f"#{s.name}") for s in sections]
    name = element("span", Words("차례", "Contents"), class_="faint", id="contents")
    return element("nav", name, listed(links, ordered=True), aria_labelledby="contents")


def _check_ids(whole: str) -> None:
    counted = Counter(re.findall(r'<[^<>]*? id="([^"]*)"', whole))
    twice = sorted(each for each, count in counted.items() if count > 1)
    if twice:
        raise Invalid.field("ids", expected="every id once on a page", got=", ".join(twice))
