"""Linkage schemas of one view and of three small ones, for tests of how rounds go."""

from typing import Any

from crypto.agreement import Thresholds
from crypto.encoding.schema import FEDERATION_FIELDS, LinkageSchema, load_built_in_schema, parse_schema

PLAIN = load_built_in_schema("plain").subset(FEDERATION_FIELDS)
PLAIN_THRESHOLDS = Thresholds(0.77, 0.80, 0.95, 60.0, 0.5)
_VIEWS: dict[str, Any] = {
    "comparisons": [
        {"name": "names", "tokens": "name-bigrams", "bits": 192, "ones": 48},
        {"name": "dob", "tokens": "date-parts", "bits": 64, "ones": 16},
    ],
    "salted": [
        {"name": "forename-dob", "salt": ["forename", "dob"]},
        {"name": "postcode-surname", "salt": ["postcode", "surname"]},
        {"name": "names-year", "salt": ["forename", "surname", "year"]},
    ],
    "blockCap": 4,
    "padding": {"dummyShare": 0.1, "multiple": 8},
    "resolution": {"bar": 0.5, "maxShare": 0.5},
}
WIDE = {"bitsPerField": 55, "diffusion": 10, "bar": 0.7}


def make_views_schema(**changes: Any) -> LinkageSchema:
    """Return a schema of three salted views; ``changes`` replace keys of its ``views``."""
    return parse_schema(PLAIN.body | {"views": _VIEWS | changes})
