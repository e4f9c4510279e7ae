"""What a node checks before it acts on the coordinator's word: the agreement, the round, the questions.

Layer: node. Threat: a coordinator that steers some members to a weaker recipe, takes back an agreement, or
asks about more people than the members agreed to.
"""

import math
from collections.abc import Mapping

from crypto.agreement import Agreement
from crypto.encoding.schema import LinkageSchema, parse_schema
from crypto.errors import StateError, VerificationError
from node.context import NodeContext, verify_own_agreement
from protos import methods
from protos.messages import Nothing, RoundAnnouncement


def fetch_agreement(context: NodeContext) -> Agreement | None:
    """Fetch the current agreement, verify it under the pinned key, keep it, and return it.

    Returns:
        The agreement, or None while none is published.

    Raises:
        VerificationError: It does not verify, is older than the one held, is another document of the
            same version, or lists other keys for this member.
    """
    try:
        envelope = context.wire.call(methods.GET_AGREEMENT, Nothing()).envelope
    except StateError:
        return context.find_agreement()
    held = context.store.federation.find_agreement()
    version = held[0] if held is not None else 0
    agreement = verify_own_agreement(context.config, envelope, now=context.clock(), at_least=version)
    if held is not None and agreement.version == version and envelope != held[1]:
        raise VerificationError(
            f"two different agreements of version {version} are signed; keep both and tell the board"
        )
    _verify_own_entry(context, agreement)
    context.store.federation.store_agreement(agreement.version, envelope, now=context.clock())
    return agreement


def _verify_own_entry(context: NodeContext, agreement: Agreement) -> None:
    own = agreement.find_member(context.config.member)
    if own is None:
        raise StateError("this member is not in the current agreement; ask the governance board")
    keys = (own.hpke_public_key, own.signing_public_key)
    if keys != (context.keys.sealing.public_key, context.keys.signing.public_key):
        raise VerificationError(
            "expected this node's own keys in the agreement, got others; compare fingerprints with the "
            "governance board before anything else"
        )


def verify_round(agreement: Agreement, announced: RoundAnnouncement) -> LinkageSchema:
    """Return the schema to encode with, once the announced round is exactly what was agreed.

    Raises:
        StateError: The round runs under another agreement, schema, weights or key epoch, or this release
            gives the agreed schema another digest.
    """
    schema = parse_schema(agreement.schema)
    pairs = (
        ("agreement", announced.agreement_digest, agreement.digest),
        ("linkage schema", announced.schema_digest, agreement.schema_digest),
        ("linkage schema of this release", schema.digest, agreement.schema_digest),
        ("offence weights", announced.weights_version, agreement.weights_version),
        ("key epoch", str(announced.key_epoch), str(agreement.key_epoch)),
    )
    for name, got, expected in pairs:
        if got != expected:
            raise StateError(
                f"expected {name} {expected[:16]}, got {got[:16]}; nothing is submitted until they agree",
                code="ROUND_MISMATCH",
            )
    return schema


def verify_summary_requests(
    asked: tuple[bytes, ...],
    held: Mapping[bytes, tuple[str, ...]],
    *,
    earlier: frozenset[bytes],
    max_share: float,
) -> None:
    """Check that the coordinator asks only for this node's own tokens, and for no more than was agreed.

    Args:
        asked: Whom it asks about now.
        held: This node's own records of the round, by token.
        earlier: Whom it asked about in this round before: asking in small portions must not pass the cap.
        max_share: The agreement's cap, as a share of the submitted records.

    Raises:
        VerificationError: A token is not this node's, or comes twice.
        StateError: More than ``max_share`` of the submitted records are asked for.
    """
    if len(set(asked)) != len(asked) or not held.keys() >= set(asked):
        raise VerificationError("the coordinator asked about record tokens that this node did not submit")
    total, most = len(earlier.union(asked)), math.ceil(max_share * len(held))
    if total > most:
        raise StateError(
            f"the coordinator asked for {total} score summaries, the agreement allows {most} of "
            f"{len(held)}; nothing is answered, tell the governance board",
            code="SUMMARY_CAP",
        )
