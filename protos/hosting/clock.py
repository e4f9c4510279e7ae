"""The wall clock, read in one place; everything below gets the time as an argument.

Layer: protos.hosting.
"""

from datetime import UTC, datetime


def read_clock() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)
