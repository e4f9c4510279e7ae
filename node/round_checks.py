"""What a node checks before it acts on the coordinator's word: the agreement, the round, the questions.

Layer: node. Threat: a coordinator that steers some members to a weaker recipe, takes back an agreement, or
asks about more people than the members agreed to.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from crypto.agreement import CLOCK_SKEW, Agreement
from crypto.encoding.schema import LinkageSchema, parse_schema
from crypto.errors import StateError, VerificationError
from node.context import NodeContext, verify_own_agreement
from protos import methods
from protos.messages import MemberResults, Nothing, RoundAnnouncement

MAX_ROUND_AGE = timedelta(days=4)  # three stages of at most a day each, and the matching between them


def fetch_agreement(context: NodeContext) -> Agreement | None:
    """Fetch the current agreement, verify it under the pinned key, keep it, and return it.

    Returns:
        The agreement, or None while none is published.

    Raises:
        VerificationError: It does not verify, is older than the one held, is another document of the
            same version, or lists another role, kind of agency or keys for this member.
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
    config = context.config
    if (own.role, own.agency_type) != (config.role, config.agency_type):
        raise VerificationError(
            f"expected this node as {config.role} of type {config.agency_type} in the agreement, got another "
            "kind; what leaves depends on it: ask the governance board which is right"
        )
    keys = (own.hpke_public_key, own.signing_public_key)
    if keys != (context.keys.sealing.public_key, context.keys.signing.public_key):
        raise VerificationError(
            "expected this node's own keys in the agreement, got others; compare fingerprints with the "
            "governance board before anything else"
        )


def verify_round(agreement: Agreement, announced: RoundAnnouncement, *, now: datetime) -> LinkageSchema:
    """Return the schema to encode with, once the announced round is exactly what was agreed.

    Raises:
        VerificationError: It was opened in the future or days ago, so its month would not be this one:
            summaries dated to several months say more than one.
        StateError: The round runs under another agreement, schema, weights or key epoch, or this release
            gives the agreed schema another digest.
    """
    if not now - MAX_ROUND_AGE <= announced.opened_at <= now + CLOCK_SKEW:
        raise VerificationError(
            f"expected a round opened in the last {MAX_ROUND_AGE.days} days, got another time; check the "
            "clocks of this node and of the coordinator"
        )
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
    most: int,
) -> None:
    """Check that the coordinator asks only for this node's own tokens, and for no more than was agreed.

    Args:
        asked: Whom it asks about now.
        held: This node's own records of the round, by token, as far as the coordinator knows them.
        earlier: Whom it asked about in this round before: asking in small portions must not pass the cap.
        most: The agreement's cap on records, from its share of the submitted ones.

    Raises:
        VerificationError: A token is not this node's, or comes twice.
        StateError: More than ``most`` records are asked for.
    """
    if len(set(asked)) != len(asked) or not held.keys() >= set(asked):
        raise VerificationError("the coordinator asked about record tokens that this node did not submit")
    total = len(earlier.union(asked))
    if total > most:
        raise StateError(
            f"the coordinator asked for {total} score summaries, the agreement allows {most}; nothing is "
            "answered, tell the governance board",
            code="SUMMARY_CAP",
        )


def verify_results(
    results: MemberResults,
    announced: RoundAnnouncement,
    *,
    agreement: Agreement,
    member: str,
    now: datetime,
) -> MemberResults:
    """Return a round's results once they are of this round, dated by now and about other members only.

    Their date decides how long a match may be asked about (P-04) and when it is erased.

    Raises:
        VerificationError: They are of another round, dated in the future, or name a counterpart that is
            not another member, or not of the kind that the agreement says.
    """
    if results.round_id != announced.round_id:
        raise VerificationError("expected the results of the announced round, got another round's")
    if results.published_at > now + CLOCK_SKEW:
        raise VerificationError(
            "expected results published by now, got ones dated in the future; check the clocks of this node "
            "and of the coordinator"
        )
    others = {(other.name, other.agency_type) for other in agreement.members if other.name != member}
    named = {(other.member, other.agency_type) for found in results.matches for other in found.counterparts}
    if not named <= others:
        raise VerificationError("expected matches with other members of the agreement, got another name")
    return results
