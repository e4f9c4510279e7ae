"""The ``clew-lab generate`` command: options in, a folder of synthetic data out.

Layer: lab. The thin edge of :mod:`lab.synthetic`: it reads the clock, checks the folder, shows progress
and says what to do next.
"""

import re
import resource
import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from crypto.errors import InputError
from lab.synthetic.parameters import Parameters, SharingRates, choose_errors, spread_records
from lab.synthetic.slices import SALTS
from lab.synthetic.uk_tables import list_forces
from lab.synthetic.writing import Contents, write_generated
from protos.hosting.terminal import out, print_json, print_next

NO_PARTNER = "none"
MEMBER_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")  # it becomes a folder's name
KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """What the user asked for on the command line."""

    out: Path
    forces: str
    records: int
    overlap: float
    errors: str
    seed: int
    today: str | None
    partner: str
    slice_count: int
    salt: str
    flat: bool
    as_json: bool


def run_generate(options: GenerateOptions) -> None:
    """Carry out the command.

    Raises:
        InputError: An option is wrong or the folder cannot be used; nothing was written.
    """
    started = time.perf_counter()
    parameters = read_options(options, today=datetime.now(UTC).date())
    _check_folder(options.out)
    with Console(stderr=True).status("starting") as status:
        try:
            manifest = write_generated(
                parameters,
                options.out,
                contents=Contents(flat=options.flat),
                progress=lambda stage: status.update(stage),
            )
        except OSError as error:
            raise InputError(f"--out {options.out}: could not be written: {error.strerror}") from error
    summary = {
        "out": str(options.out),
        "records": sum(manifest["records"].values()),
        "members": len(manifest["records"]),
        "files": len(manifest["digests"]) + 1,
        "seconds": round(time.perf_counter() - started, 1),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MIB,
    }
    if options.as_json:
        print_json(summary)
    else:
        _print_summary(summary, options)


def read_options(options: GenerateOptions, *, today: date) -> Parameters:
    """Return the parameters that the options mean.

    Raises:
        InputError: An option that does not parse or is out of range.
    """
    if options.salt not in SALTS:
        raise InputError(f"--salt: expected one of {', '.join(SALTS)}, got {options.salt}")
    partner = None if options.partner == NO_PARTNER else options.partner
    if partner and not MEMBER_NAME.fullmatch(partner):
        raise InputError("--partner: expected small letters, digits and hyphens, for example social-care")
    return Parameters(
        sizes=spread_records(options.records, choose_forces(options.forces)),
        partner=partner,
        seed=_check_seed(options.seed),
        today=_parse_day(options.today) if options.today else today,
        # The planted people have no part in a slice of the country, and need a partner.
        stories=partner is not None and not options.slice_count,
        error_level=options.errors,
        slice_count=options.slice_count,
        slice_salt=options.salt,
        sharing=replace(SharingRates(), overlap=options.overlap),
        errors=choose_errors(options.errors),
    )


def choose_forces(text: str) -> dict[str, float]:
    """Return member names and populations for a number of forces or a list of names.

    Raises:
        InputError: Neither a possible number nor names of territorial forces.
    """
    forces = list_forces()
    if text.isdecimal():
        if not 2 <= int(text) <= len(forces):
            raise InputError(f"--forces: expected 2 to {len(forces)} or names, got {text}")
        return dict(list(forces.items())[: int(text)])
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in forces]
    if len(set(names)) < 2:
        raise InputError("--forces: expected at least two different names, for example essex,kent")
    if unknown:
        raise InputError(f"--forces: expected names among {', '.join(sorted(forces))}; got {unknown[0]}")
    return {name: forces[name] for name in names}


def _check_seed(seed: int) -> int:
    if seed < 0:
        raise InputError(f"--seed: expected a number of at least 0, got {seed}")
    return seed


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError("--today: expected a day as YYYY-MM-DD that exists") from error


def _check_folder(folder: Path) -> None:
    """Refuse a folder with anything in it: files of an earlier federation would mix with the new ones."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"--out: expected a new or empty folder, got {folder}")


def _print_summary(summary: dict[str, Any], options: GenerateOptions) -> None:
    out.print(
        f"{summary['records']:,} synthetic records of {summary['members']} members in {summary['out']}, "
        f"{summary['seconds']} s, {summary['peak_memory_mib']:,} MiB",
        soft_wrap=True,
    )
    out.print(
        "members/ is what each member would load; lab/ says who is who and is for the lab alone; "
        "manifest.json has every rate with its source.",
        soft_wrap=True,
    )
    if options.flat:
        print_next(
            f"clew-lab link {options.out}/flat/people/*.csv --truth {options.out}/flat/truth.csv "
            "measures linkage on it."
        )
    else:
        print_next(
            "clew-node load takes one of the folders under members/; add --flat for files that "
            "clew-lab link reads."
        )
