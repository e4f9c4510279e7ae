"""What a node holds, in counts and versions.

Layer: node, pure over its store.
"""

from typing import Any

from crypto.canonical import format_time
from node.context import LocalNode
from node.persons import find_persons, select_perpetrators


def describe_status(node: LocalNode, *, is_enrolled: bool) -> dict[str, Any]:
    """Return the node's state as JSON, without asking the coordinator."""
    records = node.store.records.load_records()
    agreement = node.find_agreement()
    part = node.store.rounds.find_latest()
    key = node.store.federation.find_linkage_key(agreement.key_epoch) if agreement else None
    check = node.store.rounds.find_linkability()
    checkpoint = node.store.evidence.find_checkpoint(agreement.log_origin) if agreement else None
    return {
        "federation": node.config.federation,
        "member": node.config.member,
        "role": node.config.role.value,
        "enrolled": is_enrolled,
        "nominals": len(records.nominals),
        "persons": len(find_persons(records.nominals)),
        "encodable_persons": len(select_perpetrators(records, today=node.clock().date())),
        "crimes": len(records.crimes),
        "partner_contacts": len(records.contacts),
        "agreement_version": agreement.version if agreement else None,
        "agreement_expires_at": format_time(agreement.expires_at) if agreement else None,
        "key_epoch": key.epoch if key else None,
        "key_step": key.step if key else None,
        "round_id": part.round_id if part else None,
        "round_number": part.number if part else None,
        "round_stage": part.state.value if part else None,
        "round_records": part.record_count if part else None,
        "linkability_stopped": check.is_stopped if check else None,
        "linkability_findings": list(check.findings) if check else [],
        "matches": len(node.store.rounds.load_matches()),
        "log_size": checkpoint.size if checkpoint else None,
        "log_entries_waiting": len(node.store.evidence.get_queued_entries()),
    }
