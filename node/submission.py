"""One member's submission to a round: random tokens, shuffled encodings, and their digest.

Layer: node, pure apart from what it is given to draw from. The order of records and their tokens say
nothing about the records; a token is new in every round. Chunks and digest are functions of what was
stored, so that a node killed half-way uploads the same bytes again.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence

from crypto.encoding.encoder import encode_people
from crypto.encoding.schema import LinkageSchema
from node.persons import Person
from node.store.rounds import RoundRecord
from protos.messages import (
    MAX_CHUNK_RECORDS,
    TOKEN_BYTES,
    SubmissionChunk,
    SubmissionHeader,
    SubmissionPart,
)

CHUNK_BYTES = 1 << 20  # about what one message carries; far below the message limit


def encode_submission(
    persons: Sequence[Person], schema: LinkageSchema, *, round_key: bytes, random: secrets.SystemRandom
) -> tuple[RoundRecord, ...]:
    """Return the records of a submission in the order in which they will be sent.

    Args:
        persons: Whom to encode, one record each.
        schema: The agreed linkage schema.
        round_key: Key of this round.
        random: The system's random source, for tokens and order.
    """
    encodings = encode_people([person.encoding_fields for person in persons], schema, secret=round_key)
    records = [
        RoundRecord(
            token=random.randbytes(TOKEN_BYTES), encoding=row.tobytes(), nominal_ids=person.nominal_ids
        )
        for person, row in zip(persons, encodings, strict=True)
    ]
    random.shuffle(records)
    return tuple(records)


def derive_content_digest(records: Sequence[RoundRecord]) -> str:
    """Return the hex SHA-256 over all tokens, then all encodings, in order."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.token)
    for record in records:
        digest.update(record.encoding or b"")
    return digest.hexdigest()


def list_parts(header: SubmissionHeader, records: Sequence[RoundRecord]) -> Iterator[SubmissionPart]:
    """Yield the header and then the chunks of a submission."""
    yield SubmissionPart(header=header)
    width_bytes = TOKEN_BYTES + len(records[0].encoding or b"")
    size = min(MAX_CHUNK_RECORDS, max(1, CHUNK_BYTES // width_bytes))
    for index, start in enumerate(range(0, len(records), size)):
        some = records[start : start + size]
        tokens = b"".join(record.token for record in some)
        encodings = b"".join(record.encoding or b"" for record in some)
        yield SubmissionPart(chunk=SubmissionChunk(index, tokens, encodings))
