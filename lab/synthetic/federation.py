"""Generate a whole synthetic federation, with its truth.

Layer: lab. Pure: parameters in, tables out. The plan decides who exists and who is held where; each
member's records and crimes then come from the plan with a generator of the member's own, so members can
be drawn one at a time, in any order, and a seed and a date give the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from lab.canary_forms import Canary
from lab.synthetic.classes import DyadPlan, plan_dyads, spread_stalking
from lab.synthetic.contacts import draw_contacts, draw_custody, draw_missing, draw_orders, list_aliases
from lab.synthetic.holdings import list_areas, share_people
from lab.synthetic.kin import add_kin
from lab.synthetic.names import load_name_book
from lab.synthetic.offences import Cases, Setting, draw_cases, write_days, write_flags
from lab.synthetic.parameters import Parameters, check_parameters
from lab.synthetic.planting import PlantedRecords, count_planted, plant_stories
from lab.synthetic.recording import Recorder, record_people
from lab.synthetic.registry import ROLES, draw_registry
from lab.synthetic.slices import select_slice
from lab.synthetic.stories import list_canaries, tell_stories
from lab.synthetic.story import Story, choose_cast
from lab.synthetic.uk_tables import get_police_area, load_uk_tables

FORCES_FOR_OUTLIER = 10  # with fewer, one force at 49% repeat victims would be most of the federation
NOMINAL_COLUMNS = (
    "nominal_id", "source_system", "given_names", "surname", "dob", "dob_quality", "sex_recorded",
    "pncid", "postcode", "is_police_employee", "sensitivity",
)  # fmt: skip
TRUTH_COLUMNS = ("member_a", "nominal_id_a", "member_b", "nominal_id_b")
PEOPLE_COLUMNS = (
    "member", "nominal_id", "ent_id", "role", "origin", "census_group", "sex", "imputed_birth",
    "true_forename", "true_middle", "true_surname", "true_dob", "true_postcode",
)  # fmt: skip
FLAT_COLUMNS = (
    "rec_id", "ent_id", "role", "forename", "middle_name", "surname", "dob", "sex", "postcode", "address",
    "pncid",
)  # fmt: skip
PLANTED_ORIGIN = "planted"
VIEWS: Mapping[str, Sequence[str]] = {"perpetrator": ("SUSPECT",), "victim": ("VICTIM", "CHILD")}


@dataclass(frozen=True, slots=True, eq=False)
class MemberData:
    """One member's tables, every cell the text that goes into the CSV.

    Attributes:
        name: Member name.
        role: FORCE or PARTNER.
        tables: Canonical tables by name.
        people: The lab's truth about each record, PEOPLE_COLUMNS.
        flat: The same records as `clew-lab link` reads them, FLAT_COLUMNS.
        vawg_crimes: Crimes with a female victim of ten or older, for the force's recorded total.
    """

    name: str
    role: str
    tables: Mapping[str, pd.DataFrame]
    people: pd.DataFrame
    flat: pd.DataFrame
    vawg_crimes: int


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """Where a planted record of a story is held: its key in the story, member and nominal id."""

    key: str
    member: str
    nominal_id: str


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Who exists and who is held where; memory for a million records is about 200 MB.

    Attributes:
        parameters: What it was made with.
        areas: Police force area of each member.
        settings: Crime setting of each member.
        people: The registry.
        held: The holdings, with nominal_id.
        stories: Planted stories; their rows are in `planted`.
        planted: Rows of the stories.
    """

    parameters: Parameters
    areas: Mapping[str, str]
    settings: Mapping[str, Setting]
    people: pd.DataFrame
    held: pd.DataFrame
    stories: tuple[Story, ...]
    planted: PlantedRecords | None

    @property
    def story_records(self) -> dict[str, tuple[StoryRecord, ...]]:
        """For each story label, all its records."""
        if self.planted is None:
            return {}
        columns = ["key", "member", "nominal_id"]
        return {
            str(label): tuple(StoryRecord(*row) for row in group[columns].itertuples(index=False, name=None))
            for label, group in self.planted.records.groupby("story", sort=False)
        }


