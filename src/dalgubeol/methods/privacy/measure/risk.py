"""Re-identification risk on chosen quasi-identifiers, counted in persons.

The measures, after El Emam, "Guide to the De-Identification of Personal Health Information" (2013, ch. 16),
in the form the ARX tool reports them. A record in an equivalence class of f persons has

- prosecutor risk 1/f: an attacker knows that the person is in the table;
- journalist risk 1/F: he does not, and F persons of the *population* share the labels. F is not known here;
  if the share of the population in the table is, E[1/F | f] is estimated under the inverse binomial model of
  Benedetti and Franconi (1998, "Statistical and technological solutions for controlled data dissemination"):
  with p the sampling fraction, p**f / f * 2F1(f, f; f+1; 1-p); for f > 10 the approximation
  p / (f - (1 - p)) of the mu-Argus manual.

A person with several records counts with her most exposed one. The mean over records is the marketer risk,
the share of records that an attacker who matches all of them expects to get right; it is the *average risk* that
a limit is set on. The average alone hides a few who stand alone, so the *strict average* asks besides that nobody
exceeds a higher limit, 0.33 by custom (a class of three; El Emam in Institute of Medicine, "Sharing Clinical Trial
Data", 2015, app. B).

`risk_of_classes` needs no table, only how many rows and persons each class has: for streams, searches, previews.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....errors import Invalid
from ..anonymity import equivalence_classes, person_codes
from ..values import Codes

Floats = npt.NDArray[np.float64]

_EXACT_UP_TO = 10
STRICT_HIGHEST = 1 / 3
"""Under a strict average nobody's risk exceeds this: no class of fewer than three persons."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Shares and risks lie in 0..1. The journalist risks are None without a sampling fraction."""

    records: int
    persons: int
    classes: int
    smallest_class: int
    prosecutor_max: float
    prosecutor_mean_of_records: float
    prosecutor_mean_of_persons: float
    unique_persons_share: float
    threshold: float
    records_above_threshold_share: float
    journalist_max: float | None = None
    journalist_mean_of_records: float | None = None

    @property
    def average(self) -> float:
        """The average (marketer) risk."""
        return self.prosecutor_mean_of_records

    def within_strict_average(self, limit: float, highest: float = STRICT_HIGHEST) -> bool:
        """Whether the average is at most `limit` and nobody's risk exceeds `highest`."""
        return self.average <= limit and self.prosecutor_max <= highest + 1e-12


@dataclass(frozen=True, slots=True)
class Change:
    """One measure before and after."""

    measure: str
    before: float | None
    after: float | None


def reidentification_risk(
    table: pa.Table,
    quasi_identifiers: Sequence[str],
    *,
    person: str | None = None,
    threshold: float = 0.2,
    sampling_fraction: float | None = None,
) -> Risk:
    """The risk of `table` as it stands. `person` names the column of persons; None: a person per row.

    `threshold` is the risk above which a record counts as exposed (0.2: classes under 5 persons).
    `sampling_fraction` is the share of the population that the table holds, 0 < p <= 1. A table without rows
    has no risk. Raises `Invalid` for numbers out of range.
    """
    classes = equivalence_classes(table, quasi_identifiers, person)
    if person is None:
        return risk_of_classes(classes.persons, threshold=threshold, sampling_fraction=sampling_fraction)
    exposed = _highest(1 / classes.persons[classes.class_of_row], person_codes(table, person))
    return risk_of_classes(
        classes.persons, classes.rows, risk_of_person=exposed, threshold=threshold, sampling_fraction=sampling_fraction
    )  # fmt: skip


def risk_of_classes(
    persons: Codes,
    rows: Codes | None = None,
    *,
    threshold: float = 0.2,
    sampling_fraction: float | None = None,
    population: Codes | None = None,
    risk_of_person: Floats | None = None,
) -> Risk:
    """The same from the `persons` (distinct) and `rows` of each class; `rows` None: a row per person.

    `population` gives the persons of each class in the population, where they are known (k-map): the journalist
    risks are then exact. `risk_of_person` is the highest risk of each person; without it, somebody whose rows lie
    in several classes counts once in each. Raises `Invalid` for numbers out of range.
    """
    _check(threshold, sampling_fraction)
    persons = np.asarray(persons, np.int64)
    rows = persons if rows is None else np.asarray(rows, np.int64)
    if len(rows) != len(persons) or (len(persons) and persons.min() < 1) or (rows < persons).any():
        raise Invalid.field("persons", expected="1 or more per class, and no more than rows", got="others")
    per_class = 1 / persons
    each = np.repeat(per_class, persons) if risk_of_person is None else risk_of_person
    journalist = _journalist_of(persons, sampling_fraction, population)
    return Risk(
        records=int(rows.sum()),
        persons=len(each),
        classes=len(persons),
        smallest_class=int(persons.min()) if len(persons) else 0,
        prosecutor_max=float(per_class.max(initial=0)),
        prosecutor_mean_of_records=_weighted(per_class, rows),
        prosecutor_mean_of_persons=_mean(each),
        unique_persons_share=_mean(each == 1),
        threshold=threshold,
        records_above_threshold_share=_weighted(per_class > threshold, rows),
        journalist_max=None if journalist is None else float(journalist.max(initial=0)),
        journalist_mean_of_records=None if journalist is None else _weighted(journalist, rows),
    )


def compare(before: Risk, after: Risk) -> tuple[Change, ...]:
    """Every measure side by side, in the order of `Risk`; `Invalid` if the thresholds differ."""
    if before.threshold != after.threshold:
        raise Invalid.field("threshold", expected="the same before and after", got="two thresholds")
    later = asdict(after)
    return tuple(Change(name, value, later[name]) for name, value in asdict(before).items())


def _journalist_of(persons: Codes, fraction: float | None, population: Codes | None) -> Floats | None:
    if population is not None:
        known = np.asarray(population, np.int64)
        if len(known) != len(persons) or (known < persons).any():
            raise Invalid.field("population", expected="at least the persons of each class", got="fewer")
        return 1 / known
    return None if fraction is None else _journalist(persons, fraction)


def _journalist(persons: Codes, fraction: float) -> Floats:
    from scipy.special import hyp2f1

    f = persons.astype(np.float64)
    small = np.minimum(f, _EXACT_UP_TO)
    exact = fraction**small / small * hyp2f1(small, small, small + 1, 1 - fraction)
    estimate: Floats = np.where(f <= _EXACT_UP_TO, exact, fraction / (f - (1 - fraction)))
    return estimate


def _highest(per_record: Floats, people: Codes) -> Floats:
    highest = np.zeros(int(people.max(initial=-1)) + 1)
    np.maximum.at(highest, people, per_record)
    return highest


def _mean(values: Floats | npt.NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _weighted(values: Floats | npt.NDArray[np.bool_], weights: Codes) -> float:
    return float(values @ weights / weights.sum()) if len(weights) else 0.0


def _check(threshold: float, sampling_fraction: float | None) -> None:
    if not 0 < threshold <= 1:
        raise Invalid.field("threshold", expected="a risk above 0 and at most 1", got=threshold)
    if sampling_fraction is not None and not 0 < sampling_fraction <= 1:
        raise Invalid.field(
            "sampling_fraction", expected="a share above 0 and at most 1", got=sampling_fraction
        )
