"""What the options of ``clew-lab attack`` mean: whom to attack, how, and what to leave out.

Layer: lab. Everything that can be refused is refused here, before hours are spent.
"""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from crypto.errors import InputError
from lab.attacks.catalogue import ATTACKS, get_attack
from lab.attacks.controls import choose_controls
from lab.attacks.density import AS_IS, NATIONAL, NATIONAL_RECORDS, set_density
from lab.attacks.held_round import HeldRound, load_held_round
from lab.attacks.observation import Person, Scheme
from lab.attacks.people import Subject, draw_subjects, parse_subjects
from lab.attacks.results import Conditions
from lab.attacks.run import plan_cells
from lab.attacks.scenario import Setting, count_covered
from lab.attacks.schemes import DEFAULT_SCHEMES, get_scheme
from lab.attacks.tasks import ControlTask, Pools, QualityTask, Task, TyingTask

DEFAULT_RECORDS = 5000  # of encodings, which take minutes at this size; tokens take seconds at a country's
COVERAGES, ANCHORS = "1,0.5,0.2", "0,40,400,2000"
SEED = 20_260_101
SECRET_BYTES = 32
SOMEBODY = {
    "forenames": "Ada Beth",
    "surname": "Archer",
    "dob": "1980-02-01",
    "sex": "F",
    "postcode": "AB1 2CD",
}
LIBRARIES = ("clew", "clkhash", "numpy", "scipy")


@dataclass(frozen=True, slots=True)
class AttackOptions:
    """What the user asked for on the command line."""

    schemes: tuple[str, ...] = ()
    people: Path | None = None
    round: Path | None = None
    records: int | None = None
    coverage: str = COVERAGES
    anchors: str = ANCHORS
    attacks: str = ""
    leaked_key: bool = False
    density: str | None = None
    seed: int = SEED
    jobs: int = 1
    results: tuple[Path, ...] = ()
    out: Path | None = None
    html: Path | None = None
    write_docs: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What the options mean.

    Attributes:
        conditions: Under which everything is measured.
        pools: Whom it is measured on.
        tasks: Controls first.
        left_out: Settings with more known records than listed ones.
    """

    conditions: Conditions
    pools: Pools
    tasks: tuple[Task, ...]
    left_out: tuple[Setting, ...]


def plan_runs(options: AttackOptions, *, today: str) -> list[Plan]:
    """Return what to do, in two runs when schemes with and without encodings are of different size.

    Args:
        options: As given.
        today: ISO date.

    Raises:
        InputError: As for :func:`plan_run`.
    """
    if options.round or options.people or options.records:
        return [plan_run(options, today=today)]
    names = options.schemes or DEFAULT_SCHEMES
    sizes = {
        name: DEFAULT_RECORDS if _has_encodings(get_scheme(name)) else NATIONAL_RECORDS for name in names
    }
    return [
        plan_run(replace(options, schemes=schemes, records=records), today=today)
        for records in (DEFAULT_RECORDS, NATIONAL_RECORDS)
        if (schemes := tuple(name for name in names if sizes[name] == records))
    ]


def plan_run(options: AttackOptions, *, today: str) -> Plan:
    """Return what to do in a run of one size.

    Args:
        options: As given.
        today: ISO date.

    Raises:
        InputError: An option does not parse, is out of range, or asks for more people than there are.
    """
    attacks = tuple(get_attack(name).name for name in _split(options.attacks)) or tuple(ATTACKS)
    coverages = [_parse_number(text, "--coverage", float) for text in _split(options.coverage)]
    anchors = [_parse_number(text, "--anchors", int) for text in _split(options.anchors)]
    if not coverages or not anchors or options.seed < 0 or options.jobs < 1:
        raise InputError("expected at least one --coverage, one --anchors, a --seed from 0 and --jobs from 1")
    if options.round is not None:
        _check_round_options(options)
    held = load_held_round(options.round) if options.round else None
    subjects, records, source = _get_subjects(options, held, max(1.0, 2 - min(coverages)))
    settings = [
        Setting(records, coverage, known, options.seed) for coverage in coverages for known in anchors
    ]
    for setting in settings:
        count_covered(len(subjects), replace(setting, anchors=min(setting.anchors, 0)))
    schemes = [held.name] if held else [get_scheme(name).name for name in options.schemes or DEFAULT_SCHEMES]
    cells, left_out = plan_cells(schemes, settings, attacks, leak_secret=options.leaked_key)
    controls = [ControlTask(control, records, options.seed) for control in choose_controls(attacks)]
    is_drawn = held is None and options.people is None
    qualities = [QualityTask(scheme, options.seed) for scheme in schemes if is_drawn]
    tying = [TyingTask(scheme, records, options.seed) for scheme in schemes if not options.attacks]
    density = options.density or (NATIONAL if is_drawn else AS_IS)
    conditions = Conditions(
        source=source,
        records=records,
        density=density,
        seed=options.seed,
        measured_on=today,
        machine=describe_machine(),
        versions={name: version(name) for name in LIBRARIES},
    )
    pools = Pools(
        attacked=_list_people(subjects, density, records),
        recorded=subjects[:records] if is_drawn else (),
        held=held,
    )
    return Plan(conditions, pools, (*controls, *qualities, *tying, *cells), tuple(left_out))


def describe_machine() -> dict[str, str]:
    """Return processor, cores and Python."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return {
        "processor": next(names, platform.machine()),
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
    }


def _has_encodings(scheme: Scheme) -> bool:
    views = scheme.encode([SOMEBODY], bytes(SECRET_BYTES))
    return any(view.encodings is not None for view, _ in views)


def _check_round_options(options: AttackOptions) -> None:
    given = {
        "SCHEME": options.schemes,
        "--people": options.people,
        "--records": options.records,
        "--density": options.density,
        "--leaked-key": options.leaked_key,
    }
    excess = [name for name, value in given.items() if value]
    if excess:
        raise InputError(f"--round: expected without {', '.join(excess)}: a held round is attacked as it is")


def _get_subjects(
    options: AttackOptions, held: HeldRound | None, share_on_hand: float
) -> tuple[list[Subject], int, str]:
    """Return people, how many records are held, and where they are from.

    Of a held round the people are the strangers of its list, and whom its controls are run on.
    """
    if options.people is not None:
        subjects = parse_subjects(options.people.read_bytes(), name=options.people.name)
        records = options.records or min(DEFAULT_RECORDS, int(len(subjects) / share_on_hand))
        return subjects, records, options.people.name
    records = len(held.person) if held else options.records or DEFAULT_RECORDS
    source = f"a round of {held.members} members" if held else "synthetic people of four forces"
    return draw_subjects(round(records * share_on_hand), seed=options.seed), records, source


def _list_people(subjects: Sequence[Subject], density: str, records: int) -> list[Person]:
    return [subject.listed for subject in set_density(subjects, density, records=records)]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parse_number(text: str, option: str, kind: type[Any]) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise InputError(f"{option}: expected numbers with commas between, got {text!r}") from error
