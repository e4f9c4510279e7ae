"""Small linkage schemas with salted views, for tests that need views and not their quality."""

from typing import Any

from crypto.encoding.schema import FEDERATION_FIELDS, LinkageSchema, load_built_in_schema, parse_schema

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
    body = load_built_in_schema("plain").subset(FEDERATION_FIELDS).body
    return parse_schema(body | {"views": _VIEWS | changes})
