"""The federation's log: an RFC 6962 tree over durable entries, with signed checkpoints.

Layer: coordinator. Append returns after the entry is durable and gives the proof that the checkpoint
just signed includes it. Threat: an operator who rewrites or forks history; nodes check every proof.
"""

import threading

from coordinator.store.log import LogStore
from crypto.errors import InputError
from crypto.log.checkpoint import Checkpoint, sign_checkpoint
from crypto.log.entry import LogEntry, sign_entry
from crypto.log.merkle import MerkleTree, leaf_hash
from crypto.signing import SigningKey
from protos.messages import CheckpointAnswer, LogReceipt


class TransparencyLog:
    """The log of one federation; safe to use from several threads.

    Args:
        store: Durable entries; the tree is rebuilt from them.
        key: The log's signing key.
        origin: The log's name in its checkpoints.
    """

    def __init__(self, store: LogStore, *, key: SigningKey, origin: str) -> None:
        self._store = store
        self._key = key
        self.origin = origin
        self._lock = threading.Lock()
        self._tree = MerkleTree(leaf_hash(entry) for entry in store.list_entries())

    @property
    def public_key(self) -> str:
        """The key that checkpoints and the coordinator's own entries are signed with."""
        return self._key.public_key

    def append(self, entry: bytes) -> LogReceipt:
        """Make an entry durable and return its place and proof; idempotent for the same bytes."""
        with self._lock:
            index = self._store.append(entry)
            if index == self._tree.size:
                self._tree.append(leaf_hash(entry))
            proof = self._tree.inclusion_proof(index, self._tree.size)
            return LogReceipt(index=index, proof=proof, checkpoint=self._sign())

    def append_own(self, entry: LogEntry) -> None:
        """Sign and append an entry of the coordinator itself."""
        self.append(sign_entry(entry, self._key))

    def get_checkpoint(self, verified_size: int) -> CheckpointAnswer:
        """Return the latest checkpoint and the proof that it extends a size verified before.

        Raises:
            InputError: The caller claims a larger tree than there is.
        """
        with self._lock:
            if verified_size > self._tree.size:
                raise InputError(
                    f"expected a verified size of at most {self._tree.size}, got {verified_size}: this log "
                    "is shorter than one you have seen; keep your checkpoint and tell the governance board",
                    code="LOG_SHRANK",
                )
            proof = self._tree.consistency_proof(verified_size, self._tree.size) if verified_size else ()
            return CheckpointAnswer(checkpoint=self._sign(), consistency=proof)

    def _sign(self) -> str:
        checkpoint = Checkpoint(self.origin, self._tree.size, self._tree.root())
        return sign_checkpoint(checkpoint, self._key.sign, public_key=self._key.public_key)
