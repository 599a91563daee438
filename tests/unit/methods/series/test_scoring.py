from __future__ import annotations

import numpy as np
import pytest

from dalgubeol.methods.series import scoring
from dalgubeol.methods.series.alignment import Batches, plan_segments
from dalgubeol.methods.series.describing import Description, describe_batches
from dalgubeol.methods.series.example_plant import TAGS, normal_batches


def described(batches: Batches) -> Description:
    return describe_batches(batches, plan_segments(batches, 10))


def test_levels_and_roughness_agree_with_a_plain_loop() -> None:
    batches = normal_batches(1, 0)
    values = batches.values[0].copy()
    values[10:25, 2] = np.nan
    broken = Batches(batches.tags, batches.names, (values,))
    plan = plan_segments(broken, 8)
    found = describe_batches(broken, plan)
    for segment in range(8):
        rows = [i for i in range(len(values)) if i * 8 // len(values) == segment]
        for tag in range(len(TAGS)):
            there = [values[i, tag] for i in rows if not np.isnan(values[i, tag])]
            bends = [
                values[i + 1, tag] - 2 * values[i, tag] + values[i - 1, tag]
                for i in rows
                if 0 < i < len(values) - 1
            ]
            bends = [bend for bend in bends if not np.isnan(bend)]
            level = np.mean(there) if there else np.nan
            rough = np.mean(np.square(bends)) if bends else np.nan
            assert found.level[0, segment, tag] == pytest.approx(level, nan_ok=True)
            assert found.roughness[0, segment, tag] == pytest.approx(rough, nan_ok=True)


def test_the_relation_view_is_the_residual_of_regressing_a_tag_on_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scoring, "SHRINK_TO_INDEPENDENCE", 0.0)
    rng = np.random.default_rng(0)
    level = rng.normal(size=(400, 1, 4)) @ rng.normal(size=(4, 4))
    normal = scoring.fit_normal(
        Description(level, np.ones_like(level), np.zeros((400, 1)), np.zeros((400, 4)))
    )
    z = ((level - normal.level_mean) / normal.level_sd)[:, 0]
    relation = scoring._relation(normal, (level - normal.level_mean) / normal.level_sd)[:, 0]
    for tag in range(4):
        others = np.delete(z, tag, axis=1)
        residual = z[:, tag] - others @ np.linalg.lstsq(others, z[:, tag], rcond=None)[0]
        assert np.allclose(relation[:, tag], residual / np.sqrt(np.mean(residual**2)), rtol=0.02, atol=0.02)


def test_a_missing_level_is_unknown_and_leaves_the_relations_of_the_others_finite() -> None:
    batches = normal_batches(20, 1)
    reference = described(batches)
    normal = scoring.fit_normal(reference)
    level = reference.level[:1].copy()
    level[0, 3, 2] = np.nan
    seen = scoring.view(
        normal,
        Description(level, *(getattr(reference.at([0]), n) for n in ("roughness", "duration", "gaps"))),
    )
    assert np.isnan(seen.relation[0, 3, 2])
    assert np.isfinite(np.delete(seen.relation[0, 3], 2)).all()
    assert np.isfinite(scoring.statistics_of(seen)).all()


def test_held_out_statistics_agree_with_leaving_each_batch_out_by_hand() -> None:
    reference = described(normal_batches(9, 2))
    fast = scoring.held_out_statistics(reference)
    for i in range(9):
        others = [j for j in range(9) if j != i]
        by_hand = scoring.statistics_of(
            scoring.view(scoring.fit_normal(reference.at(others)), reference.at([i]))
        )
        assert np.allclose(fast[i], by_hand[0])


def test_the_score_lies_between_the_worst_p_value_and_all_of_them_together() -> None:
    one = np.log(np.array([[1e-8, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [1e-2, 1e-2, 1e-2, 1e-2]]))
    scores = scoring.batch_scores(one)
    assert scores[0] > scores[2] > scores[1]
    assert np.allclose(scores, 2 * np.log((np.exp(one) ** -0.5).mean(axis=1)))


def test_scores_of_a_normal_batch_do_not_depend_on_the_units_of_the_tags() -> None:
    batches = normal_batches(12, 3)
    units = np.array([1e-4, 1.0, 1e5, 3.0, 7.0, 1e3])
    rescaled = Batches(batches.tags, batches.names, tuple(v * units + 10 * units for v in batches.values))
    first = scoring.held_out_statistics(described(batches))
    second = scoring.held_out_statistics(described(rescaled))
    assert np.allclose(first, second, rtol=1e-5, atol=1e-6)
