"""Coarse buckets: what a member says instead of a day or a count.

Layer: scoring. Pure. A score summary must not let the coordinator date an event or count it exactly, so
ages, victims and events leave in the buckets of the canonical schema ``score_summary`` (F10).
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar


class AgeBucket(StrEnum):
    """Age of an event in days at release."""

    DAYS_0_7 = "0-7"
    DAYS_8_30 = "8-30"
    DAYS_31_90 = "31-90"
    DAYS_91_180 = "91-180"
    DAYS_181_365 = "181-365"
    DAYS_366_730 = "366-730"
    DAYS_731_1095 = "731-1095"

    @property
    def least_days(self) -> int:
        """Youngest age in the bucket."""
        return int(self.partition("-")[0])

    @property
    def greatest_days(self) -> int:
        """Oldest age in the bucket."""
        return int(self.partition("-")[2])

    @property
    def representative_days(self) -> int:
        """The age that stands for the bucket in a score; see :data:`REPRESENTATIVE_DAYS`."""
        return REPRESENTATIVE_DAYS[self]


REPRESENTATIVE_DAYS = {
    AgeBucket.DAYS_0_7: 3,
    AgeBucket.DAYS_8_30: 19,
    AgeBucket.DAYS_31_90: 59,
    AgeBucket.DAYS_91_180: 132,
    AgeBucket.DAYS_181_365: 257,
    AgeBucket.DAYS_366_730: 489,
    AgeBucket.DAYS_731_1095: 854,
}
"""The whole day whose recency R lies midway between those of the bucket's ends.

It keeps the greatest error of R least. The greatest error of the *score* is 2.5 points, in 181-365.
"""


class VictimsBucket(StrEnum):
    """Distinct victims; none known counts as one, because V is 0 for both."""

    ONE = "1"
    TWO = "2"
    THREE_OR_FOUR = "3-4"
    FIVE_OR_MORE = "5+"

    @property
    def least(self) -> int:
        """Fewest victims in the bucket: a score never claims more victims than the member did."""
        return _least(self)


class EventsBucket(StrEnum):
    """Crimes and non-crimes that count; intelligence reports are not counted."""

    NONE = "0"
    ONE = "1"
    TWO_TO_FOUR = "2-4"
    FIVE_OR_MORE = "5+"

    @property
    def least(self) -> int:
        """Fewest events in the bucket."""
        return _least(self)


Bucket = TypeVar("Bucket", VictimsBucket, EventsBucket)


def find_age_bucket(age_days: int | None) -> AgeBucket | None:
    """Return the bucket of an age of at most 1,095 days; None for no age."""
    if age_days is None:
        return None
    return next(bucket for bucket in AgeBucket if age_days <= bucket.greatest_days)


def bucket_victims(count: int) -> VictimsBucket:
    """Return the bucket of a number of victims."""
    return _last_reached(VictimsBucket, max(1, count))


def bucket_events(count: int) -> EventsBucket:
    """Return the bucket of a number of events."""
    return _last_reached(EventsBucket, count)


def _least(bucket: str) -> int:
    return int(bucket.rstrip("+").partition("-")[0])


def _last_reached(kind: Iterable[Bucket], count: int) -> Bucket:
    return max((bucket for bucket in kind if bucket.least <= count), key=lambda bucket: bucket.least)
