"""At which density births lie, because blocks protect only while they are small.

Layer: lab. Pure. A few thousand people born on any day of seventy years share a birth date with nobody; a
country's do with hundreds. Moving births onto fewer dates makes blocks by date as full as a country's at a
size that a laptop can attack.
"""

from collections.abc import Sequence

from crypto.errors import InputError
from lab.attacks.people import Subject, concentrate_births

NATIONAL, AS_IS = "national", "as-is"
PEOPLE_PER_BIRTH_DATE = 217  # what 5.5 million people born over 70 years have
NATIONAL_RECORDS = 50_000  # at fewer, blocks by year or by day of the year are further from a country's


def set_density(subjects: Sequence[Subject], density: str, *, records: int) -> list[Subject]:
    """Return the people with births at a density.

    Args:
        subjects: The held people and the strangers of the attacker's list.
        density: :data:`NATIONAL` or :data:`AS_IS`.
        records: How many will be held; they decide the number of dates.

    Raises:
        InputError: Another density.
    """
    if density not in (NATIONAL, AS_IS):
        raise InputError(f"--density: expected {NATIONAL} or {AS_IS}, got {density}")
    if density == AS_IS:
        return list(subjects)
    return concentrate_births(subjects, dates=max(1, round(records / PEOPLE_PER_BIRTH_DATE)))
