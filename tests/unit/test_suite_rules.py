"""The rules of the suite itself: under CI=true nothing is skipped in silence."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SKIPS = {
    "test_mark.py": "import pytest\n@pytest.mark.skip(reason='no engine')\ndef test_it() -> None: ...\n",
    "test_call.py": "import pytest\ndef test_it() -> None: pytest.skip('no engine')\n",
    "test_module.py": "import pytest\npytest.skip('no engine', allow_module_level=True)\n",
}


def _run_skipping_tests(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    for name, program in SKIPS.items():
        (folder / name).write_text(program)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        [*command, "--continue-on-collection-errors", folder],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_kind_of_skip_fails_under_ci_and_says_why(tmp_path: Path) -> None:
    done = _run_skipping_tests(tmp_path, "true")
    assert done.returncode == 1
    assert "1 failed, 2 errors" in done.stdout
    for name in SKIPS:
        assert name in done.stdout
    assert done.stdout.count("was skipped, and under CI=true nothing may be") >= len(SKIPS)


def test_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    done = _run_skipping_tests(tmp_path, "")
    assert "3 skipped" in done.stdout
