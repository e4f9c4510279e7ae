"""What the operator's commands do: connect with the operator's certificate, ask, and show.

Layer: coordinator, shell.
"""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.table import Table

from coordinator.config import CoordinatorConfig, CoordinatorHome
from crypto.agreement import Agreement, parse_agreement, verify_agreement
from crypto.canonical import parse_json
from crypto.errors import InputError, StateError
from crypto.log.checkpoint import verify_checkpoint
from crypto.log.entry import parse_entry
from crypto.log.receipt import verify_entries
from crypto.pki import Role
from crypto.signing import SigningDomain, SigningKey, verify_statement
from protos import methods
from protos.channel import Channel
from protos.hosting.clock import read_clock
from protos.hosting.config import load_config
from protos.hosting.files import read_file, read_private
from protos.hosting.terminal import out
from protos.messages import (
    MAX_LOG_RANGE,
    CheckpointRequest,
    EntryRange,
    Nothing,
    RoundReference,
    RoundState,
    RoundStatus,
)

FAILURE_WORDS = {
    "TOO_FEW_SUBMISSIONS": "fewer than two members submitted in time; start their nodes, then open another",
    "ABANDONED": "abandoned by the operator; open another when the reason is gone",
}
"""What a code of a failed round means, and what to do; another code is shown as it is."""


def open_home(path: Path) -> CoordinatorHome:
    """Return a coordinator's home.

    Raises:
        InputError: There is none at this path.
    """
    home = CoordinatorHome(path)
    if not home.config.exists():
        raise InputError(f"{path} is not a coordinator's home; make one with: clew-coordinator init")
    return home


def connect(home: CoordinatorHome) -> Channel:
    """Return a connection to the coordinator that runs from this home."""
    config = load_config(CoordinatorConfig, home.config)
    return Channel(
        f"{config.hosts[0]}:{home.read_ports()['member']}",
        authority_pem=read_file(home.authority_certificate),
        certificate_pem=read_file(home.operator_certificate),
        private_key_pem=read_private(home.operator_key),
    )


def parse_role(text: str) -> Role:
    """Return the role of an organisation from the command line."""
    if text not in (Role.FORCE.value, Role.PARTNER.value):
        raise InputError("--role: expected force or partner")
    return Role(text)


def fetch_agreement(home: CoordinatorHome) -> Agreement:
    """Return the agreement in force, verified."""
    config = load_config(CoordinatorConfig, home.config)
    with connect(home) as channel:
        document = channel.call(methods.GET_AGREEMENT, Nothing())
    return verify_agreement(
        document.envelope,
        config.governance_public_key,
        federation=config.federation,
        now=read_clock(),
        newer_than_or_equal=0,
    )


def draft_next_agreement(
    home: CoordinatorHome, *, custodian: str, days: int, new_epoch: bool
) -> tuple[Agreement, bytes]:
    """Return the next agreement and its draft file, for people to read and the board to sign."""
    # Heavy, and needed by this command alone.
    from coordinator.drafting import draft_agreement
    from crypto.encoding.schema import get_federation_schema
    from scoring.risk.gravity import load_default_gravity_table

    config = load_config(CoordinatorConfig, home.config)
    previous = _find_agreement(home)
    with connect(home) as channel:
        enrolments = channel.call(methods.LIST_ENROLMENTS, Nothing()).enrolments
    epoch = previous.key_epoch + new_epoch if previous else 1
    agreement = draft_agreement(
        enrolments,
        get_federation_schema(),
        federation=config.federation,
        version=previous.version + 1 if previous else 1,
        key_epoch=epoch,
        custodian=custodian,
        weights_version=load_default_gravity_table().version,
        log_public_key=SigningKey.from_pem(read_private(home.log_key)).public_key,
        log_origin=config.log_origin,
        issued_at=read_clock(),
        lifetime=timedelta(days=days),
    )
    return agreement, (json.dumps(agreement.to_body(), indent=2, ensure_ascii=False) + "\n").encode()


def _find_agreement(home: CoordinatorHome) -> Agreement | None:
    """Return the last agreement, in force or expired: the next one counts on from it."""
    config = load_config(CoordinatorConfig, home.config)
    try:
        with connect(home) as channel:
            envelope = channel.call(methods.GET_AGREEMENT, Nothing()).envelope
    except StateError as error:
        if error.code != "NO_AGREEMENT":
            raise
        return None
    body = verify_statement(parse_json(envelope), SigningDomain.AGREEMENT, config.governance_public_key)
    return parse_agreement(body)


