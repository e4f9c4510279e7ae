"""The processes in which matching runs: fresh ones that end with the round, or with the server.

Layer: coordinator. Matching in processes of its own cannot hold up the server, and its memory goes with it.
"""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def open_workers(tasks: int) -> ProcessPoolExecutor:
    """Return a pool of new processes, no more than there are tasks or cores."""
    return ProcessPoolExecutor(max(1, min(tasks, os.cpu_count() or 1)), get_context("spawn"), end_with_parent)


def end_with_parent() -> None:
    """Make this worker end when the server that started it is gone, however it went.

    A worker that outlives a killed server would keep the round's encodings mapped after their erasure.
    """
    threading.Thread(target=_await_parent, daemon=True).start()


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
