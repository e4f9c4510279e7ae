"""The log's service: members append their own signed entries; anyone in the federation may audit.

Layer: coordinator.
"""

from coordinator.directory import Directory
from coordinator.store.log import LogStore
from coordinator.transparency import TransparencyLog
from crypto.errors import VerificationError
from crypto.log.entry import verify_entry
from crypto.pki import PeerIdentity
from protos.messages import (
    CheckpointAnswer,
    CheckpointRequest,
    EntryRange,
    LogAppend,
    LogEntries,
    LogReceipt,
)


class LogDesk:
    """Checks and appends entries, answers with proofs."""

    def __init__(self, log: TransparencyLog, store: LogStore, directory: Directory) -> None:
        self._log = log
        self._store = store
        self._directory = directory

    def append(self, caller: PeerIdentity, request: LogAppend) -> LogReceipt:
        """Append an entry that the caller's organisation signed.

        Raises:
            VerificationError: The signature is not the caller's, or the entry speaks for another.
        """
        entry = verify_entry(request.entry, self._directory.get_signing_keys(self._log.public_key))
        if entry.actor_org != caller.name:
            raise VerificationError("a member may log only its own acts", code="NOT_OWN_ENTRY")
        return self._log.append(request.entry)

    def get_checkpoint(self, request: CheckpointRequest) -> CheckpointAnswer:
        """Return the latest checkpoint with a consistency proof."""
        return self._log.get_checkpoint(request.verified_size)

    def get_entries(self, request: EntryRange) -> LogEntries:
        """Return raw entries."""
        return LogEntries(self._store.list_entries(request.start, request.count))
