"""Linkage schemas: the agreed recipe by which every member turns a record into an encoding.

Layer: crypto. A schema is clkhash's version 3 JSON. Three additions are Clew's: the optional key
``standardisation`` names the version of :mod:`crypto.encoding.standardise` that values pass first
(without it values are encoded as they stand, which is *compatibility mode*); the optional key ``views``
says how records are salted and compared (:mod:`crypto.encoding.view_schema`); and a digest covers
everything that can change an encoding. Members refuse a round whose digest is not the agreed one, so a
coordinator cannot steer some members to a weaker recipe. Only blakeHash is accepted: double hashing
with MD5 and SHA-1 lets an attacker recover n-grams from bit patterns (Niedermeyer et al. 2014).
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata, resources
from typing import Any

from clkhash.schema import Schema, SchemaError, from_json_dict

from crypto.canonical import canonical_bytes, canonical_digest, parse_json
from crypto.encoding.attributes import ATTRIBUTES_VERSION
from crypto.encoding.standardise import SHAPING_LIBRARIES, STANDARDISATION_VERSION
from crypto.encoding.view_schema import RECORD_VIEW, ViewLayout, ViewsSpec, keep_views, parse_views
from crypto.errors import InputError

BUILT_IN_SCHEMAS = ("uk-police", "uk-police-wide", "plain")
FEDERATION_FIELDS = ("forenames", "surname", "dob", "sex", "postcode")
"""Fields of the default federation schema: what every force records for a nominal (DOMAIN 1)."""

MIN_CLK_LENGTH_BITS = 64  # anything shorter cannot tell people apart, and rows are whole 64-bit words
MAX_CLK_LENGTH_BITS = 65_536  # clkhash draws bit positions as 16-bit integers
MAX_KEY_SIZE_BYTES = 64  # the longest key that BLAKE2b takes
MAX_XOR_FOLDS = 16  # clkhash makes a filter 2^folds times as long; its master schema checks nothing here
MAX_FIELDS = 60  # clkhash's HKDF-SHA256 cannot derive two 64-byte keys for more than 63 fields


@dataclass(frozen=True)
class LinkageSchema:
    """One parsed linkage schema; equal digests mean byte-identical encodings under equal keys.

    Attributes:
        canonical: RFC 8785 bytes of the schema JSON, the form that is signed and sent.
        fields: Field identifiers in column order, ignored ones included.
        clk_length_bits: Length of an encoding; a power of two.
        is_standardised: Whether values pass Clew's standardisation before encoding.
        views: How records are salted and compared; None for a schema of one unsalted encoding.
    """

    canonical: bytes
    fields: tuple[str, ...]
    clk_length_bits: int
    is_standardised: bool
    views: ViewsSpec | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The schema as JSON values, a fresh copy that the caller may change."""
        body: dict[str, Any] = parse_json(self.canonical)
        return body

    @property
    def encoded_fields(self) -> tuple[str, ...]:
        """Identifiers of the fields that set bits: all but the ignored ones."""
        ignored = {item["identifier"] for item in self.body["features"] if item.get("ignored")}
        return tuple(field for field in self.fields if field not in ignored)

    @property
    def layout(self) -> tuple[ViewLayout, ...]:
        """Every view in order, as far as the wire and the coordinator need to know it."""
        if self.views is None:
            return (ViewLayout(RECORD_VIEW, self.clk_length_bits // 8, has_blocks=False, bar=0.0),)
        return self.views.get_layout(self.clk_length_bits)

    @property
    def _libraries(self) -> tuple[str, ...]:
        return ("clkhash", *(SHAPING_LIBRARIES if self.is_standardised else ()))

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 over the schema and the versions of everything else that shapes encodings."""
        return canonical_digest(
            {
                "schema": self.body,
                "standardisation": STANDARDISATION_VERSION if self.is_standardised else 0,
                "attributes": ATTRIBUTES_VERSION if self.views else 0,
                "unicode": unicodedata.unidata_version,
                "libraries": {name: metadata.version(name) for name in self._libraries},
            }
        )

    def to_clkhash(self) -> Schema:
        """Return the schema as clkhash's own object, ready to encode."""
        return from_json_dict(self.body, validate=False)  # parse_schema has done that, at some 10 ms

    def subset(self, fields: Sequence[str]) -> "LinkageSchema":
        """Return the schema with only these fields, in the schema's own order.

        Views and comparisons that read another field go with it.

        Raises:
            InputError: A field is not in the schema, or no field, view or comparison is left.
        """
        unknown = sorted(set(fields) - set(self.fields))
        if unknown:
            raise InputError(f"expected fields of the schema ({', '.join(self.fields)}), got {unknown}")
        body = self.body
        body["features"] = [item for item in body["features"] if item["identifier"] in set(fields)]
        if self.views is not None:
            keep_views(body["views"], set(fields))
        return parse_schema(body)


def parse_schema(source: bytes | Mapping[str, Any]) -> LinkageSchema:
    """Parse and check a linkage schema.

    Args:
        source: Untrusted schema JSON, as bytes or as already decoded values.

    Raises:
        InputError: Not clkhash version 3, an unsupported hash, length or key size, repeated
            identifiers, another standardisation version, or a fault in the views; the message names
            the JSON path.
    """
    body = parse_json(source) if isinstance(source, bytes) else source
    if not isinstance(body, Mapping):
        raise InputError("linkage schema: expected a JSON object at the top level, got another type")
    canonical = canonical_bytes(body)
    _check_version(body)
    _check_hashing(body)
    clkhash_schema = _parse_with_clkhash(parse_json(canonical))
    _check_lengths(clkhash_schema)
    fields = tuple(field.identifier for field in clkhash_schema.fields)
    _check_fields(fields, clkhash_schema)
    is_standardised = "standardisation" in body
    views = _parse_views(body, clkhash_schema)
    return LinkageSchema(canonical, fields, clkhash_schema.l, is_standardised, views)


def load_built_in_schema(name: str) -> LinkageSchema:
    """Return a schema that ships with Clew.

    Raises:
        InputError: There is none of that name.
    """
    if name not in BUILT_IN_SCHEMAS:
        raise InputError(f"expected a built-in schema ({', '.join(BUILT_IN_SCHEMAS)}), got {name!r}")
    return parse_schema(resources.files("crypto.encoding").joinpath(f"schemas/{name}.json").read_bytes())


def get_federation_schema() -> LinkageSchema:
    """Return the schema a federation starts with: ``uk-police`` reduced to :data:`FEDERATION_FIELDS`."""
    return load_built_in_schema("uk-police").subset(FEDERATION_FIELDS)


def _check_version(body: Mapping[str, Any]) -> None:
    if body.get("version") != 3:
        raise InputError("linkage schema $.version: expected 3 (clkhash version 3), got another version")
    if body.get("standardisation", STANDARDISATION_VERSION) != STANDARDISATION_VERSION:
        raise InputError(
            f"linkage schema $.standardisation: expected {STANDARDISATION_VERSION}, got another version; "
            "all members must run the same release"
        )


def _parse_views(body: Mapping[str, Any], schema: Schema) -> ViewsSpec | None:
    if "views" not in body:
        return None
    if "standardisation" not in body:
        raise InputError(
            f"linkage schema $.standardisation: expected {STANDARDISATION_VERSION} beside $.views, got none; "
            "attributes are drawn from standardised values"
        )
    return parse_views(
        body["views"], [field.identifier for field in schema.fields if field.hashing_properties]
    )


def _check_hashing(body: Mapping[str, Any]) -> None:
    """Refuse double hashing before the master schema is tried, whose own message would not say why."""
    features = body.get("features")
    for index, feature in enumerate(features if isinstance(features, list) else []):
        hashing = feature.get("hashing") if isinstance(feature, Mapping) else None
        chosen = hashing.get("hash") if isinstance(hashing, Mapping) else None
        kind = chosen.get("type") if isinstance(chosen, Mapping) else "blakeHash"
        if kind != "blakeHash":
            raise InputError(
                f"linkage schema $.features[{index}].hashing.hash.type: expected 'blakeHash', got {kind!r}; "
                "double hashing is refused because its bit patterns give n-grams away"
            )


def _parse_with_clkhash(body: dict[str, Any]) -> Schema:
    try:
        return from_json_dict(body)
    except SchemaError as error:
        raise InputError(f"linkage schema {_explain(error)}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("linkage schema: expected a valid clkhash version 3 schema") from error


def _explain(error: SchemaError) -> str:
    """Return where the master schema was violated, from the deepest of its nested complaints."""
    cause: Any = error.__cause__
    if cause is None or not hasattr(cause, "json_path"):
        return "$.features: " + "; ".join(str(item) for item in error.errors)[:200]
    while cause.context:
        cause = max(cause.context, key=lambda item: len(item.absolute_path))
    return f"{cause.json_path}: expected clkhash version 3, got: {cause.message[:200]}"


def _check_lengths(schema: Schema) -> None:
    length = schema.l
    is_power_of_two = length > 0 and length & (length - 1) == 0
    if not is_power_of_two or not MIN_CLK_LENGTH_BITS <= length <= MAX_CLK_LENGTH_BITS:
        raise InputError(
            "linkage schema $.clkConfig.l: expected a power of two "
            f"from {MIN_CLK_LENGTH_BITS} to {MAX_CLK_LENGTH_BITS}, got {length}"
        )
    if not 1 <= schema.kdf_key_size <= MAX_KEY_SIZE_BYTES:
        raise InputError(
            f"linkage schema $.clkConfig.kdf.keySize: expected 1 to {MAX_KEY_SIZE_BYTES} bytes, "
            f"got {schema.kdf_key_size}"
        )
    folds = schema.xor_folds
    if type(folds) is not int or not 0 <= folds <= MAX_XOR_FOLDS:
        raise InputError(f"linkage schema $.clkConfig.xor_folds: expected a number from 0 to {MAX_XOR_FOLDS}")


def _check_fields(fields: tuple[str, ...], schema: Schema) -> None:
    if not any(field.hashing_properties for field in schema.fields):
        raise InputError("linkage schema $.features: expected at least one field that is not ignored")
    if len(set(fields)) != len(fields):
        raise InputError("linkage schema $.features: expected each identifier once, got a repeated one")
    if len(fields) > MAX_FIELDS:
        raise InputError(f"linkage schema $.features: expected at most {MAX_FIELDS}, got {len(fields)}")
