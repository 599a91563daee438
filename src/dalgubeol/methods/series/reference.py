"""Which batches are the reference, when some of those given as normal are not.

A forward search (after Hadi 1992 and Atkinson & Riani 2000, Robust Diagnostic Regression Analysis): start
from the 60 % of the batches that look most alike to a robust model (medians, MADs, clipped relations), score
every other batch by a model of these, take in those within a prediction limit, and repeat until nobody else
comes in. What stays outside is odd. Because odd batches never shape the model that judges them, several
with the same fault cannot cover for each other.

The limit is that of one chance in ten over all batches, so a clean reference loses a batch in about one
case out of ten: setting good batches aside would make the monitor's own limit too tight.
"""

from __future__ import annotations

import numpy as np

from .alignment import FloatArray, IntArray
from .describing import Description
from .limits import limit_to_belong
from .scoring import (
    batch_scores,
    cube_root_moments,
    fit_normal,
    held_out_log_chances,
    held_out_statistics,
    log_chances,
    statistics_of,
    view,
)

CORE_SHARE = 0.6
CHANCE_OVER_ALL = 0.1


def split_reference(described: Description, fewest: int) -> tuple[IntArray, IntArray, FloatArray]:
    """(places kept, places set aside, their scores); at least `fewest` batches start in the core."""
    count, tags = len(described), described.gaps.shape[1]
    robust = held_out_log_chances(held_out_statistics(described, robust=True), tags, robust=True)
    order = np.argsort(batch_scores(robust), kind="stable")
    core = np.sort(order[: max(fewest, round(CORE_SHARE * count))])
    while True:
        rest = np.setdiff1d(np.arange(count), core)
        if not len(rest):
            return core, rest, np.empty(0)
        statistics = held_out_statistics(described.at(core))
        limit = limit_to_belong(batch_scores(held_out_log_chances(statistics, tags)), CHANCE_OVER_ALL / count)
        seen = view(fit_normal(described.at(core)), described.at(rest))
        moments = cube_root_moments(statistics, tags)
        scores = batch_scores(log_chances(statistics_of(seen), *moments, len(core)))
        if not (scores <= limit).any():
            return core, rest, scores
        core = np.sort(np.concatenate([core, rest[scores <= limit]]))
