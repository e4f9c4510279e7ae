"""Rebuild the compact UK tables under `lab/data` from the full reference tables.

Layer: lab. Kept so that every committed table can be traced to its source and made again:
`python -m lab.build_tables ../shared/data`. Names are reduced to what a police record holds
(capitals A-Z, hyphen, apostrophe, space), postcodes to their sectors, counts to the classes used.
Sources and licences are in `lab/data/README.md`.
"""

import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

from lab.uk_tables import DATA_DIRECTORY

RANKED_YEARS = (1944, 1954, 1964, 1974, 1984, 1994)
COUNTED_BANDS = {2000: (1996, 2003), 2008: (2004, 2015)}
ZIPF_OFFSET = 2.7  # ../shared/data/uk/README.md: counts behind a rank go as 1 / (rank + 2.7)
HEAD_SHARE = 0.8  # assumed: share of births outside the top hundred names is about a fifth
NAMES_PER_BAND = 300
POOL_FORENAMES = 150
POOL_SURNAMES = 300
POOLS = {
    "irish": ("irish",),
    "polish": ("polish",),
    "romanian": ("romanian",),
    "lithuanian": ("lithuanian",),
    "portuguese": ("portuguese",),
    "turkish": ("turkish",),
    "south_asian": ("indian",),
    "pakistani": ("pakistani",),
    "west_african": ("yoruba", "igbo", "hausa", "ghanaian_twi"),
    "east_african": ("kenyan",),
    "vietnamese": ("vietnamese",),
}
PLACEHOLDER_NAMES = frozenset({"DOE", "JOHN", "JANE"})
# The VAWG classes that the lab draws from.
OFFENCE_CODES = (
    "3B", "5D", "8N", "105A", "36", "8L", "8Q", "8R", "19C", "19D", "20A", "22B", "88A", "88E",
    "58A", "35",
)  # fmt: skip
FORCE_NAMES = {
    "Avon and Somerset": "Avon & Somerset",
    "Devon and Cornwall": "Devon & Cornwall",
    "Metropolitan Police": "Metropolitan",
    "London, City of": "City of London",
}
NOT_DECOMPOSED = str.maketrans({"Ł": "L", "Ø": "O", "Đ": "D", "İ": "I", "ß": "ss"})


def to_police_name(text: str) -> str:
    """Return the name in capitals A-Z, hyphen, apostrophe and space; empty if nothing is left."""
    upper = text.replace("ı", "i").upper().translate(NOT_DECOMPOSED)
    plain = unicodedata.normalize("NFKD", upper).encode("ascii", "ignore").decode("ascii")
    return plain.upper() if re.fullmatch(r"[A-Z][A-Z' -]+", plain.upper()) else ""


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _migrant_tokens(uk: Path, part: str) -> set[str]:
    """Return tokens whose commonest origin is Asian or African, to keep them to their own pools."""
    origins = _read(uk / "name_token_origin.csv")
    chosen = origins[(origins["part"] == part) & origins["origin"].str.match("Asian|GreaterAfrican")]
    return set(chosen["token"].str.upper())


def _ranked_band(uk: Path, year: int, sex: str) -> pd.DataFrame:
    ranks = _read(uk / "forenames_ew_top100_1904_1994.csv").astype({"year": int, "rank": int})
    head = ranks[(ranks["year"] == year) & (ranks["sex"] == sex)]
    head_weight = 1.0 / (head["rank"] + ZIPF_OFFSET)
    births = _read(uk / "forenames_by_year_1974_2020.csv.gz").astype({"year": int, "n": int})
    near = births["year"].between(1974, 1984) if year < 1990 else births["year"].between(1985, 1995)
    tail = births[near & (births["sex"] == sex) & ~births["name"].isin(head["name"])]
    counts = tail.groupby("name")["n"].sum().nlargest(NAMES_PER_BAND - len(head))
    weights = np.concatenate(
        [HEAD_SHARE * head_weight / head_weight.sum(), (1 - HEAD_SHARE) * counts / counts.sum()]
    )
    return pd.DataFrame({"name": [*head["name"], *counts.index], "weight": weights})


def _counted_band(uk: Path, years: tuple[int, int], sex: str) -> pd.DataFrame:
    births = _read(uk / "forenames_by_year_1974_2020.csv.gz").astype({"year": int, "n": int})
    chosen = births[
        births["year"].between(*years) & (births["sex"] == sex) & (births["nation"] == "England & Wales")
    ]
    counts = chosen.groupby("name")["n"].sum().nlargest(NAMES_PER_BAND)
    return pd.DataFrame({"name": counts.index, "weight": counts.to_numpy() / counts.sum()})


