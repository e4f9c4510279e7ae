"""Identifiers of log entries.

Layer: protos.hosting, because it draws randomness.
"""

import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80


def generate_event_id(at: datetime) -> str:
    """Return a new ULID: 48 bits of milliseconds, 80 random bits, in 26 characters.

    Source: the ULID specification (Crockford base 32).
    """
    value = (int(at.timestamp() * 1000) << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
