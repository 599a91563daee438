"""The search, against a plain reference that looks at every node with strings and sets."""

import itertools

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.methods.privacy.hierarchy import Hierarchy
from dalgubeol.methods.privacy.lattice import SCALE, Problem, Search, group, score_of


@st.composite
def hierarchies(draw, number):
    """A random tree over 1-5 values, 1-3 levels above them."""
    size = draw(st.integers(1, 5))
    levels = [tuple(f"v{i}" for i in range(size))]
    for level in range(draw(st.integers(0, 2))):
        merged = {label: f"{level}.{draw(st.integers(0, 2))}" for label in dict.fromkeys(levels[-1])}
        levels.append(tuple(merged[label] for label in levels[-1]))
    return Hierarchy(f"q{number}", (*levels, ("*",) * size))


@st.composite
def problems(draw):
    count = draw(st.integers(1, 3))
    trees = tuple(draw(hierarchies(i)) for i in range(count))
    rows = draw(st.integers(1, 30))
    codes = [[draw(st.integers(0, tree.size - 1)) for tree in trees] for _ in range(rows)]
    person = draw(st.one_of(st.none(), st.lists(st.integers(0, 9), min_size=rows, max_size=rows)))
    bounds = [sorted(draw(st.tuples(st.integers(0, t.height), st.integers(0, t.height)))) for t in trees]
    if draw(st.booleans()):
        bounds = [[0, t.height] for t in trees]
    return Problem(
        np.array(codes, np.int64),
        trees,
        draw(st.integers(2, 5)),
        draw(st.integers(0, rows)),
        None if person is None else np.array(person, np.int64),
        tuple(low for low, _ in bounds),
        tuple(high for _, high in bounds),
    )


def brute_force(problem):
    """(loss, level sum, levels, suppressed rows) of the best node, or None; the definition, literally."""
    n = len(problem.codes)
    people = range(n) if problem.person is None else problem.person.tolist()
    best = None
    spans = [range(low, high + 1) for low, high in zip(problem.lowest, problem.highest, strict=True)]
    for levels in itertools.product(*spans):
        labels = [
            tuple(
                tree.labels[level][code]
                for tree, level, code in zip(problem.hierarchies, levels, row, strict=True)
            )
            for row in problem.codes
        ]
        persons = {}
        for label, who in zip(labels, people, strict=True):
            persons.setdefault(label, set()).add(who)
        suppressed = [len(persons[label]) < problem.k for label in labels]
        if sum(suppressed) > problem.allowed_rows:
            continue
        loss = 1
        for a, (tree, level) in enumerate(zip(problem.hierarchies, levels, strict=True)):
            total = sum(
                tree.size if gone else tree.labels[level].count(label[a])
                for label, gone in zip(labels, suppressed, strict=True)
            )
            loss *= SCALE + (0 if tree.size == 1 else (total - n) * SCALE // (n * (tree.size - 1)))
        candidate = (loss, sum(levels), levels, suppressed)
        best = candidate if best is None or candidate[:3] < best[:3] else best
    return best


@settings(max_examples=300, deadline=None)
@given(problems())
def test_the_search_finds_what_looking_at_every_node_finds(problem):
    expected, found = brute_force(problem), Search(problem).run()
    if expected is None:
        assert found is None
        return
    assert found.levels == expected[2]
    assert found.suppressed.tolist() == expected[3]
    assert found.score == score_of(expected[0], len(problem.hierarchies))


def test_persons_are_not_additive_when_classes_join():
    tree = Hierarchy("q", (("a", "b"), ("*", "*")))
    codes, nobody_more = np.array([[0], [1], [0], [1]], np.int64), np.array([0, 0, 1, 1], np.int64)
    problem = Problem(codes, (tree,), 3, 0, nobody_more, (0,), (1,))
    assert Search(problem).run() is None


def test_grouping_goes_beyond_keys_of_63_bits():
    rng = np.random.default_rng(3)
    columns = [rng.integers(0, 3, 200) * 2**19 for _ in range(5)]
    members, number = group(columns, [2**21] * 5)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert len(members) == len(set(rows))
    assert [rows[members[g]] for g in number] == rows


def test_a_large_lattice_is_settled_with_few_evaluations():
    rng = np.random.default_rng(5)
    values = pa.array([str(i) for i in range(16)]).to_pylist()
    levels = [tuple(str(int(v) >> shift) for v in values) for shift in range(5)]
    trees = tuple(Hierarchy(f"q{i}", tuple(levels)) for i in range(5))
    problem = Problem(rng.integers(0, 16, (2000, 5)), trees, 5, 40, None, (0,) * 5, (4,) * 5)
    found = Search(problem).run()
    assert found.nodes_evaluated < problem.nodes / 4
