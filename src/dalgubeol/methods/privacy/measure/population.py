"""How many persons are alone in the *population*, estimated from a sample: who stands alone in the table may
have doubles outside it.

Let the sample have n persons in u classes, s_i classes of i persons, and the population N = n / f persons.

- **Zayatz** (1991, "Estimation of the number of unique population elements using a sample", US Census Bureau):
  by Bayes, P(F=1 | f=1) = P(f=1 | F=1) p_1 / sum_j P(f=1 | F=j) p_j, with hypergeometric P and the p_j taken
  as the shares s_j / u seen in the sample; uniques = s_1 P(F=1 | f=1) / f.
- **SNB**, slide negative binomial (Chen and Keller-McNulty 1998, J. Official Statistics 14, 79-95): a class has
  1 + NB(a, b) persons, and persons are sampled independently with probability f. With K classes in the
  population, g = (1 - f)(1 - b):
      E s_1 = K f (b / (1 - g))^a (1 + a g / (1 - g))
      E s_2 = K f^2 / 2 . a (1 - b) b^a (1 - g)^-(a + 2) (2 - (1 - a) g)
  K is Haas and Stokes' modified Shlosser estimator (1998, J. Am. Stat. Assoc. 93, 1475-1487); a and b solve the
  two equations, uniques = K b^a.
- **Pitman** (Hoshino 2001, J. Official Statistics 17, 499-520): Pitman's sampling formula, (theta, alpha) by
  maximum likelihood on the sample; uniques = Gamma(theta + 1) / Gamma(theta + alpha) . N^alpha.

Which of them to believe: the decision rule of Dankar, El Emam, Neisa and Roffey (2012, BMC Medical Informatics
and Decision Making 12:66): f <= 0.1: Pitman; else the smaller of Zayatz and SNB. Where a solver does not
converge there is no estimate, the reason is given, and the rule falls back to Zayatz (a closed form) and says so.

ARX 3.9 agrees on Zayatz and Pitman. Its SNB differs: there the sum over classes in Shlosser's estimator and the
second equation are written without brackets that the papers have (see docs/explanation/pseudonymisation.md).

Sampling must be simple random, or the estimates mean nothing; a firm's customers are no random sample of a city.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ....errors import Invalid
from ....language import Message, say
from ..values import Codes

Floats = npt.NDArray[np.float64]

SMALL_FRACTION = 0.1
"""Up to this sampling fraction Dankar's rule takes Pitman's model."""
_RESIDUAL = 1e-6
"""A solution of SNB is believed where both equations hold to this share of their own size."""
_FLAT = 1e-4
"""A maximum of Pitman's likelihood is believed where both parts of the score cancel to this share."""
_SMALL_ALPHA = 1e-3


@dataclass(frozen=True, slots=True)
class Estimate:
    """`uniques`: estimated persons alone in the population; None where the model could not be fitted, and
    `reason` says why."""

    model: str
    uniques: float | None
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class PopulationUniqueness:
    """All estimates, and the one that Dankar's rule `chose`. Shares are of the population."""

    population: float
    sampling_fraction: float
    sample_uniques: int
    estimates: tuple[Estimate, ...]
    chosen: Estimate

    @property
    def share(self) -> float | None:
        """The share of the population that is alone in it."""
        if self.chosen.uniques is None or not self.population:
            return None
        return min(1.0, self.chosen.uniques / self.population)

    @property
    def share_of_sample_uniques(self) -> float | None:
        """Of those alone in the sample, the share expected to be alone in the population too."""
        if self.chosen.uniques is None or not self.sample_uniques:
            return None
        return min(1.0, self.chosen.uniques * self.sampling_fraction / self.sample_uniques)


