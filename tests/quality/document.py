"""docs/quality.md: the committed record of one run, written by the program."""

from collections.abc import Iterable, Sequence

from tests.quality.columns import EXPLANATION, GROUP_HEADINGS, HEADINGS, list_group_rows, list_rows
from tests.quality.compare import CLEW
from tests.quality.page import list_conditions, list_sets
from tests.quality.reading import read_report
from tests.quality.results import Report

OPENING = """# Linkage quality

This page is written by `./run quality --write-docs`; do not edit it by hand. The tutorial
[](tutorials/measure-before-you-join.md) says how to measure your own data. What the same encodings give
away is measured apart, by `clew-lab attack`. The two are judged together: a configuration that links well
and can be attacked is not one to use.

## What counts as a pair

A **true pair** is two records that are one person, held by different members, or anywhere in the file when
one file is searched for duplicates. A **decided pair** is two records that a method puts into one cluster,
after its own clustering: at most one record of each member in a cluster, except inside one file. All
methods are judged on these pairs alike, and none of them sees the truth.
"""
METHODS_TEXT = """
## The methods

- **Clew, uk-police**: `clew-lab link` with the schema that federations use: salted views of names, date of
  birth, sex and postcode. Its ceiling is the recall of its views: what no view brings together is never
  compared. **Clew, plain** compares everything with everything under clkhash's encodings, over all fields
  that the files share, and **Clew, uk-police-wide** adds one unsalted view of diffused encodings. The own
  threshold is the one it finds without labels. A federation compares by the same code and then asks only
  about clusters in which every pair reaches the agreed bars, so it finds somewhat less and confuses fewer.
- **Splink, usual blocking**: Splink in plaintext, unsupervised: library comparisons with their default
  levels (Jaro-Winkler and term frequencies for names), the prior from deterministic rules, u from random
  pairs, m by expectation maximisation over blocking rules. Own threshold: match probability 0.5. Links
  between files are decided by its single best links, or, where those take many minutes, by a greedy pass
  that decides as they do; duplicates by connected components. It gets the same fields as Clew,
  standardised by the same code. Its blocking rules were chosen generously, with these sets in view.
- **Splink, same pairs**: the same model, scoring exactly the candidate pairs of Clew with uk-police.
- **Splink, every pair**: the same model without blocking, where that is at most six million comparisons.
- **clkhash + anonlink**: the schema and the threshold of their tutorials on raw columns (febrl4's without its
  identifier, as there), and anonlink's greedy solver.
"""

GROUPS_TEXT = """## Groups of people

Clew with uk-police at its own threshold. **Recall** is the share of the group's true pairs that were found.
**False links** is the share of the group's records that were linked to a record of somebody else: the harm as
the person meets it. Standard errors take people, not pairs, as the unit; intervals are Wilson's. Groups with
true pairs of fewer than 50 people are too small to judge.
"""


def render_document(report: Report) -> str:
    """Return the document as Markdown."""
    findings = read_report(report)
    good = [finding.text for finding in findings if finding.is_good]
    bad = [finding.text for finding in findings if not finding.is_good]
    parts = [
        OPENING,
        f"## What it means\n\n{len(good)} of {len(findings)} comparisons with a goal are met.\n",
        "### Not met\n\n" + (_render_list(bad) if bad else "Nothing."),
        "\n### Met\n\n" + (_render_list(good) if good else "Nothing."),
        "\n## Every method on every set\n\n" + EXPLANATION + "\n",
        _render_table(HEADINGS, [row for result in report.sets for row in list_rows(result)]),
        METHODS_TEXT,
        GROUPS_TEXT,
        _render_table(
            GROUP_HEADINGS[:1] + GROUP_HEADINGS[2:],
            [row[:1] + row[2:] for result in report.sets for row in list_group_rows(result, (CLEW,))],
        ),
        "\n## The sets\n",
        _render_table(("set", "members", "records", "true pairs", "fields", "where from"), list_sets(report)),
        "\n## How it was measured\n",
        _render_table(("what", "value"), list_conditions(report)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _render_list(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts) + "\n"


def _render_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines) + "\n"
    )