def build_forenames(uk: Path) -> pd.DataFrame:
    """Return sex, born_about, name, weight: forenames of the British pool by birth cohort."""
    bands = []
    for sex in ("F", "M"):
        for year in (*RANKED_YEARS, *COUNTED_BANDS):
            ranked = year in RANKED_YEARS
            band = _ranked_band(uk, year, sex) if ranked else _counted_band(uk, COUNTED_BANDS[year], sex)
            bands.append(band.assign(sex=sex, born_about=year))
    table = pd.concat(bands, ignore_index=True)
    table["name"] = table["name"].map(to_police_name)
    table = table[(table["name"] != "") & ~table["name"].isin(_migrant_tokens(uk, "forename"))]
    summed = table.groupby(["sex", "born_about", "name"]).agg({"weight": "sum"}).round(6).reset_index()
    return summed[summed["weight"] > 0]


def build_surnames(uk: Path) -> pd.DataFrame:
    """Return name, weight: surnames of the British pool by relative frequency."""
    table = _read(uk / "surnames_uk_ons.csv").astype({"freq": float})
    table = table.assign(name=table["surname"].map(to_police_name), weight=table["freq"])
    keep = (table["name"] != "") & ~table["name"].isin(_migrant_tokens(uk, "surname"))
    return table.loc[keep, ["name", "weight"]]


def _chinese_pool(uk: Path) -> pd.DataFrame:
    table = _read(uk / "chinese_romanisation_groups.csv")
    part = table["part"].replace({"given_char": "forename"})
    names = table["romanisation"].map(to_police_name)
    return pd.DataFrame({"pool": "chinese", "part": part, "sex": "", "name": names}).drop_duplicates()


def build_pools(uk: Path) -> pd.DataFrame:
    """Return pool, part, sex, name: unweighted names by origin; an empty sex means either."""
    table = _read(uk / "faker_name_pools.csv")
    table["name"] = table["name"].map(to_police_name)
    table = table[(table["name"] != "") & ~table["name"].isin(PLACEHOLDER_NAMES)]
    chosen = []
    for pool, groups in POOLS.items():
        own = table[table["group"].isin(groups)]
        forenames = own[own["part"] == "forename"]
        sexed = forenames[forenames["sex"] != ""]
        forenames = sexed if len(sexed) else forenames
        surnames = own[own["part"] == "surname"].assign(sex="").drop_duplicates("name").head(POOL_SURNAMES)
        forenames = forenames.drop_duplicates(["sex", "name"]).groupby("sex").head(POOL_FORENAMES)
        chosen.append(pd.concat([forenames, surnames]).assign(pool=pool))
    pooled = pd.concat([*chosen, _chinese_pool(uk)])
    return pooled[pooled["name"] != ""][["pool", "part", "sex", "name"]]


def build_nicknames(uk: Path, forenames: pd.DataFrame) -> pd.DataFrame:
    """Return name, nickname for the forenames that the British pool can produce."""
    table = _read(uk / "nicknames_en.csv")
    table = table[table["relationship"] == "has_nickname"]
    pairs = pd.DataFrame(
        {"name": table["name1"].map(to_police_name), "nickname": table["name2"].map(to_police_name)}
    )
    keep = pairs["name"].isin(set(forenames["name"])) & (pairs["nickname"] != "")
    return pairs[keep].drop_duplicates().sort_values(["name", "nickname"])


def build_sectors(uk: Path) -> pd.DataFrame:
    """Return pfa, sector, n: sampled postcode sectors by police force area."""
    table = _read(uk / "postcodes_sample_10k.csv")
    table["sector"] = table["postcode"].str[:-2]
    areas = set(_read(uk / "pfa43_population_ethnicity_2011.csv")["pfa"])
    kept = table[table["pfa"].isin(areas) & table["sector"].str.fullmatch(r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9]")]
    return kept.groupby(["pfa", "sector"], as_index=False).size().rename(columns={"size": "n"})


def build_offences(shared: Path) -> pd.DataFrame:
    """Return pfa, ho_class, recorded: crimes recorded in 2017/18 in the classes in use."""
    table = _read(shared / "prc_2017_18_by_force.csv")
    table = table[table["home_office_code"].isin(OFFENCE_CODES)]
    return pd.DataFrame(
        {
            "pfa": table["force_name"].replace(FORCE_NAMES),
            "ho_class": table["home_office_code"],
            "recorded": table["recorded_2017_18"],
        }
    ).sort_values(["pfa", "ho_class"])


def build_all(shared: Path, destination: Path) -> None:
    """Write every compact table to the destination directory."""
    uk = shared / "uk"
    forenames = build_forenames(uk)
    tables = {
        "forenames.csv": forenames,
        "surnames.csv": build_surnames(uk),
        "name_pools.csv": build_pools(uk),
        "nicknames.csv": build_nicknames(uk, forenames),
        "postcode_sectors.csv": build_sectors(uk),
        "ethnicity_by_force.csv": _read(uk / "pfa43_population_ethnicity_2011.csv"),
        "offences_by_force.csv": build_offences(shared),
    }
    for name, table in tables.items():
        table.to_csv(destination / name, index=False, lineterminator="\n")


if __name__ == "__main__":
    build_all(Path(sys.argv[1]), DATA_DIRECTORY)