def population_uniqueness(
    class_persons: Codes | Sequence[int], sampling_fraction: float, persons_in_all: int | None = None
) -> PopulationUniqueness:
    """Estimates from the persons in each class of the sample. `persons_in_all` is how many these are, where somebody
    may be in several classes: a person is drawn with all of hers, so each is as likely to be seen. The share alone is
    then at most what it says, for who is alone in two classes counts twice. Raises `Invalid` for a fraction not in
    0..1."""
    if not 0 < sampling_fraction <= 1:
        raise Invalid.field(
            "sampling_fraction", expected="a share above 0 and at most 1", got=sampling_fraction
        )
    persons = np.asarray(class_persons, np.int64)
    sizes, counts = np.unique(persons, return_counts=True)
    sample = _Sample(sizes.astype(np.float64), counts.astype(np.float64), sampling_fraction)
    estimates = tuple(_estimate(name, model, sample) for name, model in _MODELS)
    population = sample.population if persons_in_all is None else persons_in_all / sampling_fraction
    return PopulationUniqueness(
        population, sampling_fraction, int(sample.of_size(1)), estimates, _chosen(sample, *estimates)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    sizes: Floats
    counts: Floats
    fraction: float

    @property
    def persons(self) -> float:
        return float(self.sizes @ self.counts)

    @property
    def classes(self) -> float:
        return float(self.counts.sum())

    @property
    def population(self) -> float:
        return self.persons / self.fraction

    def of_size(self, size: int) -> float:
        return float(self.counts[self.sizes == size].sum())


class _NotFitted(Exception):
    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _estimate(name: str, model: Callable[[_Sample], float], sample: _Sample) -> Estimate:
    if not sample.of_size(1):
        return Estimate(name, 0.0)
    if sample.fraction == 1:
        return Estimate(name, sample.of_size(1))
    try:
        uniques = model(sample)
    except _NotFitted as failed:
        return Estimate(name, None, failed.reason)
    if not 0 <= uniques <= sample.population:
        return Estimate(name, None, say("The estimate lies outside the population."))
    return Estimate(name, uniques)


def _chosen(sample: _Sample, zayatz: Estimate, snb: Estimate, pitman: Estimate) -> Estimate:
    if sample.fraction <= SMALL_FRACTION:
        return zayatz if pitman.uniques is None else pitman
    if snb.uniques is None or (zayatz.uniques is not None and zayatz.uniques < snb.uniques):
        return zayatz
    return snb


def _zayatz(sample: _Sample) -> float:
    from scipy.stats import hypergeom

    population, drawn = round(sample.population), round(sample.persons)
    one_seen = hypergeom.pmf(1, population, sample.sizes.astype(np.int64), drawn)
    seen = one_seen * sample.counts
    return sample.of_size(1) * float(seen[sample.sizes == 1].sum() / seen.sum()) / sample.fraction


def _snb(sample: _Sample) -> float:
    """Both equations by two nested bracketings: for each a, every b that solves the first; of all (a, b) that
    solve the second too, the one whose population K (1 + a (1 - b) / b) is nearest to the N that is known."""
    classes, twos = _classes_of_population(sample), sample.of_size(2)
    if not twos:
        raise _NotFitted(say("No class of two persons in the sample."))
    best: tuple[float, float] | None = None
    for branch in (0, 1):
        for a in _shapes(branch, sample, classes):
            b = _spreads(a, sample, classes)[branch]
            off = abs(np.log(classes * (1 + a * (1 - b) / b) / sample.population))
            fits = abs(_snb_twos(a, b, classes, sample.fraction) - twos) <= _RESIDUAL * twos
            if fits and (best is None or off < best[0]):
                best = off, classes * b**a
    if best is None:
        raise _NotFitted(say("The equations of the model have no solution for this sample."))
    return best[1]


def _shapes(branch: int, sample: _Sample, classes: float) -> list[float]:
    """Every a at which the second equation holds, on the given branch of the first."""
    from scipy.optimize import brentq

    def excess(a: float) -> float:
        spreads = _spreads(a, sample, classes)
        if len(spreads) <= branch:
            return np.nan
        return float(_snb_twos(a, spreads[branch], classes, sample.fraction) - sample.of_size(2))

    grid = [float(a) for a in np.geomspace(1e-3, 1e3, 61)]
    at = [excess(a) for a in grid]
    brackets = [(x, y) for x, y, p, q in zip(grid, grid[1:], at, at[1:], strict=False) if p * q <= 0]
    return [float(brentq(excess, x, y, xtol=1e-13, rtol=1e-13)) for x, y in brackets]


def _spreads(a: float, sample: _Sample, classes: float) -> list[float]:
    """Every b for which E s_1 is as observed, the largest first. E s_1 is K f at b = 1 and 0 at b = 0; where
    f < 1/2 it first rises as b falls (of two doubles, one is sampled), so there may be two."""
    from scipy.optimize import brentq

    def excess(b: float) -> float:
        return float(_snb_ones(a, b, classes, sample.fraction) - sample.of_size(1))

    # b near 0 and near 1 both matter: even steps of its logit.
    grid = 1 / (1 + np.exp(-np.linspace(34, -34, 137)))
    at = _snb_ones(a, grid, classes, sample.fraction) - sample.of_size(1)
    crossed = np.flatnonzero((at[:-1] > 0) != (at[1:] > 0))
    return [
        float(brentq(excess, float(grid[i + 1]), float(grid[i]), xtol=1e-15, rtol=1e-13)) for i in crossed
    ]


def _classes_of_population(sample: _Sample) -> float:
    f, i, s = sample.fraction, sample.sizes, sample.counts
    first = (i * f**2 * (1 - f**2) ** (i - 1) * s).sum() / ((1 - f) ** i * ((1 + f) ** i - 1) * s).sum()
    second = ((1 - f) ** i * s).sum() / (i * f * (1 - f) ** (i - 1) * s).sum()
    return float(sample.classes + sample.of_size(1) * first * second**2)


def _snb_ones(a: float, b: Any, classes: float, f: float) -> Any:
    g = (1 - f) * (1 - b)
    return classes * f * np.exp(a * (np.log(b) - np.log1p(-g))) * (1 + a * g / (1 - g))


def _snb_twos(a: float, b: float, classes: float, f: float) -> float:
    g = (1 - f) * (1 - b)
    within = np.exp(a * (np.log(b) - np.log1p(-g))) / (1 - g) ** 2
    return float(classes * f**2 / 2 * a * (1 - b) * within * (2 - (1 - a) * g))


def _pitman(sample: _Sample) -> float:
    """Maximum likelihood from several starts; believed where the score vanishes. alpha may be negative, with
    theta + alpha (u - 1) > 0: a population of finitely many classes."""
    from scipy.optimize import minimize
    from scipy.special import gammaln

    if sample.of_size(1) == sample.classes:
        raise _NotFitted(say("Every class of the sample has one person."))

    def loss(x: Floats) -> float:
        theta, alpha = _theta(sample, x), float(x[1])
        if not (alpha < 1 and np.isfinite(theta)):
            return np.inf
        return -_pitman_likelihood(sample, theta, alpha) / sample.persons

    how = {"xatol": 1e-11, "fatol": 1e-16, "maxiter": 1000}
    many = np.log(sample.classes)
    starts = [(0.0, 0.3), (many, 0.8), (many, 0.3), (many, -0.2)]
    found = [minimize(loss, start, method="Nelder-Mead", options=how) for start in starts]
    best = min(found, key=lambda each: float(each.fun)).x
    theta, alpha = _theta(sample, best), float(best[1])
    if not np.abs(_pitman_score(sample, theta, alpha)).max() <= _FLAT:
        raise _NotFitted(say("The likelihood of the model has no maximum for this sample."))
    logarithm = gammaln(theta + 1) - gammaln(theta + alpha) + alpha * np.log(sample.population)
    if theta + alpha <= 0 or logarithm > np.log(sample.population):
        raise _NotFitted(say("The estimate lies outside the population."))
    return float(np.exp(logarithm))


def _theta(sample: _Sample, x: Floats) -> float:
    """The search is in (log of the distance of theta from its lower bound, alpha)."""
    steps = 1.0 if x[1] > 0 else sample.classes - 1
    return float(np.exp(min(x[0], 600.0)) - x[1] * steps)


def _pitman_likelihood(sample: _Sample, theta: float, alpha: float) -> float:
    """The logarithm of Pitman's sampling formula, less what does not depend on the parameters."""
    from scipy.special import gammaln

    u, n = sample.classes, sample.persons
    within = float(sample.counts @ (gammaln(sample.sizes - alpha) - gammaln(1 - alpha)))
    return _rising(theta, alpha, u) - float(gammaln(theta + n) - gammaln(theta + 1)) + within


def _rising(theta: float, alpha: float, u: float) -> float:
    """log of (theta + alpha) (theta + 2 alpha) ... (theta + (u - 1) alpha), every factor positive."""
    from scipy.special import gammaln

    if abs(alpha) < _SMALL_ALPHA:  # the gamma functions would cancel each other
        return float(np.log(theta + alpha * np.arange(1, u)).sum())
    ratio = theta / alpha
    steps = (
        gammaln(ratio + u) - gammaln(ratio + 1) if alpha > 0 else gammaln(-ratio) - gammaln(-ratio - u + 1)
    )
    return float((u - 1) * np.log(abs(alpha)) + steps)


def _pitman_score(sample: _Sample, theta: float, alpha: float) -> Floats:
    """Its derivatives by theta and alpha, each as a share of its larger part."""
    from scipy.special import digamma

    i = np.arange(1, sample.classes)
    ranks = theta + alpha * i
    gained = float((1 / ranks).sum()), float((i / ranks).sum())
    lost = (
        float(digamma(theta + sample.persons) - digamma(theta + 1)),
        float(sample.counts @ (digamma(sample.sizes - alpha) - digamma(1 - alpha))),
    )
    return np.array([(g - w) / max(abs(g), abs(w)) for g, w in zip(gained, lost, strict=True)])


_MODELS = (("Zayatz", _zayatz), ("SNB", _snb), ("Pitman", _pitman))
