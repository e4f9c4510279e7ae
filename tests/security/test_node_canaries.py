"""Planted values: nothing that a node says, logs, sends or submits may hold one; a planted leak is found."""

import base64
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from crypto.errors import ClewError
from crypto.keys import generate_linkage_key
from node.daemon import Duties, run_daemon
from node.ingest.load import load_folder
from node.records import Records
from protos.hosting.logs import open_log
from protos.messages import RoundState
from tests.support import node_bench as bench
from tests.support.node_bench import ScriptedCoordinator

GIVEN, SURNAME, POSTCODE, NOMINAL_ID = "Zebedee", "Quillfeather", "ZE99 9ZZ", "CANARY-77F1"
BIRTH = date(1951, 3, 29)
CANARIES = (GIVEN, SURNAME, POSTCODE, NOMINAL_ID, BIRTH.isoformat(), BIRTH.strftime("%d/%m/%Y"))


def forms(canary: str) -> set[bytes]:
    """Return a value as it could lie somewhere: plain, in other cases, encoded."""
    texts = {canary, canary.upper(), canary.lower(), canary.replace(" ", ""), canary.replace("-", "")}
    plain = {text.encode() for text in texts}
    return plain | {item.hex().encode() for item in plain} | {base64.b64encode(item) for item in plain}


def find_canaries(data: bytes) -> list[str]:
    return [canary for canary in CANARIES if any(form in data for form in forms(canary))]


def test_the_search_finds_a_planted_leak() -> None:
    assert find_canaries(b'{"error": "no such person: QUILLFEATHER"}') == [SURNAME]
    assert find_canaries(base64.b64encode(POSTCODE.encode())) == [POSTCODE]


@pytest.fixture
def records() -> Records:
    canary = bench.make_nominal(NOMINAL_ID, given_names=GIVEN, surname=SURNAME, postcode=POSTCODE, dob=BIRTH)
    return Records((canary,), (bench.make_crime("C1"),), (bench.make_party("C1", NOMINAL_ID),))


def test_nothing_of_a_person_leaves_in_a_round_or_reaches_the_log(tmp_path: Path, records: Records) -> None:
    member = (bench.make_config("essex"), bench.make_keys())
    coordinator = ScriptedCoordinator()
    agreement = bench.make_agreement({"essex": member})
    coordinator.agreement = bench.sign(agreement)
    coordinator.announced = bench.announce(agreement)

    class OneTurn:
        """Stops the daemon after a number of turns."""

        def __init__(self, turns: int) -> None:
            self.turns = turns

        def is_set(self) -> bool:
            self.turns -= 1
            return self.turns < 0

        def wait(self, _seconds: float) -> None:
            coordinator.announced = bench.announce(agreement, state=RoundState.ASSESSING)
            coordinator.asked = tuple(bench.find_tokens(context, coordinator.announced).values())

    def chore(_context: object) -> None:
        raise ValueError(f"a library quotes {SURNAME} of {POSTCODE}")

    with bench.open_bench(tmp_path, coordinator, *member) as context:
        context.store.records.store_records(records)
        context.store.federation.store_linkage_key(generate_linkage_key(1))
        log = open_log(tmp_path / "node.log", "node")
        run_daemon(
            context,
            duties=Duties(chores=(chore,)),
            interval_s=0.0,
            log=log,
            stop=OneTurn(2),  # type: ignore[arg-type]
        )
        log._logger._file.close()  # a process ends with its log; a test must not leave it open

    written = (tmp_path / "node.log").read_bytes()
    assert b'"error": "ValueError"' in written, "the failure itself is logged"
    assert find_canaries(written) == []
    assert {"Submit", "SendSummaries", "Append"} <= set(coordinator.names())
    assert find_canaries(repr((coordinator.calls, coordinator.uploads, coordinator.entries)).encode()) == []
    sent = b"".join(part.chunk.encodings for upload in coordinator.uploads for part in upload if part.chunk)
    assert find_canaries(sent) == []
    assert find_canaries((tmp_path / "essex.sqlite").read_bytes() + wal(tmp_path)) != [], "the control"


def wal(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("*.sqlite-wal"))


@pytest.mark.parametrize(
    "row",
    [
        f"{NOMINAL_ID},ATHENA,{GIVEN},{SURNAME},1951-03-32,EXACT,M,,{POSTCODE},false,NORMAL",
        f"{NOMINAL_ID},{SURNAME},{GIVEN},{SURNAME},{BIRTH},{GIVEN},{GIVEN},{POSTCODE * 3},,no,{GIVEN}",
        f"{NOMINAL_ID},{GIVEN},{SURNAME}",
        f'{NOMINAL_ID},"{GIVEN}"{SURNAME},{POSTCODE}',
        f"{NOMINAL_ID},ATHENA,{GIVEN},{SURNAME},{BIRTH},EXACT,M,,{POSTCODE},false,NORMAL\n" * 2,
    ],
    ids=["date", "every cell", "short", "quotes", "duplicate"],
)
def test_a_refused_file_never_quotes_a_value(tmp_path: Path, row: str) -> None:
    header = (
        "nominal_id,source_system,given_names,surname,dob,dob_quality,sex_recorded,pncid,postcode,"
        "is_police_employee,sensitivity\n"
    )
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "nominal.csv").write_text(header + row, encoding="utf-8")
    member = (bench.make_config("essex"), bench.make_keys())
    with (
        bench.open_bench(tmp_path, ScriptedCoordinator(), *member) as node,
        pytest.raises(ClewError) as caught,
    ):
        load_folder(node, folder)

    said, error = [], caught.value
    while error is not None:
        said.append(repr(error) + str(error))
        error = error.__cause__  # type: ignore[assignment]
    assert find_canaries("".join(said).encode()) == []


def test_representations_of_records_say_nothing(records: Records) -> None:
    shown = repr(records).encode()

    assert b"ATHENA" in shown
    assert find_canaries(shown.replace(NOMINAL_ID.encode(), b"")) == []


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    """A slow `--help` tempts people to keep a session open; this holds the imports, not the time."""
    program = (
        "import sys, node.cli\n"
        "heavy = {'pandas', 'scipy', 'anonlink', 'clkhash', 'sqlalchemy', 'grpc', 'numpy'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or None)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
