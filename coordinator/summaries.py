"""Checking signed score summaries.

Layer: coordinator, pure. A summary counts only when the member it comes from signed it, for this round
and this token, with this round's weights; weights never mix (DOMAIN 2.1).
"""

from coordinator.rounds import Round
from crypto.agreement import Member
from crypto.canonical import decode_base64, parse_json
from crypto.errors import InputError, StateError, VerificationError
from crypto.signing import SigningDomain, verify_statement
from scoring.risk.summary import ScoreSummary, parse_summary


def verify_summary(envelope: bytes, member: Member, *, current: Round, token: bytes) -> ScoreSummary:
    """Return the summary in a signed envelope, fit to be combined with the others of a round.

    Raises:
        InputError: The envelope or the summary is malformed, names another agency type, or is dated
            back to another month than the round's: sums of different days cannot be added.
        VerificationError: Not signed by the member, or about another round or token.
        StateError: Made with other offence weights than the round's.
    """
    document = parse_json(envelope)
    if not isinstance(document, dict):
        raise InputError("expected a signed summary, got another JSON value")
    body = verify_statement(document, SigningDomain.SUMMARY, member.signing_public_key)
    if set(body) != {"round_id", "token", "summary"}:
        raise InputError("expected a summary statement with round_id, token and summary")
    if body["round_id"] != current.round_id or decode_base64(body["token"]) != token:
        raise VerificationError("a summary is about another round or token", code="SUMMARY_MISPLACED")
    summary = parse_summary(body["summary"])
    if summary.agency_type.value != member.agency_type:
        raise InputError("a summary names another agency type than the agreement")
    as_of_month = current.opened_at.date().replace(day=1)
    if summary.as_of_month != as_of_month:
        raise InputError(f"expected a summary as of {as_of_month}, the month in which the round opened")
    if summary.weights_version != current.weights_version:
        raise StateError(
            f"expected offence weights {current.weights_version[:16]}, got {summary.weights_version[:16]}; "
            "install the agreement's weights",
            code="WEIGHTS_MISMATCH",
        )
    return summary
