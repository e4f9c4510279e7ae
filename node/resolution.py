"""Saying which rows are one record, for rows that were like another member's, and for no others.

Layer: node, pure apart from what it is given to draw from. Threat: a coordinator that asks about rows one by
one, about all of them, or again and again, to tie the views of people whom nobody else knows. Rules: only
own rows, at most the agreed share of records, and one question a round.
"""

import hashlib
import math
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crypto.canonical import canonical_bytes, parse_json
from crypto.errors import StateError, VerificationError
from node.private_map import Holder, PrivateMap
from protos.conversion import encode_message, parse_message
from protos.messages import MAX_RESOLUTION_ROWS, TOKEN_BYTES, Resolution, ResolutionBatch, ViewRow

Question = tuple[tuple[bytes, ...], ...]
"""For each view the row tokens asked about."""

RecordMap = dict[bytes, tuple[str, ...]]
"""The nominals behind each record token; none behind a dummy's."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question's answer.

    Attributes:
        records: Which nominals each record is about; stays here.
        answers: What is sent, in random order.
    """

    records: RecordMap
    answers: tuple[Resolution, ...]


def derive_question_digest(question: Question) -> str:
    """Return the hex SHA-256 over the rows asked about, view after view."""
    digest = hashlib.sha256()
    for view, tokens in enumerate(question):
        digest.update(view.to_bytes(4) + len(tokens).to_bytes(8) + b"".join(tokens))
    return digest.hexdigest()


def derive_answer_digest(answers: Sequence[Resolution]) -> str:
    """Return the hex SHA-256 over what is answered; what the log commits to."""
    digest = hashlib.sha256()
    for answer in answers:
        digest.update(encode_message(answer))
    return digest.hexdigest()


def verify_same_question(question: Question, earlier: str) -> None:
    """Check that a question is the one that this node has answered in the round.

    Raises:
        StateError: It is another: asking in portions must not pass the cap.
    """
    if derive_question_digest(question) != earlier:
        raise StateError(
            "the coordinator asks about other rows than before in the same round; nothing is answered, tell "
            "the governance board",
            code="RESOLUTION_CHANGED",
        )


def resolve_rows(
    question: Question, own: PrivateMap, *, max_share: float, random: secrets.SystemRandom
) -> Resolved:
    """Return which of the rows asked about are one record, under fresh tokens.

    A dummy is resolved like a person.

    Args:
        question: What the coordinator asks.
        own: Whose rows are whose.
        max_share: The agreement's cap, as a share of the submitted records.
        random: The system's random source, for tokens.

    Raises:
        VerificationError: A row is not this node's, or named twice.
        StateError: More than ``max_share`` of the submitted records are asked about.
    """
    rows: dict[Holder, list[ViewRow]] = defaultdict(list)
    for view, tokens in enumerate(question):
        for token, holder in own.find_holders(view, tokens).items():
            rows[holder].append(ViewRow(view, token))
    most = math.ceil(max_share * own.count_holders())
    if len(rows) > most:
        raise StateError(
            f"the coordinator asked about rows of {len(rows)} records, the agreement allows {most} of "
            f"{own.count_holders()}; nothing is answered, tell the governance board",
            code="RESOLUTION_CAP",
        )
    tokens_of = {holder: random.randbytes(TOKEN_BYTES) for holder in rows}
    answers = sorted(
        (Resolution(tokens_of[holder], tuple(own_rows)) for holder, own_rows in rows.items()), key=_token
    )
    return Resolved({tokens_of[holder]: own.get_nominal_ids(holder) for holder in rows}, tuple(answers))


def list_batches(round_id: str, answers: Sequence[Resolution]) -> Iterator[ResolutionBatch]:
    """Yield what is sent in messages of bounded size."""
    some: list[Resolution] = []
    rows = 0
    for answer in answers:
        if some and rows + len(answer.rows) > MAX_RESOLUTION_ROWS:
            yield ResolutionBatch(round_id, tuple(some))
            some, rows = [], 0
        some.append(answer)
        rows += len(answer.rows)
    if some:
        yield ResolutionBatch(round_id, tuple(some))


def to_sections(round_id: str, resolved: Resolved) -> Iterator[bytes]:
    """Yield an answer as bytes to be sealed: whom the records are about first, then what is sent."""
    yield canonical_bytes({token.hex(): list(ids) for token, ids in resolved.records.items()})
    yield from map(encode_message, list_batches(round_id, resolved.answers))


def read_records(sections: Iterator[bytes]) -> RecordMap:
    """Return whom the records of a kept answer are about."""
    body: Mapping[str, list[str]] = parse_json(next(sections))
    return {bytes.fromhex(token): tuple(ids) for token, ids in body.items()}


def read_batches(sections: Iterator[bytes]) -> Iterator[ResolutionBatch]:
    """Yield what is sent of a kept answer: the same after a crash."""
    next(sections)
    return (parse_message(ResolutionBatch, section) for section in sections)


def verify_page(total: int, earlier: int | None, *, rows: int, most: int) -> int:
    """Return how many rows a question has in all, once a page of it can be.

    Args:
        total: What this page says.
        earlier: What the page before said.
        rows: How many rows this page has.
        most: How many rows this node has submitted.

    Raises:
        VerificationError: The number changes, is impossible, or a page is empty before the end.
    """
    if earlier not in (None, total) or total > most or (total and not rows):
        raise VerificationError("expected the pages of one question about this node's own rows, got others")
    return total


def _token(answer: Resolution) -> bytes:
    return answer.token
