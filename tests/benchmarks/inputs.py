"""Inputs that several benchmarks share: synthetic people and real encodings of them."""

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.encoder import encode_people
from crypto.encoding.schema import FEDERATION_FIELDS, load_built_in_schema
from lab.population import generate_federation

SECRET = b"a benchmark protects nothing"
TODAY = date(2026, 1, 1)
FORCES = ("essex", "kent", "west-mercia")


def make_people(records: int) -> list[list[dict[str, str]]]:
    """Return the people of three forces, as the encoder takes them."""
    federation = generate_federation(
        forces=FORCES, partner="kent-care", records_per_force=records, seed=1, today=TODAY
    )
    return [_list_people(member.tables["nominal"].head(records)) for member in federation.members[:3]]


def make_encodings(records: int) -> list[NDArray[np.uint8]]:
    """Return real encodings of three forces under schema plain."""
    schema = load_built_in_schema("plain").subset(FEDERATION_FIELDS)
    return [encode_people(people, schema, secret=SECRET) for people in make_people(records)]


def _list_people(table: Any) -> list[dict[str, str]]:
    return [
        {
            "forenames": row.given_names,
            "surname": row.surname,
            "dob": row.dob,
            "sex": row.sex_recorded,
            "postcode": row.postcode,
        }
        for row in table.itertuples()
    ]
