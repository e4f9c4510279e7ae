"""What is durable at a node: a database, in four parts that share one engine, and sealed files.

Layer: node.store. Every method of a part is one transaction, durable when it returns.
"""

from pathlib import Path
from types import TracebackType

import sqlalchemy as sa

from node.store import tables
from node.store.evidence import EvidenceStore
from node.store.federation import FederationStore
from node.store.records import RecordStore
from node.store.rounds import RoundStore
from node.store.sealed_files import SealedFiles
from protos.hosting.database import open_database


class NodeStore:
    """Everything durable of a node.

    Attributes:
        engine: For parts that other packages of the node add over their own tables.
        records: The member's own records.
        federation: Agreements and the linkage key.
        rounds: Participation and matches.
        evidence: Checkpoint, receipts and entries to be logged.
        sealed: Files of running rounds that only the linkage key of their step opens.
    """

    def __init__(self, engine: sa.Engine, sealed: SealedFiles) -> None:
        self.engine = engine
        self.records = RecordStore(engine)
        self.federation = FederationStore(engine)
        self.rounds = RoundStore(engine)
        self.evidence = EvidenceStore(engine)
        self.sealed = sealed

    def __enter__(self) -> "NodeStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(path: Path) -> NodeStore:
    """Open a node's database, made (mode 0600) where there is none, and the folder beside it for rounds."""
    sealed = SealedFiles(path.with_name(f"{path.stem}-rounds"))
    return NodeStore(open_database(path, tables.metadata), sealed)