@dataclass(frozen=True, slots=True, eq=False)
class Federation:
    """Every member's data, and what only the lab knows.

    Attributes:
        members: Forces in the given order, then the partner.
        truth: member_a, nominal_id_a, member_b, nominal_id_b: every cross-member pair of one person
            in the perpetrator view, each once, members in federation order.
        victim_truth: The same for the victim view.
        stories: The planted stories.
        story_records: For each story label, all its records.
        canaries: Planted values for a leak search.
        parameters: Everything it was drawn with.
    """

    members: tuple[MemberData, ...]
    truth: pd.DataFrame
    victim_truth: pd.DataFrame
    stories: tuple[Story, ...]
    story_records: Mapping[str, tuple[StoryRecord, ...]]
    canaries: tuple[Canary, ...]
    parameters: Parameters

    @property
    def seed(self) -> int:
        """The seed it was drawn from."""
        return self.parameters.seed

    @property
    def today(self) -> date:
        """The day to which all ages are relative."""
        return self.parameters.today


def generate(parameters: Parameters) -> Federation:
    """Return a synthetic federation, the same for the same parameters.

    Everything is held in memory: about 4 GB for a million records. To write a large one, use
    `lab.synthetic.writing.write_generated`, which holds one member at a time.

    Raises:
        InputError: The parameters are impossible.
    """
    plan = plan_federation(parameters)
    return Federation(
        members=tuple(draw_members(plan)),
        truth=list_true_pairs(plan, "perpetrator"),
        victim_truth=list_true_pairs(plan, "victim"),
        stories=plan.stories,
        story_records=plan.story_records,
        canaries=list_canaries(plan.stories),
        parameters=parameters,
    )


def plan_federation(parameters: Parameters) -> Plan:
    """Decide who exists and who is held where.

    Raises:
        InputError: The parameters are impossible, or a force's name is not one.
    """
    check_parameters(parameters)
    tables, book = load_uk_tables(), load_name_book()
    areas = {name: get_police_area(name) for name in parameters.sizes}
    stories: tuple[Story, ...] = ()
    if parameters.partner:
        cast = choose_cast(list(parameters.sizes), parameters.partner)
        areas[parameters.partner] = areas[cast.kent]
        stories = tell_stories(cast, parameters.today) if parameters.stories else ()
    settings = _make_settings(parameters, areas)
    rng = np.random.default_rng(np.random.SeedSequence(parameters.seed, spawn_key=(0,)))
    themes = {name: setting.plan.themes for name, setting in settings.items()}
    people = draw_registry(parameters, list_areas(parameters, areas, themes), rng)
    people = add_kin(parameters, people, rng)
    held = share_people(parameters, people, tables=tables, police_areas=areas, rng=rng)
    if parameters.slice_count:
        kept = select_slice(
            people, book.words, salt=parameters.slice_salt, count=parameters.slice_count, rng=rng
        )
        held = held[kept[held["person"]]].reset_index(drop=True)
    fresh = rng.choice(90_000_000, len(held) + count_planted(stories), replace=False) + 10_000_000
    nominal_ids = [f"N{number}" for number in fresh.tolist()]
    planted = (
        plant_stories(stories, nominal_ids=nominal_ids[len(held) :], today=parameters.today)
        if stories
        else None
    )
    return Plan(
        parameters=parameters,
        areas=areas,
        settings=settings,
        people=people,
        held=held.assign(nominal_id=np.array(nominal_ids[: len(held)], dtype=object)),
        stories=stories,
        planted=planted,
    )


def _make_settings(parameters: Parameters, areas: Mapping[str, str]) -> dict[str, Setting]:
    rates = parameters.crimes
    stalking = spread_stalking(rates, parameters.sizes, areas)
    outlier = find_outlier(parameters)
    settings = {}
    for name, area in areas.items():
        plan: DyadPlan = plan_dyads(rates, stalking.get(name, rates.stalking_harassment))
        repeats = rates.outlier_repeats if name == outlier else rates.dyad_repeats
        settings[name] = Setting(area, plan, repeats)
    return settings


def find_outlier(parameters: Parameters) -> str | None:
    """Return the force whose repeat victims are half of all, or None in a small federation."""
    forces = list(parameters.sizes)
    return forces[parameters.seed % len(forces)] if len(forces) >= FORCES_FOR_OUTLIER else None


def draw_members(plan: Plan) -> Iterator[MemberData]:
    """Yield every member's data, one at a time, in federation order."""
    for name in plan.parameters.members:
        yield draw_member(plan, name)


