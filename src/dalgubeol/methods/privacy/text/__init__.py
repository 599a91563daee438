"""Identifiers in running Korean text: where they stand, what they are, and how to take them out.

```
spans = find("환자 홍길동은 010-1234-5678로 연락 바람")
mask(text, spans)        # "환자 [성명]은 [전화번호]로 연락 바람"
```

| module | what |
|---|---|
| `spans` | a span, its types, which of two that overlap stays |
| `context` | one-to-one normalisation, the words that stand before a number or before a list of like numbers |
| `things` | nouns right before a number that say it is a sample's, a paper's or a machine's; numbers that show a form |
| `numbers`, `thirteen`, `accounts` | numbers with a form or a check digit; of people and bodies; of bank accounts |
| `marks`, `passports` | e-mail, plate, network and device addresses; passports |
| `places` | road-name and lot-number addresses, postal codes |
| `lexicon`, `roles`, `givens`, `names`, `called` | personal names |
| `beside` | what stands beside a name: labels, titles, numbers of a person |
| `abroad`, `foreign`, `latin` | names from abroad, in Hangul and in Latin letters |
| `masking` | what takes the place of a span |
| `columns` | a whole column: how many of its texts hold what; masked |

The rules of this package:
- A text is looked at alone; nothing is learnt from it and nothing of it is kept. Evidence never quotes it.
- A form that only this identifier has is enough (an e-mail). A form that others share needs a check digit or
  a word that says so before it; a word that says otherwise (주문번호) rejects what is only a form.
- A failing check digit of a resident number never rejects alone (October 2020); nor do words for it need one.
- Missing one is worse than masking too much: of two readings that overlap the surer one stays, and if they
  are equally sure the longer one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spans import TYPES, Span

if TYPE_CHECKING:
    from .finding import find
    from .masking import POLICIES, TAGS, mask

__all__ = ["POLICIES", "TAGS", "TYPES", "Span", "find", "mask"]


def __getattr__(name: str) -> Any:
    """The detectors are read where the first text is: a fifth of a second that who only names types need not wait."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import finding, masking

    return getattr(finding if name == "find" else masking, name)
