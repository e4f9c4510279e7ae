"""Who we are and what we work with: the one argument that every use case here shares.

Layer: node, pure.
"""

from dataclasses import dataclass

from crypto.agreement import Agreement
from crypto.credential import Credential
from crypto.errors import StateError
from crypto.sealing import SealingKey
from crypto.signing import SigningKey
from node.requests.journal_store import JournalStore
from node.requests.mail_store import MailStore
from node.requests.ports import CaseRecords, LogAppender
from node.requests.store import CaseStore
from scoring.policy.case_file import Thresholds
from scoring.risk.areas import AgencyType


@dataclass(frozen=True, slots=True)
class Signatory:
    """A person with their key in hand: proof that it is they who act.

    Args:
        credential: Issued by this node.
        envelope: The signed credential, canonical bytes, as the other side will verify it.
        key: The person's own key.
    """

    credential: Credential
    envelope: bytes
    key: SigningKey


@dataclass(frozen=True, slots=True)
class Desk:
    """A node at which people ask and decide.

    Args:
        member: This member's name.
        agreement: The verified agreement; the only source of other members' keys.
        signing_key, sealing_key: This node's own.
        cases: Requests, approvals and disclosures.
        mail: Outbox and received packages.
        journal: Log entries of each step.
        records: This node's matches and records.
        log: The federation's log.
        software_version: Goes into log entries.
    """

    member: str
    agreement: Agreement
    signing_key: SigningKey
    sealing_key: SealingKey
    cases: CaseStore
    mail: MailStore
    journal: JournalStore
    records: CaseRecords
    log: LogAppender
    software_version: str

    @property
    def node_id(self) -> str:
        """The actor in log entries for what the node does by itself."""
        return f"{self.member}-node"

    @property
    def thresholds(self) -> Thresholds:
        """The bars of DOMAIN P-05 that the members agreed."""
        bars = self.agreement.thresholds
        return Thresholds(
            routine_probability=bars.routine_probability,
            review_probability=bars.summary_probability,
            score_if_true=bars.routine_score,
        )

    def agency_of(self, member: str) -> AgencyType:
        """Return a member's kind of agency.

        Raises:
            StateError: The agreement names a kind that this release has no rules for.
        """
        code = self.agreement.get_member(member).agency_type
        if code not in set(AgencyType):
            raise StateError(
                f"{member} is a kind of agency that this release does not know; upgrade this node"
            )
        return AgencyType(code)