def draw_member(plan: Plan, name: str) -> MemberData:
    """Return one member's data, the same whatever was drawn before."""
    parameters = plan.parameters
    number = parameters.members.index(name)
    rng = np.random.default_rng(np.random.SeedSequence(parameters.seed, spawn_key=(1, number)))
    is_force = name in parameters.sizes
    own = plan.held[plan.held["member"] == number].reset_index(drop=True)
    true = plan.people.drop(columns="role").iloc[own["person"].to_numpy()].reset_index(drop=True)
    recorder = Recorder(parameters, load_uk_tables(), load_name_book().words, rng)
    records = record_people(
        recorder, pd.concat([own, true], axis=1), area=plan.areas[name], is_force=is_force
    )
    today = np.datetime64(parameters.today, "D")
    cases = None
    if is_force:
        cases = draw_cases(
            records, setting=plan.settings[name], rates=parameters.crimes, today=today, rng=rng
        )
        tables = _draw_force_tables(cases, records, parameters, rng)
    else:
        tables = {"partner_contact": draw_contacts(records, today=today, rng=rng)}
    planted = _own_planted(plan, name)
    identities = pd.concat([records, planted["records"]]) if planted else records
    nominals = _write_nominals(identities, "ATHENA" if is_force else "PARTNER")
    tables = {"nominal": nominals, **_add_planted(tables, planted)}
    return MemberData(
        name=name,
        role="FORCE" if is_force else "PARTNER",
        tables={table: _shuffle(rows, rng) for table, rows in tables.items()},
        people=_write_people(identities, name),
        flat=_shuffle(_write_flat(identities), rng),
        vawg_crimes=_count_vawg(cases) if cases else 0,
    )


