"""How evenly a method serves groups of people: the worst group beside the best.

Groups under :data:`MIN_PEOPLE` people with true pairs are shown and not judged: their chance error is
larger than the goal. Records whose name is on no list are no group of people and are not judged either.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.quality.labelled import UNLISTED
from tests.quality.measures import GroupRates

MIN_PEOPLE = 50
MAX_RECALL_GAP = 0.05  # the project's goal: worst group's recall within this of the best
MAX_FALSE_LINK_RATIO = 3.0  # the project's goal: false links of any two groups


@dataclass(frozen=True, slots=True)
class Gap:
    """The distance between the best and the worst group of one trait.

    Attributes:
        trait: origin or sex.
        best, worst: The groups of greatest and least recall.
        recall_gap: Difference of their recalls.
        standard_error: Of the difference; groups are of different people, so variances add.
        false_link_ratio: Greatest over least false-link rate; None when the least is 0.
        least_false, most_false: The groups of the least and greatest false-link rate.
    """

    trait: str
    best: GroupRates
    worst: GroupRates
    recall_gap: float
    standard_error: float
    false_link_ratio: float | None
    least_false: GroupRates
    most_false: GroupRates

    @property
    def is_within_chance(self) -> bool:
        """Whether the recall gap is under two standard errors: another sample could show none."""
        return self.recall_gap < 2 * self.standard_error

    @property
    def is_within_goal(self) -> bool:
        """Whether both goals hold for the point estimates."""
        ratio = self.false_link_ratio
        return self.recall_gap <= MAX_RECALL_GAP and (ratio is None or ratio <= MAX_FALSE_LINK_RATIO)


def find_gap(groups: Sequence[GroupRates], trait: str) -> Gap | None:
    """Return the gap of one trait, or None where fewer than two groups are large enough."""
    judged = [
        item
        for item in groups
        if item.trait == trait and item.group != UNLISTED and item.recall.people >= MIN_PEOPLE
    ]
    if len(judged) < 2:
        return None
    worst, best = (choose(judged, key=lambda item: item.recall.rate) for choose in (min, max))
    least, most = (choose(judged, key=lambda item: item.false_links.rate) for choose in (min, max))
    return Gap(
        trait=trait,
        best=best,
        worst=worst,
        recall_gap=best.recall.rate - worst.recall.rate,
        standard_error=(best.recall.standard_error**2 + worst.recall.standard_error**2) ** 0.5,
        false_link_ratio=most.false_links.rate / least.false_links.rate if least.false_links.hits else None,
        least_false=least,
        most_false=most,
    )
