"""The real coordinator with a tap on every message at the boundary of its handlers, after decryption.

Run as ``python -m tests.support.tapped_coordinator HOME TAP``: TAP receives all bytes that handlers
get and give, so that a test can search what TLS would hide from a packet capture.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from coordinator import server, service
from coordinator.config import CoordinatorHome


def main(home: Path, tap: Path) -> None:
    """Serve, copying every message to the tap."""
    parse, encode = server.parse_message, server.encode_message
    stream = tap.open("ab", buffering=0)

    def tapped_parse(kind: type[Any], data: bytes) -> Any:
        stream.write(data)
        return parse(kind, data)

    def tapped_encode(message: Any) -> bytes:
        data = encode(message)
        stream.write(data)
        return data

    server.parse_message, server.encode_message = tapped_parse, tapped_encode
    asyncio.run(service.serve(CoordinatorHome(home)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
