"""The people of this member who may ask and decide: a key file each, a credential each.

Layer: node. People are opaque ids. The key is made here, written to a file that only its owner can read
and kept nowhere else; the node keeps the credential, signed by its own key, which the governance-signed
agreement names. Threat: a person who acts under another's name.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crypto.canonical import canonical_bytes, parse_json
from crypto.credential import Credential, issue_credential, verify_credential
from crypto.errors import InputError, PolicyError, StateError
from crypto.signing import SigningKey
from node.requests.desk import Signatory
from node.requests.person_store import PersonStore
from protos.hosting.files import read_private, write_private
from scoring.policy.authority import LEAST_RANK, find_rank, has_rank
from scoring.policy.vocabulary import ApproverRole, Rank, RequestingRole

ROLES = (*RequestingRole, *ApproverRole)


@dataclass(frozen=True, slots=True)
class Registry:
    """The people of one member.

    Args:
        member: This member's name.
        node_key: Signs credentials.
        people: Where credentials are kept.
    """

    member: str
    node_key: SigningKey
    people: PersonStore

    def add_person(
        self, person_id: str, *, role: str, rank: str, key_path: Path, now: datetime
    ) -> Credential:
        """Make a person's key file and credential.

        Raises:
            InputError: An unknown role, a rank that the office does not allow, an id of another form, or
                there is a file at ``key_path`` already.
            StateError: The id is registered already.
        """
        _check_role(role, rank)
        if key_path.exists():
            raise InputError(f"{key_path} exists; a key file is never overwritten, choose another place")
        key = SigningKey.generate()
        credential = Credential(person_id, self.member, role, rank, key.public_key, now)
        envelope = issue_credential(self.node_key, credential)
        # The file first: an id whose key was never written could neither be used nor made again.
        write_private(key_path, key.to_pem())
        try:
            self.people.register_person(person_id, key.public_key, canonical_bytes(envelope))
        except StateError:
            key_path.unlink()
            raise
        return credential

    def load_signatory(self, key_path: Path) -> Signatory:
        """Return the person whose key file this is.

        Raises:
            InputError: Not a key file, or one that others can read.
            PolicyError: The key belongs to nobody registered here.
        """
        key = SigningKey.from_pem(read_private(key_path))
        envelope = self.people.find_credential(key.public_key)
        if envelope is None:
            raise PolicyError(
                f"{key_path} is the key of nobody registered at {self.member}; "
                "use a key file made here with: clew-node person add"
            )
        return Signatory(self._verify(envelope), envelope, key)

    def load_people(self) -> tuple[Credential, ...]:
        """Return everyone registered, by id."""
        return tuple(self._verify(envelope) for envelope in self.people.load_credentials())

    def _verify(self, envelope: bytes) -> Credential:
        return verify_credential(parse_json(envelope), self.node_key.public_key, organisation=self.member)


def _check_role(role: str, rank: str) -> None:
    if role not in ROLES:
        raise InputError(f"role: expected one of {', '.join(ROLES)}")
    least = LEAST_RANK.get(ApproverRole(role)) if role in set(ApproverRole) else None
    if least is not None and not has_rank(rank, least):
        found = find_rank(rank)
        got = f"got {found}" if found else "got a rank that is not in the list"
        raise InputError(f"rank: {role} expects {least} or above of {', '.join(Rank)}, {got}")
