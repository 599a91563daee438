"""Which column may say who somebody is: a role proposed for every column, with the evidence for it.

The rules of this file:

- A proposal is a proposal. A person decides; the evidence is written for that person and holds names, counts
  and shares, never a value.
- At most `SAMPLE_ROWS` evenly spaced rows are read, so cost does not grow with the table.
- What the values look like weighs more than what the column is called; the name decides where values cannot
  (an age is just a number). Detectors are tried in the order of `_DETECTORS`; the first that answers wins.
- A resident registration number is recognised by its form and a possible date of birth. Since October 2020
  its last digits are random, so a check digit that fails never rejects; one that holds adds evidence.
- So is what stands behind the birthday, where a number is cut in two columns (`parts`).
- A plain column that a quasi-identifier or sensitive one determines (the logarithm of a wage, a flag for an
  industry) repeats what that says. It is proposed for the same role if it repeats a quarter of the
  information (in bits) or more: left as it is, it would undo what generalising the other does.

Roles follow the guideline on pseudonymisation (가명정보 처리 가이드라인): direct identifier (식별자),
quasi-identifier (식별가능정보), sensitive (민감속성), plain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa

from ....language import Message, say
from ..text.spans import FOREIGNER, WORDS
from ..text.spans import NAME as PERSON_NAME
from ..text.whole_names import reads_as_a_whole_name, surnames_as_in_korea
from ..values import Codes
from . import hints
from .hints import Hint
from .inside import QUASI, look_inside, whole_type
from .korean import (
    RESIDENT_NUMBER,
    has_thirteen_digits,
    is_business_number,
    is_corporate_number,
    is_driver_licence,
    is_email,
    is_mobile_without_zero,
    is_passport,
    is_person_name,
    is_phone,
    is_postal_code,
    look_like_resident_numbers,
    resident_number,
    with_leading_zeros,
)
from .look_alike import only_look_so
from .parts import backs_of_resident_numbers
from .profile import Profile, profiled, sampled

Role = Literal["direct identifier", "quasi-identifier", "sensitive", "plain"]

SAMPLE_ROWS = 20_000
_MIDDLE_CARDINALITY = 0.5
_FREE_TEXT_LENGTH = 40
_REPEATED_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """`type` names what was recognised ("phone", "age", ...); `confidence` is a judgement in 0..1."""

    column: str
    role: Role
    type: str
    confidence: float
    evidence: tuple[Message, ...]
    holds: tuple[str, ...] = ()
    """Types of identifiers that stand in its texts, the most frequent first."""


def propose_roles(table: pa.Table) -> tuple[ColumnProposal, ...]:
    """One proposal per column, in the order of the columns; needs no key and changes nothing."""
    profiles = [
        profiled(name, column)
        for name, column in zip(table.column_names, sampled(table, SAMPLE_ROWS), strict=True)
    ]
    backs = {each.column: each for each in backs_of_resident_numbers(profiles)}
    proposals = [ColumnProposal(p.name, "direct identifier", RESIDENT_NUMBER, 0.9, (backs[p.name].evidence,)) if p.name in backs else _propose(p) for p in profiles]  # fmt: skip
    sources = [
        (profile, proposal.role)
        for profile, proposal in zip(profiles, proposals, strict=True)
        if proposal.role in ("quasi-identifier", "sensitive") and proposal.type != "free-text"
    ]
    return tuple(
        _as_determined(proposal, profile, sources) if proposal.role == "plain" else proposal
        for proposal, profile in zip(proposals, profiles, strict=True)
    )


def _propose(profile: Profile) -> ColumnProposal:
    for detector in _DETECTORS:
        found = detector(profile)
        if found is not None:
            return _read(found, profile)
    return _read(ColumnProposal(profile.name, "plain", "other", 0.5, (_counted(profile),)), profile)


def _resident(profile: Profile) -> ColumnProposal | None:
    integers = pa.types.is_integer(profile.kind)
    if not look_like_resident_numbers(profile.texts, integers=integers) or _are_corporate(profile):
        return None
    found = [resident_number(with_leading_zeros(t) if integers else t) for t in profile.texts]
    numbers = [number for number in found if number is not None]
    checked = [number.checksum for number in numbers if number.checksum is not None]
    if only_look_so(profile.name, profile.texts, found):
        return None
    evidence = [
        say(
            "{share} of its distinct values have the form and birth date of a resident registration number.",
            share=_percent(len(numbers) / len(found)),
        ),
        say(
            "The check digit holds for {share} of them; numbers given since October 2020 need none.",
            share=_percent(sum(checked) / len(checked) if checked else 0.0),
        ),
    ]
    if any(number.foreigner for number in numbers):
        evidence.append(
            say(
                "{share} of them are foreigner registration numbers.",
                share=_percent(sum(number.foreigner for number in numbers) / len(numbers)),
            )
        )
    confidence = 0.99 if profile.name and hints.RESIDENT.fits(profile.name) else 0.9
    return ColumnProposal(profile.name, "direct identifier", RESIDENT_NUMBER, confidence, tuple(evidence))


def _are_corporate(profile: Profile) -> bool:
    """A tenth of resident numbers has the check digit of a corporate one by chance; nine tenths have not."""
    formed = profile.share(has_thirteen_digits)
    return (
        formed > 0
        and profile.share(is_corporate_number)
        >= (0.5 if hints.CORPORATE.fits(profile.name) else 0.8) * formed
    )


_FORMS: tuple[tuple[str, Callable[[str], bool], Hint, float], ...] = (
    ("email", is_email, hints.EMAIL, 0.5),
    ("phone", is_phone, hints.PHONE, 0.5),
    ("driver-licence-number", is_driver_licence, hints.LICENCE, 0.5),
    ("passport-number", is_passport, hints.PASSPORT, 0.8),
    ("business-registration-number", is_business_number, hints.BUSINESS, 0.7),
    ("corporate-registration-number", is_corporate_number, hints.CORPORATE, 0.8),
)


def _form(profile: Profile) -> ColumnProposal | None:
    for kind, holds, hint, needed in _FORMS:
        hinted = hint.fits(profile.name)
        # A number column has lost the 0 before a phone number, and then only its name tells it from others.
        lost_zero = kind == "phone" and (
            (hinted and profile.share(is_phone) < 0.5) or profile.share(is_mobile_without_zero) >= 0.9
        )
        share = profile.share((lambda t, holds=holds: holds("0" + t)) if lost_zero else holds)  # type: ignore[misc]
        if share >= (0.1 if hinted else needed) and profile.present:
            evidence = [
                say("{share} of its values have the form of {type}.", share=_percent(share), type=WORDS[kind])
            ]
            evidence += [_named(profile)] if hinted else []
            confidence = min(0.99, 0.55 + 0.35 * share + 0.1 * hinted)
            return ColumnProposal(
                profile.name, "direct identifier", kind, round(confidence, 2), tuple(evidence)
            )
    return None


def _whole(profile: Profile) -> ColumnProposal | None:
    """By the rules for running text, the column's name standing before each cell."""
    if not profile.is_text and not pa.types.is_integer(profile.kind):
        return None
    found = whole_type(profile.name, profile.texts)
    if found is None or found[1] < 0.5 or found[0] == PERSON_NAME or len(profile.texts) < 2:
        return None
    evidence = say(
        "{share} of its distinct values are {type}.", share=_percent(found[1]), type=WORDS[found[0]]
    )
    role: Role = "quasi-identifier" if found[0] in QUASI else "direct identifier"
    type_ = RESIDENT_NUMBER if found[0] == FOREIGNER else found[0]
    return ColumnProposal(profile.name, role, type_, round(0.5 + 0.45 * found[1], 2), (evidence,))


