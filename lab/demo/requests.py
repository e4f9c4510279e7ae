"""The people of the demo and the two requests they make.

Layer: lab. Each person has a key file of their own; requester, supervisor and both approvers are four
people in two forces, as P-02 demands.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.demo.federation import DemoFederation

_STATEMENTS = {
    "risk_statement": "A woman who lives with the subject reported an assault yesterday and has said that "
    "she fears he will hurt her badly when he learns of it. She has a child at home. The next contact is "
    "expected within two days, when he is due to collect belongings from the address.",
    "necessity_statement": "The match shows that another force holds a history of similar offending, but "
    "not which safeguarding steps were taken, which orders exist or where he was last living. The officer "
    "cannot choose the right protection, or warn the right people, on a band and a count alone.",
    "proportionality_statement": "PND and local records were checked first and gave nothing on the earlier "
    "history. Only identity, outcomes and grades are asked for; no free text and no third-party data. The "
    "request will be closed and the copy deleted once a safeguarding decision has been recorded.",
}


@dataclass(frozen=True, slots=True)
class Person:
    """One officer of the demo, with the file of their own signing key."""

    person_id: str
    role: str
    rank: str
    key: Path


class CaseWork:
    """One force asking another, with all the people it takes."""

    def __init__(self, federation: DemoFederation, *, asking: str, holding: str) -> None:
        self._federation = federation
        self.asking, self.holding = asking, holding
        self.officer = self._appoint(asking, "oic-11", "OIC", "CONSTABLE")
        self.approver = self._appoint(asking, "di-12", "INSPECTOR_PVP", "INSPECTOR")
        self.holder = self._appoint(holding, "iao-13", "IAO_DELEGATE", "INSPECTOR")

    def draft(self, match_ref: str, label: str) -> str:
        """Draft and sign a request as the officer; return its id."""
        form = self._federation.place.root / f"{label}.toml"
        form.write_text(self._form(label), encoding="utf-8")
        drafted = self._federation.ask_node(
            self.asking, "request", "draft", "--match", match_ref, "--as", self.officer.key, "--file", form
        )
        return str(drafted["request_id"])

    def approve_here(self, request_id: str, *, refused: bool = False) -> Any:
        """Approve on the asking side; unless a rule refuses, the bundle then travels to the holder."""
        return self._decide(self.asking, request_id, self.approver, expect=int(refused))

    def approve_there(self, request_id: str) -> None:
        """Approve on the holding side and release the package."""
        self._decide(self.holding, request_id, self.holder)
        self._federation.ask_node(self.holding, "inbox", "release", request_id, "--as", self.holder.key)

    def state(self, member: str, request_id: str) -> Any:
        """Return how a request stands at a member."""
        listing = "request" if member == self.asking else "inbox"
        return self._federation.ask_node(member, listing, "show", request_id)

    def open_disclosure(self, request_id: str) -> Any:
        """Open the disclosure as the officer who asked."""
        return self._federation.ask_node(
            self.asking, "disclosure", "open", request_id, "--as", self.officer.key
        )

    def _decide(self, member: str, request_id: str, person: Person, *, expect: int = 0) -> Any:
        reason = self._federation.place.root / f"reason-{person.person_id}.txt"
        reason.write_text(
            "The necessity and proportionality statements are specific to this case, less intrusive "
            "sources were tried first, and the items asked for are the least that will serve.\n",
            encoding="utf-8",
        )
        return self._federation.ask_node(
            member,
            "request",
            "approve",
            request_id,
            "--as",
            person.key,
            "--decision",
            "APPROVE",
            "--reason-file",
            reason,
            expect=expect,
        )

    def _appoint(self, member: str, suffix: str, role: str, rank: str) -> Person:
        person_id = f"{member}-{suffix}"
        key = self._federation.place.root / f"{person_id}.key"
        self._federation.node(
            member, "person", "add", "--id", person_id, "--role", role, "--rank", rank, "--out", key
        )
        return Person(person_id, role, rank, key)

    def _form(self, label: str) -> str:
        lines = [
            f'case_ref = "42KT/{label.upper()}/26"',
            f'supervisor_id = "{self.asking}-ds-10"',
            'regime = "DPA_PART3"',
            'le_purpose = "PREVENTION"',
            'lawful_basis = "TASK_NECESSARY_S35_2B"',
            'sensitive_condition = "SCH8_1_STATUTORY"',
            'gateway = ["COMMON_LAW_POLICING"]',
            'less_intrusive_tried = ["PND", "LOCAL_RMS"]',
            'data_items_requested = ["IDENTITY_CORE", "INCIDENT_LIST", "OUTCOMES"]',
            'intended_action = ["SAFEGUARD_VISIT"]',
            'subject_role = "PERPETRATOR"',
            'victim_views = "NOT_SOUGHT_UNSAFE"',
            "conflict = false",
            'conflict_statement = "I know nobody in this case, personally or through work."',
            'dpia_ref = "DPIA-2026-03"',
            'isa_ref = "ISA-2026-01"',
            'urgency = "ROUTINE"',
        ]
        lines += [f'{field} = "{text}"' for field, text in _STATEMENTS.items()]
        return "\n".join(lines) + "\n"
