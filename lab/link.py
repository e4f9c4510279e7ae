"""Link people across files with exactly the code that a federation uses.

Layer: lab. Pure over parsed files; reading, printing and random keys are at the edge
(:mod:`lab.link_command`). All parties are played by one process, so one fresh key serves; results differ
in the third decimal from run to run, because a key decides which bits collide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crypto.encoding.schema import LinkageSchema
from crypto.encoding.standardise import is_impossible_date
from crypto.encoding.views import ViewRows, encode_views
from crypto.errors import InputError
from lab.columns import choose_fields
from lab.people_file import PeopleFile
from scoring.linkage.blocks import ViewSide
from scoring.linkage.evaluation import Pair, Quality, find_best_quality, get_cluster_pairs, score_quality
from scoring.linkage.linker import Linkage, compare_views, link_views

Progress = Callable[[str], None]

DUPLICATES_CAP = (
    50  # records of one file in a block; what more share is a default, and its pairs are too many
)


@dataclass(frozen=True, slots=True)
class DateWarning:
    """Values of a date column that name no real day; they are compared digit by digit."""

    file: str
    count: int
    total: int
    first_row: int


@dataclass(frozen=True, slots=True, eq=False)
class LinkResult:
    """What linking the files gave.

    Attributes:
        schema: The schema as used, reduced to the fields that all files have.
        linkage: Candidate pairs, clusters and probabilities over positions.
        warnings: Date columns with impossible values.
    """

    schema: LinkageSchema
    linkage: Linkage
    warnings: tuple[DateWarning, ...]


def link_files(
    files: Sequence[PeopleFile], schema: LinkageSchema, *, secret: bytes, within: bool, progress: Progress
) -> LinkResult:
    """Encode every file and link the encodings.

    Args:
        files: One or more files; more than one unless ``within``.
        schema: The full schema; fields that some file lacks are left out.
        secret: The linkage secret.
        within: Whether to look for several records of one person inside files.
        progress: Called with the name of each stage.

    Raises:
        InputError: Too few files, ambiguous record identifiers, or no field that all files share.
    """
    _check_files(files, within)
    used = select_schema(files, schema)
    datasets, warnings = [], []
    for file in files:
        progress(f"encoding {len(file.ids):,} records of {file.name}")
        people = file.read_people(used.encoded_fields)
        warnings += _find_impossible_dates(file.name, people) if used.is_standardised else []
        cap = DUPLICATES_CAP if within else None
        datasets.append(encode_views(people, used, secret=secret, cap=cap))
        del people
    progress(f"comparing {sum(len(file.ids) for file in files):,} records")
    return LinkResult(used, link_encoded(datasets, used, within=within), tuple(warnings))


def link_encoded(
    datasets: Sequence[Sequence[ViewRows]], schema: LinkageSchema, *, within: bool = False
) -> Linkage:
    """Link encoded files as a coordinator does once members have resolved every row that it asks about."""
    views = list(zip(*datasets, strict=True))
    sides = [[ViewSide(rows.blocks, rows.encodings) for rows in view] for view in views]
    holders = [[rows.records for rows in view] for view in views]
    return link_views(schema, compare_views(schema, sides, within=within), holders, within=within)


def select_schema(files: Sequence[PeopleFile], schema: LinkageSchema) -> LinkageSchema:
    """Return the schema reduced to the fields that all files supply.

    Raises:
        InputError: There is none.
    """
    if not schema.is_standardised:
        return schema
    fields = choose_fields([file.columns for file in files], schema.fields)
    if not fields:
        raise InputError(
            "expected at least one column that all files share among "
            f"{', '.join(schema.fields)}; name columns with --map FIELD=COLUMN"
        )
    return schema.subset(fields)


def score_result(result: LinkResult, truth: set[Pair], *, within: bool) -> tuple[Quality, Quality]:
    """Return the quality at the program's own threshold and at the best in hindsight."""
    linkage = result.linkage
    threshold = linkage.model.threshold
    own = score_quality(get_cluster_pairs(linkage.clusters), truth, threshold=threshold)
    return own, find_best_quality(linkage.candidates, truth, also=threshold, within=within)


def _check_files(files: Sequence[PeopleFile], within: bool) -> None:
    if not files or (len(files) == 1 and not within):
        raise InputError("expected two or more files to link, or one with --dedupe")
    if len(files) == 2 and not within:
        return  # rec_id_a is of the first file and rec_id_b of the second, whatever they are
    home: dict[str, str] = {}
    for file in files:
        for number, record_id in enumerate(file.ids, start=2):
            if home.setdefault(record_id, file.name) != file.name:
                raise InputError(
                    f"{file.name} row {number}: expected identifiers unique over all files, "
                    f"got one that {home[record_id]} has too"
                )


def _find_impossible_dates(name: str, people: Sequence[Mapping[str, str]]) -> list[DateWarning]:
    rows = [
        number for number, person in enumerate(people, start=2) if is_impossible_date(person.get("dob", ""))
    ]
    return [DateWarning(name, len(rows), len(people), rows[0])] if rows else []