def show_agreement(agreement: Agreement) -> None:
    """Print an agreement for people."""
    table = Table("Member", "Role", "Agency", title=f"Agreement version {agreement.version}")
    for member in agreement.members:
        table.add_row(member.display_name, member.role.value, member.agency_type)
    out.print(table)
    for name, value in agreement.thresholds.to_body().items():
        out.print(f"  {name.replace('_', ' '):<28} {value}")
    out.print(
        f"Federation {agreement.federation}, until {agreement.expires_at:%d %B %Y}. "
        f"Key custodian {agreement.custodian}, epoch {agreement.key_epoch}. "
        f"Linkage schema {agreement.schema_digest[:16]}, weights {agreement.weights_version[:16]}."
    )


def fetch_status(channel: Channel) -> RoundStatus:
    """Return the latest round's status."""
    latest = channel.call(methods.GET_ROUND, Nothing())
    return channel.call(methods.GET_ROUND_STATUS, RoundReference(latest.round_id))


def is_over(status: RoundStatus) -> bool:
    """Whether a round has ended."""
    return status.state in (RoundState.CLOSED, RoundState.FAILED)


def status_body(status: RoundStatus) -> dict[str, Any]:
    """Return a round's status as JSON."""
    return {
        "round_id": status.round_id,
        "number": status.number,
        "state": status.state.value,
        "candidate_pairs": status.candidate_pairs,
        "clusters": status.clusters,
        "failure": status.failure,
        "members": {
            m.member: {
                "records": m.records,
                "submitted": m.submitted,
                "rows_asked": m.rows_asked,
                "records_resolved": m.records_resolved,
                "resolved": m.resolved,
                "answered": m.answered,
                "collected": m.collected,
            }
            for m in status.members
        },
    }


def list_awaited(status: RoundStatus) -> list[str]:
    """Return the members whose turn it is and who have not taken it, so that a stuck round names them."""
    match status.state:
        case RoundState.OPEN:
            return [m.member for m in status.members if not m.submitted]
        case RoundState.RESOLVING:
            return [m.member for m in status.members if m.submitted and not m.resolved]
        case RoundState.ASSESSING:
            return [m.member for m in status.members if m.submitted and not m.answered]
        case RoundState.PUBLISHED:
            return [m.member for m in status.members if m.submitted and not m.collected]
    return []


def show_status(status: RoundStatus) -> None:
    """Print a round's status for people."""
    table = Table("Member", "Records", "Rows asked", "Resolved to", "Submitted", "Answered", "Collected")
    for m in status.members:
        marks = ("yes" if done else "-" for done in (m.submitted, m.answered, m.collected))
        counts = (f"{count:,}" for count in (m.records, m.rows_asked, m.records_resolved))
        table.add_row(m.member, *counts, *marks)
    out.print(f"Round {status.number}: [bold]{status.state.value.lower()}[/]")
    out.print(table)
    if status.failure:
        words = FAILURE_WORDS.get(status.failure)
        out.print(f"Why: {status.failure}" + (f", {words}" if words else ""))
    if waiting := list_awaited(status):
        out.print(f"Waits for: {', '.join(waiting)}")
    if status.clusters or status.candidate_pairs:
        out.print(f"{status.candidate_pairs:,} candidate pairs, {status.clusters:,} clusters")


def audit_log(home: CoordinatorHome) -> dict[str, Any]:
    """Recompute the log from raw entries; return what it holds, by event type.

    Raises:
        VerificationError: The entries do not give the signed root.
    """
    agreement = fetch_agreement(home)
    with connect(home) as channel:
        answer = channel.call(methods.GET_CHECKPOINT, CheckpointRequest(0))
        checkpoint = verify_checkpoint(
            answer.checkpoint, origin=agreement.log_origin, public_key=agreement.log_public_key
        )
        entries: list[bytes] = []
        while len(entries) < checkpoint.size:
            wanted = min(MAX_LOG_RANGE, checkpoint.size - len(entries))
            page = channel.call(methods.GET_ENTRIES, EntryRange(len(entries), wanted)).entries
            if not page:
                break
            entries.extend(page)
    verify_entries(entries, checkpoint)
    counts = Counter(parse_entry(json.loads(entry)["body"]).event_type.value for entry in entries)
    return {"entries": len(entries), "events": dict(sorted(counts.items())), "verified": True}