def _draw_force_tables(
    cases: Cases, records: pd.DataFrame, parameters: Parameters, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    today = np.datetime64(parameters.today, "D")
    return {
        "crime": cases.crimes,
        "crime_party": cases.parties,
        "crime_flags": cases.flags,
        "custody_event": draw_custody(cases, records, rates=parameters.orders, rng=rng),
        "missing_episode": draw_missing(records, rates=parameters.orders, today=today, rng=rng),
        "nominal_alias": list_aliases(records, rng),
        "protective_order": draw_orders(cases, records, rates=parameters.orders, today=today, rng=rng),
    }


def _count_vawg(cases: Cases) -> int:
    events = cases.events
    crime = (events["theme"] >= 0) & ~events["ho_class"].str.startswith("NC-")
    return int((crime & events["female"] & (events["age"] >= 10)).sum())


def _own_planted(plan: Plan, name: str) -> dict[str, pd.DataFrame]:
    if plan.planted is None:
        return {}
    names = ("records", "crimes", "parties", "contacts")
    frames = {table: getattr(plan.planted, table) for table in names}
    return {table: frame[frame["member"] == name] for table, frame in frames.items()}


def _add_planted(
    tables: Mapping[str, pd.DataFrame], planted: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    sources = {"crime": "crimes", "crime_party": "parties", "partner_contact": "contacts"}
    return {
        name: pd.concat([table, planted[sources[name]][list(table.columns)]])
        if name in sources and planted
        else table
        for name, table in tables.items()
    }


def _shuffle(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows in random order, so that nothing shows by place."""
    return table.iloc[rng.permutation(len(table))].reset_index(drop=True)


def _write_dobs(records: pd.DataFrame) -> pd.Series:
    return pd.Series(write_days(pd.to_datetime(records["dob"]).to_numpy()), index=records.index)


def _write_nominals(records: pd.DataFrame, source_system: str) -> pd.DataFrame:
    """Return the nominal table: names joined, dates and booleans as text."""
    return pd.DataFrame(
        {
            "nominal_id": records["nominal_id"],
            "source_system": source_system,
            "given_names": (records["forename"] + " " + records["middle"]).str.strip(),
            "surname": records["surname"],
            "dob": _write_dobs(records),
            "dob_quality": records["dob_quality"],
            "sex_recorded": records["sex"],
            "pncid": records["pncid"],
            "postcode": records["postcode"],
            "is_police_employee": write_flags(records["is_police_employee"].to_numpy(dtype=bool)),
            "sensitivity": records["sensitivity"],
        }
    )[list(NOMINAL_COLUMNS)]


def _name_entities(records: pd.DataFrame) -> pd.Series:
    """Return who each record is about: one name for each true person, the same in every member."""
    return "P" + records["person"].astype(str)


def _name_roles(records: pd.DataFrame) -> list[str]:
    # Planted records carry their role as text.
    return [ROLES[role] if isinstance(role, int) else str(role) for role in records["role"].tolist()]


def _write_people(records: pd.DataFrame, member: str) -> pd.DataFrame:
    planted = records["origin"].isna() if "origin" in records else pd.Series(False, index=records.index)
    recorded = {"true_forename": "forename", "true_middle": "middle", "true_surname": "surname"}
    recorded |= {"true_postcode": "postcode", "true_sex": "sex", "true_dob": "dob"}
    true = {column: records[column].where(~planted, records[other]) for column, other in recorded.items()}
    return pd.DataFrame(
        {
            "member": member,
            "nominal_id": records["nominal_id"],
            "ent_id": _name_entities(records),
            "role": _name_roles(records),
            "origin": records["origin"].where(~planted, PLANTED_ORIGIN),
            "census_group": records["group"].where(~planted, PLANTED_ORIGIN),
            "sex": true["true_sex"],
            "imputed_birth": write_flags((records["imputed_birth"] == True).to_numpy()),  # noqa: E712
            "true_forename": true["true_forename"],
            "true_middle": true["true_middle"],
            "true_surname": true["true_surname"],
            "true_dob": write_days(pd.to_datetime(true["true_dob"]).to_numpy()),
            "true_postcode": true["true_postcode"],
        }
    )[list(PEOPLE_COLUMNS)]


def _write_flat(records: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rec_id": records["nominal_id"],
            "ent_id": _name_entities(records),
            "role": _name_roles(records),
            "forename": records["forename"],
            "middle_name": records["middle"],
            "surname": records["surname"],
            "dob": _write_dobs(records),
            "sex": records["sex"],
            "postcode": records["postcode"],
            "address": records["address"],
            "pncid": records["pncid"],
        }
    )[list(FLAT_COLUMNS)]


def list_true_pairs(plan: Plan, view: str | None = None, *, within: bool = False) -> pd.DataFrame:
    """Return every pair of records of one person.

    Args:
        plan: The plan.
        view: perpetrator, victim, or None for every record.
        within: Pairs inside one member instead of pairs between two.

    Returns:
        Columns member_a, nominal_id_a, member_b, nominal_id_b; member_a is never after member_b in
        federation order, and each pair is there once.
    """
    codes = [ROLES.index(role) for role in VIEWS[view]] if view else list(range(len(ROLES)))
    held = plan.held[plan.held["role"].isin(codes)]
    rows = held[["member", "nominal_id"]].assign(person=_name_entities(held))
    if plan.planted is not None:
        rows = pd.concat([rows, _list_planted_rows(plan, view)], ignore_index=True)
    rows = rows[rows["person"].duplicated(keep=False)].assign(order=lambda frame: np.arange(len(frame)))
    pairs = rows.merge(rows, on="person", suffixes=("_a", "_b"))
    if within:
        pairs = pairs[(pairs["member_a"] == pairs["member_b"]) & (pairs["order_a"] < pairs["order_b"])]
    else:
        pairs = pairs[pairs["member_a"] < pairs["member_b"]]
    names = np.array(plan.parameters.members, dtype=object)
    for side in ("a", "b"):
        pairs[f"member_{side}"] = names[pairs[f"member_{side}"].to_numpy(dtype=int)]
    return pairs[list(TRUTH_COLUMNS)].reset_index(drop=True)


def _list_planted_rows(plan: Plan, view: str | None) -> pd.DataFrame:
    if plan.planted is None:
        return pd.DataFrame()
    records = plan.planted.records
    if view:
        suspects = records["role"].isin(["SUSPECT", "PERPETRATOR"])
        records = records[suspects if view == "perpetrator" else ~suspects]
    order = {name: number for number, name in enumerate(plan.parameters.members)}
    return pd.DataFrame(
        {
            "member": records["member"].map(order),
            "nominal_id": records["nominal_id"],
            "person": _name_entities(records),
        }
    )
