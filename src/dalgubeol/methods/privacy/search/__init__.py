"""The best full-domain generalisation of a problem: proven where time allows, else with a proven bound."""

from .boxes import BoxSearch
from .door import search
from .evaluation import Found, Progress, Watch
from .measure import AGGREGATES, Aggregate, Measure
from .problem import Levels, Pairs, Problem, Sensitive
from .whole import WholeSearch

__all__ = [
    "AGGREGATES",
    "Aggregate",
    "BoxSearch",
    "Found",
    "Levels",
    "Measure",
    "Pairs",
    "Problem",
    "Progress",
    "Sensitive",
    "Watch",
    "WholeSearch",
    "search",
]