def _postal(profile: Profile) -> ColumnProposal | None:
    """Only its name tells five digits from a code of goods; one that begins with 0 may have lost it."""
    share = profile.share(is_postal_code) if hints.POSTAL.fits(profile.name) else 0.0
    if share < 0.5:
        return None
    evidence = say(
        "{share} of its values have the form of {type}.", share=_percent(share), type=WORDS["postal-code"]
    )
    return ColumnProposal(profile.name, "quasi-identifier", "postal-code", 0.9, (_named(profile), evidence))


def _person_name(profile: Profile) -> ColumnProposal | None:
    """By its name; by a word for a part somebody has (담당자) if values read as names; or by the values alone."""
    if not profile.is_text or not profile.present:
        return None
    hinted = hints.PERSON_NAME.fits(profile.name)
    share = profile.share(is_person_name)
    usual = profile.share(reads_as_a_whole_name)
    role = hints.names_somebody(profile.name) and usual >= 0.4
    unhinted = (
        usual >= 0.75
        and len(profile.texts) >= 8
        and profile.distinct_share >= 0.05
        and surnames_as_in_korea(profile.texts)
    )
    if not (hinted or role or unhinted):
        return None
    said = say("{share} of its values read as Korean personal names.", share=_percent(share))
    evidence = [said] if share >= 0.005 else []
    evidence += [_named(profile)] if hinted or role else []
    confidence = 0.95 if (hinted or role) and share >= 0.5 else 0.6
    return ColumnProposal(profile.name, "direct identifier", "person-name", confidence, tuple(evidence))


def _birth(profile: Profile) -> ColumnProposal | None:
    if not hints.BIRTH.fits(profile.name) or not profile.present:
        return None
    return ColumnProposal(
        profile.name, "quasi-identifier", "date-of-birth", 0.9, (_named(profile), _counted(profile))
    )


def _person_number(profile: Profile) -> ColumnProposal | None:
    if not profile.present or pa.types.is_temporal(profile.kind):
        return None
    whole = profile.is_text or pa.types.is_integer(profile.kind) or _all_whole(profile)
    if whole and hints.numbers_a_person(profile.name):
        return ColumnProposal(
            profile.name, "direct identifier", "person-number", 0.9, (_named(profile), _counted(profile))
        )
    if len(profile.texts) < 2:
        return None
    if whole and hints.NUMBER.fits(profile.name) and profile.distinct_share >= 0.9:
        return ColumnProposal(
            profile.name, "direct identifier", "record-number", 0.7, (_named(profile), _counted(profile))
        )
    coded = profile.share(lambda text: " " not in text and any(c.isdigit() for c in text) and len(text) >= 4)
    if profile.is_text and len(profile.texts) >= 20 and profile.distinct_share >= 0.95 and coded >= 0.9:
        return ColumnProposal(profile.name, "direct identifier", "record-number", 0.5, (_counted(profile),))
    return None


