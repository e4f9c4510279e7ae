"""What a node keeps of a running round in sealed files, and the key that opens them.

Layer: node. A batch's rows wait as the very messages that are sent; its private map and the answer to the
resolution question stay until the round is over. All of it is sealed under a key that derives from the
linkage key at the round's step, so that stepping forward makes every copy unreadable.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from crypto.agreement import Agreement
from crypto.errors import StateError
from crypto.keys import LinkageKey, derive_map_key
from node import private_map, resolution
from node.context import LocalNode, NodeContext
from node.private_map import PrivateMap
from node.resolution import RecordMap, Resolved
from node.submission import Submission, list_chunks
from protos.conversion import encode_message, parse_message
from protos.messages import ResolutionBatch, RoundAnnouncement, SubmissionPart

RESOLUTION = "resolution"


def find_key(context: NodeContext, agreement: Agreement, announced: RoundAnnouncement) -> LinkageKey | None:
    """Return the linkage key at the round's step, keeping no earlier one; None until the share arrives.

    Raises:
        StateError: The key has been stepped past this round, or the round is too far ahead.
    """
    federation = context.store.federation
    held = federation.find_linkage_key(agreement.key_epoch)
    if held is None or held.step == announced.number:
        return held
    key = held.ratchet_to(announced.number)
    federation.store_linkage_key(key)
    return key


@dataclass(frozen=True, slots=True)
class RoundFiles:
    """The sealed files of one round."""

    context: LocalNode
    round_id: str
    key: bytes

    def store_batch(self, number: int, submission: Submission) -> None:
        """Keep a batch's messages and its private map."""
        parts = (SubmissionPart(chunk=chunk) for chunk in list_chunks(submission.views))
        self._store(f"batch-{number}.rows", map(encode_message, parts))
        self._store(f"batch-{number}.map", private_map.to_sections(submission.to_map()))

    def load_parts(self, number: int) -> Iterator[SubmissionPart]:
        """Yield the chunks of a batch, the same every time."""
        for section in self._load(f"batch-{number}.rows"):
            yield parse_message(SubmissionPart, section)

    def erase_parts(self, number: int) -> None:
        """Delete a batch's messages; the coordinator has them."""
        self.context.store.sealed.erase_file(self.round_id, f"batch-{number}.rows")

    def load_map(self) -> PrivateMap:
        """Return whose row is whose, over all batches of the round."""
        batches = self.context.store.rounds.list_batches(self.round_id)
        return PrivateMap(
            [private_map.from_sections(self._load(f"batch-{batch.number}.map")) for batch in batches]
        )

    def store_resolution(self, resolved: Resolved) -> None:
        """Keep an answer to the resolution question."""
        self._store(RESOLUTION, resolution.to_sections(self.round_id, resolved))

    def load_answers(self) -> Iterator[ResolutionBatch]:
        """Yield the messages of the kept answer."""
        return resolution.read_batches(self._load(RESOLUTION))

    def load_records(self, *, views: int) -> RecordMap:
        """Return whom the round's record tokens are about, as far as this node has named them.

        Args:
            views: How many views the schema has; with one, rows are records.
        """
        if views == 1:
            return self.load_map().name_rows()
        part = self.context.store.rounds.find_participation(self.round_id)
        if part is None or not part.question_digest:
            return {}
        return resolution.read_records(self._load(RESOLUTION))

    def _store(self, name: str, sections: Iterator[bytes]) -> None:
        self.context.store.sealed.store(self.round_id, name, sections, key=self.key)

    def _load(self, name: str) -> Iterator[bytes]:
        return self.context.store.sealed.load(self.round_id, name, key=self.key)


def open_round_files(context: NodeContext, agreement: Agreement, announced: RoundAnnouncement) -> RoundFiles:
    """Return the round's files.

    Raises:
        StateError: The linkage key has been stepped past this round: nothing opens them any more.
    """
    key = find_key(context, agreement, announced)
    if key is None:
        raise StateError("expected the linkage key that this round's files are sealed under, got none")
    return RoundFiles(context, announced.round_id, derive_files_key(context, key, announced.round_id))


def derive_files_key(context: LocalNode, key: LinkageKey, round_id: str) -> bytes:
    """Return the key of this node's files of a round."""
    config = context.config
    return derive_map_key(key, federation=config.federation, round_id=round_id, member=config.member)
