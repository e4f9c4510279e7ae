"""Write a synthetic federation as files, one member at a time, with a manifest.

Layer: lab. Members' files hold what a data engineer would hand to `clew-node load`; who is who stays in
`lab/`, which must not be given to any process of the federation.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lab.canary_forms import Canary
from lab.synthetic.federation import (
    Federation,
    MemberData,
    Plan,
    StoryRecord,
    draw_members,
    find_outlier,
    list_true_pairs,
    plan_federation,
)
from lab.synthetic.parameters import Parameters, describe_rates, find_level
from lab.synthetic.stories import list_canaries
from lab.synthetic.story import Story

FORMAT = 1
READ_BYTES = 1 << 20

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Contents:
    """Which parts to write."""

    tables: bool = True
    flat: bool = False


def write_generated(
    parameters: Parameters, directory: Path, *, contents: Contents, progress: Progress
) -> dict[str, Any]:
    """Generate a federation and write it, holding one member at a time; return the manifest.

    Args:
        parameters: What to generate.
        directory: Created if missing; files of the same names are replaced.
        contents: Which parts to write.
        progress: Called with the name of each stage.

    Raises:
        InputError: The parameters are impossible.
        OSError: The directory cannot be written.
    """
    progress("drawing people and who holds them")
    plan = plan_federation(parameters)
    writer = _Writer(directory, contents)
    for member in draw_members(plan):
        progress(f"writing {member.name}: {len(member.people):,} records")
        writer.add(member)
    progress("writing the truth")
    _write_lab(
        writer,
        truth=list_true_pairs(plan, "perpetrator"),
        victim_truth=list_true_pairs(plan, "victim"),
        parameters=parameters,
    )
    if plan.stories:
        _write_stories(writer, plan.stories, plan.story_records, list_canaries(plan.stories))
    if contents.flat:
        writer.write_table("flat/truth.csv", _flatten_pairs(plan))
    progress("writing the manifest")
    return writer.write_manifest(parameters)


def write_federation(federation: Federation, directory: Path) -> None:
    """Write `members/NAME/*.csv` for each member and, for the lab only, `lab/` and the manifest.

    Args:
        federation: What to write.
        directory: Created if missing; files of the same names are replaced.
    """
    writer = _Writer(directory, Contents())
    for member in federation.members:
        writer.add(member)
    _write_lab(
        writer,
        truth=federation.truth,
        victim_truth=federation.victim_truth,
        parameters=federation.parameters,
    )
    if federation.stories:
        _write_stories(writer, federation.stories, federation.story_records, federation.canaries)
    writer.write_manifest(federation.parameters)


def describe_stories(federation: Federation) -> list[dict[str, Any]]:
    """Return the stories as `stories.json` holds them, each planted record by its nominal id.

    Each has label, expectation, records (member to the nominal ids in the perpetrator view), by_key
    (story key to member and nominal_id, victims too), same_person, different and confusable (lists of
    keys), and scores (case to the exact score).
    """
    return [_describe_story(story, federation.story_records[story.label]) for story in federation.stories]


class _Writer:
    """Writes files under a directory and remembers their digests and counts."""

    def __init__(self, directory: Path, contents: Contents) -> None:
        self.directory = directory
        self.contents = contents
        self.files: list[str] = []
        self.records: dict[str, int] = {}
        self.vawg_crimes: dict[str, int] = {}

    def add(self, member: MemberData) -> None:
        if self.contents.tables:
            for name, table in member.tables.items():
                self.write_table(f"members/{member.name}/{name}.csv", table)
        if self.contents.flat:
            self.write_table(f"flat/people/{member.name}.csv", member.flat)
        self.write_table("lab/people.csv", member.people, append=bool(self.records))
        self.records[member.name] = len(member.people)
        if member.role == "FORCE":
            self.vawg_crimes[member.name] = member.vawg_crimes

    def write_table(self, name: str, table: pd.DataFrame, *, append: bool = False) -> None:
        path = self._open(name)
        table.to_csv(path, index=False, lineterminator="\n", mode="a" if append else "w", header=not append)

    def write_json(self, name: str, value: object) -> None:
        self._open(name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")

    def write_manifest(self, parameters: Parameters) -> dict[str, Any]:
        manifest = describe_parameters(parameters) | {
            "records": self.records,
            "digests": {name: _digest(self.directory / name) for name in sorted(self.files)},
        }
        self.write_json("manifest.json", manifest)
        return manifest

    def _open(self, name: str) -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name not in self.files:
            self.files.append(name)
        return path


def describe_parameters(parameters: Parameters) -> dict[str, Any]:
    """Return everything that the data were drawn with, as the manifest holds it."""
    return {
        "format": FORMAT,
        "synthetic": True,
        "seed": parameters.seed,
        "today": parameters.today.isoformat(),
        "sizes": dict(parameters.sizes),
        "partner": parameters.partner,
        "stories": parameters.stories,
        "error_level": find_level(parameters.errors),
        "slice": {"count": parameters.slice_count, "salt": parameters.slice_salt},
        "repeat_victim_outlier": find_outlier(parameters),
        "rates": describe_rates(parameters),
    }


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _write_lab(
    writer: _Writer, *, truth: pd.DataFrame, victim_truth: pd.DataFrame, parameters: Parameters
) -> None:
    writer.write_table("lab/truth.csv", truth)
    writer.write_table("lab/victim_truth.csv", victim_truth)
    writer.write_table("lab/recorded_crime.csv", count_recorded_crime(writer.vawg_crimes, parameters))


def count_recorded_crime(vawg_crimes: Mapping[str, int], parameters: Parameters) -> pd.DataFrame:
    """Return member, all, vawg, domestic_abuse: recorded crime of three years, mostly counts alone.

    Only crimes that concern a generated person have rows in the tables; a force profile needs the
    denominator, so it is drawn to S2's shares.
    """
    rng = np.random.default_rng(np.random.SeedSequence(parameters.seed, spawn_key=(2,)))
    rates = parameters.crimes
    rows = []
    for member, vawg in vawg_crimes.items():
        total = vawg + int(rng.negative_binomial(max(1, vawg), rates.vawg_of_recorded))
        rows.append((member, total, vawg, int(rng.binomial(total, rates.da_of_recorded))))
    return pd.DataFrame(rows, columns=["member", "all", "vawg", "domestic_abuse"])


def _write_stories(
    writer: _Writer,
    stories: Sequence[Story],
    records: Mapping[str, Sequence[StoryRecord]],
    canaries: Iterable[Canary],
) -> None:
    writer.write_json("lab/stories.json", [_describe_story(story, records[story.label]) for story in stories])
    writer.write_json(
        "lab/canaries.json", [{"label": c.label, "kind": c.kind, "value": c.value} for c in canaries]
    )


def _describe_story(story: Story, records: Sequence[StoryRecord]) -> dict[str, Any]:
    suspects = [record for record in records if record.key in story.suspects]
    holdings: dict[str, list[str]] = {}
    for record in suspects:
        holdings.setdefault(record.member, []).append(record.nominal_id)
    return {
        "label": story.label,
        "expectation": story.expectation,
        "records": holdings,
        "by_key": {
            record.key: {"member": record.member, "nominal_id": record.nominal_id} for record in records
        },
        "same_person": [list(keys) for keys in story.same_person],
        "different": [list(keys) for keys in story.different],
        "confusable": [list(keys) for keys in story.confusable],
        "scores": dict(story.scores),
    }


def _flatten_pairs(plan: Plan) -> pd.DataFrame:
    """Return rec_id_a, rec_id_b of every pair of one person, between members and inside them."""
    pairs = pd.concat([list_true_pairs(plan), list_true_pairs(plan, within=True)])
    return pairs.rename(columns={"nominal_id_a": "rec_id_a", "nominal_id_b": "rec_id_b"})[
        ["rec_id_a", "rec_id_b"]
    ]