def _sensitive(profile: Profile) -> ColumnProposal | None:
    for kind, hint in hints.SENSITIVE:
        if hint.fits(profile.name) and profile.present:
            return ColumnProposal(profile.name, "sensitive", kind, 0.7, (_named(profile), _counted(profile)))
    return None


def _quasi(profile: Profile) -> ColumnProposal | None:
    if not profile.present or (len(profile.texts) < 2 and profile.present > 1):  # one row has but one value
        return None
    if {text.casefold() for text in profile.texts} <= hints.SEX_WORDS:
        evidence = say("Its {count} distinct values are words for a sex.", count=len(profile.texts))
        return ColumnProposal(profile.name, "quasi-identifier", "sex", 0.9, (evidence,))
    for kind, hint in hints.QUASI:
        if hint.fits(profile.name):
            low = profile.distinct_share <= _MIDDLE_CARDINALITY or len(profile.texts) <= 50
            confidence = 0.85 if low else 0.6
            return ColumnProposal(
                profile.name, "quasi-identifier", kind, confidence, (_named(profile), _counted(profile))
            )
    return None


def _is_free_text(profile: Profile) -> bool:
    """Long texts, or sentences of some words that seldom repeat."""
    if not profile.is_text or not profile.present:
        return False
    if profile.share(lambda text: len(text) >= _FREE_TEXT_LENGTH) >= 0.3:
        return True
    return profile.distinct_share >= 0.3 and profile.share(lambda text: text.count(" ") >= 3) >= 0.3


def _read(proposal: ColumnProposal, profile: Profile) -> ColumnProposal:
    """`proposal` with what stands inside running text: a column called 진단 may hold names as well."""
    if proposal.role == "direct identifier" or proposal.type in QUASI or not profile.is_text:
        return proposal
    inside = look_inside(profile.texts, free=_is_free_text(profile))
    evidence = (*inside.evidence, *proposal.evidence)
    if not inside.identifies:
        return replace(proposal, evidence=evidence, holds=inside.types)
    return ColumnProposal(profile.name, "direct identifier", "free-text", 0.9, evidence, inside.types)


def _free_text(profile: Profile) -> ColumnProposal | None:
    if not _is_free_text(profile):
        return None
    evidence = say("It holds long texts, in which names and other identifiers may occur: read some of them.")
    return ColumnProposal(profile.name, "sensitive", "free-text", 0.6, (evidence, _counted(profile)))


_DETECTORS: tuple[Callable[[Profile], ColumnProposal | None], ...] = (
    _resident,
    _form,
    _postal,
    _whole,
    _person_name,
    _birth,
    _person_number,
    _sensitive,
    _quasi,
    _free_text,
)


def _as_determined(
    proposal: ColumnProposal, profile: Profile, sources: Sequence[tuple[Profile, Role]]
) -> ColumnProposal:
    """`proposal` with the source that repeats most, if any determines the column."""
    repeated = [(_repeated_share(source, profile), source.name, role) for source, role in sources]
    share, name, role = max(repeated, default=(0.0, "", proposal.role))
    if share == 0:
        return proposal
    evidence = say(
        "Its value follows from that of {column} and repeats {share} of the information in it.",
        column=name,
        share=_percent(share),
    )
    marked = replace(proposal, evidence=(evidence, *proposal.evidence))
    if share < _REPEATED_SHARE:
        return marked
    return replace(marked, role=role, type="derived", confidence=0.9 if share > 0.99 else 0.6)


def _repeated_share(source: Profile, profile: Profile) -> float:
    """Entropy here over entropy of the source if equal source values always meet equal values here, else 0.

    Rows must be enough for that to say something: five per distinct source value.
    """
    both = (source.codes >= 0) & (profile.codes >= 0)
    known = np.unique(source.codes[both])
    if len(profile.texts) < 2 or both.sum() < 5 * max(2, len(known)):
        return 0.0
    pairs = np.unique(source.codes[both] * len(profile.texts) + profile.codes[both])
    if len(pairs) > len(known):
        return 0.0
    return _bits(profile.codes[both]) / _bits(source.codes[both])


def _bits(codes: Codes) -> float:
    shares = np.unique(codes, return_counts=True)[1] / len(codes)
    return float(-(shares * np.log2(shares)).sum())


def _all_whole(profile: Profile) -> bool:
    return profile.share(str.isdecimal) == 1.0


def _named(profile: Profile) -> Message:
    return say("The name of column {column} says so.", column=profile.name)


def _counted(profile: Profile) -> Message:
    return say(
        "{distinct} distinct values in {present} sampled rows that have one.",
        distinct=len(profile.texts),
        present=profile.present,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
