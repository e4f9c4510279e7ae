import pytest

from lab.attacks.intervals import get_wilson_interval


@pytest.mark.parametrize(
    ("hits", "trials", "interval"),
    [(0, 100, (0.0, 0.037)), (50, 100, (0.4038, 0.5962)), (100, 100, (0.963, 1.0))],
)
def test_intervals_are_wilsons(hits: int, trials: int, interval: tuple[float, float]) -> None:
    assert get_wilson_interval(hits, trials) == pytest.approx(interval, abs=5e-4)
