"""The processes of a demo federation: real commands in separate homes, started, killed and stopped.

Layer: lab. Everything goes through the installed commands, as a person at a terminal would use them,
so that the demo proves the product and not its insides.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crypto.errors import StateError

COMMAND_TIMEOUT_S = 120
STOP_TIMEOUT_S = 10
POLL_S = 0.2


class Workplace:
    """A directory with the homes of a federation and the processes that run from them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._bin = Path(sys.executable).parent
        # One thread for each numeric library: half a dozen processes share the machine's cores.
        self._environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    def command(self, *words: str | Path, expect: int = 0) -> str:
        """Run a command to its end and return what it printed.

        Raises:
            StateError: It ended with another exit code than expected; the message has what it said.
        """
        done = subprocess.run(
            self._line(words),
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            env=self._environment,
            check=False,
        )
        if done.returncode != expect:
            said = (done.stderr or done.stdout).strip()
            raise StateError(f"{' '.join(map(str, words[:3]))} ended with {done.returncode}: {said}")
        return done.stdout

    def ask(self, *words: str | Path, expect: int = 0) -> Any:
        """Run a command with ``--json`` and return what it printed, parsed."""
        return json.loads(self.command(*words, "--json", expect=expect))

    def start(self, name: str, *words: str | Path) -> None:
        """Start a long-running command; what it prints goes to a file beside the homes."""
        with (self.root / f"{name}.out").open("ab") as output:
            self._running[name] = subprocess.Popen(
                self._line(words), stdout=output, stderr=output, env=self._environment
            )

    def kill(self, name: str) -> None:
        """End a process at once, without warning it (SIGKILL)."""
        process = self._running.pop(name)
        process.kill()
        process.wait(STOP_TIMEOUT_S)

    def kill_all(self) -> None:
        """End every process at once, without warning it (SIGKILL)."""
        for name in list(self._running):
            self.kill(name)

    def stop_all(self) -> None:
        """Stop every process, politely first."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
        self._running.clear()

    def require_running(self) -> None:
        """Check that every started process still runs.

        Raises:
            StateError: One has ended; the message names it and where its output is.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                raise StateError(f"{name} ended with {process.returncode}; see {self.root / name}.out")

    def wait_until(self, condition: Callable[[], bool], *, timeout_s: float, waiting_for: str) -> None:
        """Poll until a condition holds.

        Raises:
            StateError: It does not hold in time, or a process has ended meanwhile.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            self.require_running()
            if time.monotonic() > deadline:
                raise StateError(f"waited {timeout_s:.0f} s in vain for {waiting_for}")
            time.sleep(POLL_S)

    def _line(self, words: tuple[str | Path, ...]) -> list[str]:
        return [str(self._bin / words[0]), *(str(word) for word in words[1:])]
