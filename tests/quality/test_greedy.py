"""The greedy pass: constraints, thresholds, and the best threshold against one try at a time."""

import numpy as np
import pytest

from scoring.linkage.evaluation import Pair, score_quality
from tests.quality.greedy import decide_greedy, find_best_greedy

Scored = list[tuple[float, Pair]]


@pytest.mark.parametrize(
    ("scored", "within", "decided"),
    [
        pytest.param([], False, set(), id="nothing scored"),
        pytest.param(
            [(2.0, ((0, 0), (1, 0))), (1.0, ((0, 0), (1, 1)))],
            False,
            {((0, 0), (1, 0))},
            id="a record takes its best partner only",
        ),
        pytest.param(
            [(2.0, ((0, 0), (1, 0))), (1.0, ((1, 0), (2, 0)))],
            False,
            {((0, 0), (1, 0)), ((1, 0), (2, 0)), ((0, 0), (2, 0))},
            id="a cluster implies its third pair",
        ),
        pytest.param(
            [(3.0, ((0, 0), (0, 1))), (1.0, ((0, 1), (0, 2))), (-1.0, ((0, 3), (0, 4)))],
            True,
            {((0, 0), (0, 1)), ((0, 1), (0, 2)), ((0, 0), (0, 2))},
            id="inside one file clusters are connected components",
        ),
    ],
)
def test_decisions_at_threshold_zero(scored: Scored, within: bool, decided: set[Pair]) -> None:
    assert decide_greedy(scored, threshold=0.0, within=within) == decided


@pytest.mark.parametrize("within", [False, True])
def test_best_threshold_is_the_best_of_all_thresholds_tried_one_by_one(within: bool) -> None:
    rng = np.random.default_rng(3)
    truth = {((0, n), (0 if within else 1, n + 40 if within else n)) for n in range(20)}
    scored: Scored = [(float(rng.normal(1)), pair) for pair in sorted(truth)]
    others = ((int(a), int(b)) for a, b in rng.integers(0, 40, (120, 2)) if a != b)
    scored += [
        (round(float(rng.normal(-1)), 1), ((0, min(a, b)), (0 if within else 1, max(a, b))))
        for a, b in others
    ]
    best = find_best_greedy(scored, truth, within=within)
    tried = [
        score_quality(decide_greedy(scored, threshold=score, within=within), truth, threshold=score)
        for score, _ in scored
    ]
    assert best.f1 == pytest.approx(max(quality.f1 for quality in tried))
    assert best == score_quality(
        decide_greedy(scored, threshold=best.threshold, within=within), truth, threshold=best.threshold
    )
