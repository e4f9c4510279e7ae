"""What is installed is what was agreed: pins by hash, no hosts, known conflicts only, fresh stubs."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distributions, version
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement

REPOSITORY = Path(__file__).parents[2]
LOCK = (REPOSITORY / "requirements.lock").read_text()
PINNED = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^ \\;]+)(?: ?; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)


def test_lock_names_no_host_and_no_place() -> None:
    assert not re.search(r"://|^\s*-(?!-hash)|--index|--find-links|@ |file:|git\+", LOCK, re.MULTILINE)


def test_every_entry_of_the_lock_is_pinned_and_hashed() -> None:
    assert PINNED.sub("", LOCK) == ""
    assert len(PINNED.findall(LOCK)) > 20


def _direct_requirements() -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {_normalise(Requirement(text).name) for text in wanted}


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_lock_covers_every_direct_dependency() -> None:
    locked = {_normalise(name) for name, _, _ in PINNED.findall(LOCK)}
    assert _direct_requirements() - locked == set()


@pytest.mark.parametrize(("name", "pinned"), [(n, v) for n, v, _ in PINNED.findall(LOCK)])
def test_installed_version_is_the_locked_one(name: str, pinned: str) -> None:
    assert version(name) == pinned


def _violated_pins() -> set[tuple[str, str]]:
    """Return (package, requirement) for each installed requirement that what is installed breaks."""
    violated = set()
    for distribution in distributions():
        for text in distribution.requires or []:
            requirement = Requirement(text)
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if applies and not _is_met(requirement):
                violated.add((_normalise(distribution.metadata["Name"]), str(requirement)))
    return violated


def _is_met(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def test_violated_pins_are_exactly_the_known_ones() -> None:
    # clkhash 0.18.3 pins old companions; pyproject.toml says why they are overridden.
    assert _violated_pins() == {
        ("clkhash", "cryptography<41.0,>=40.0"),
        ("clkhash", "mypy_extensions<0.5.0,>=0.4.3"),
    }


def test_generated_stubs_are_fresh(tmp_path: Path) -> None:
    protos = sorted(str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("protos/clew/v1/*.proto"))
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "-I.",
        f"--python_out={tmp_path}",
        f"--pyi_out={tmp_path}",
    ]
    subprocess.run([*command, *protos], cwd=REPOSITORY, check=True, capture_output=True)
    fresh = {path.name: path.read_text() for path in (tmp_path / "protos/clew/v1").iterdir()}
    committed = {path.name: path.read_text() for path in (REPOSITORY / "protos/clew/v1").glob("*_pb2.py*")}
    assert fresh == committed


def test_every_proto_message_field_and_method_has_a_comment() -> None:
    for path in REPOSITORY.glob("protos/clew/v1/*.proto"):
        lines = path.read_text().splitlines()
        for above, line in pairwise(lines):
            if re.search(r"^  +(rpc |.* = \d+;$)", line):
                assert above.lstrip().startswith("//"), f"{path.name}: no comment above: {line.strip()}"
