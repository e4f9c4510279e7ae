"""Rebuild the compact UK tables under `lab/data` from the full reference tables.

Layer: lab. Kept so that every committed table can be traced to its source and made again:
`python -m lab.synthetic.build_tables ../shared/data`. Names are reduced to what a police record holds
(capitals A-Z, hyphen, apostrophe, space), postcodes to their sectors, counts to the classes used.
Sources and licences are in `lab/data/README.md`.
"""

import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

from lab.synthetic.uk_tables import DATA_DIRECTORY

RANKED_YEARS = (1944, 1954, 1964, 1974, 1984, 1994)
COUNTED_BANDS = {2000: (1996, 2003), 2008: (2004, 2015)}
ZIPF_OFFSET = 2.7  # ../shared/data/uk/README.md: counts behind a rank go as 1 / (rank + 2.7)
HEAD_SHARE = 0.8  # assumed: share of births outside the top hundred names is about a fifth
NAMES_PER_BAND = 1000
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
    "bangladeshi": ("pakistani",),
    "west_african": ("yoruba", "igbo", "hausa", "ghanaian_twi"),
    "east_african": ("kenyan",),
    "vietnamese": ("vietnamese",),
}
# Origins (Ambekar et al. 2009) whose names, as far as common in England and Wales, join a pool.
COMMON_ORIGINS = {
    "pakistani": "GreaterAfrican,Muslim",
    "south_asian": "Asian,IndianSubContinent",
    "west_african": "GreaterAfrican,Africans",
}
COMMON_NAMES = 250
ARAB_COUNTRIES = ("AE", "DZ", "EG", "IQ", "JO", "KW", "LB", "LY", "MA", "SA", "TN")
BANGLADESHI_SURNAMES = ("AHMED", "ALI", "CHOWDHURY", "HAQUE", "HOSSAIN", "HUSSAIN", "ISLAM", "KHAN",
    "MIAH", "RAHMAN", "SARKAR", "UDDIN", "ALAM", "KHATUN", "AKTER", "BEGUM")  # fmt: skip
# ONS and ukbabynames leave out what is rarer than this; names beyond them share it.
SURNAME_FLOOR, FORENAME_FLOOR = 0.00001, 5.0
FORENAME_DAMPING = 0.6  # assumed
EUROPEAN_POOLS = ("irish", "polish", "romanian", "lithuanian", "portuguese")
LONGEST_ROMANISATION_GROUP = 12  # larger groups are combinations of letters, not spellings in use
MUSLIM_POOLS = ("pakistani", "bangladeshi", "arab", "east_african", "turkish")
PLACEHOLDER_NAMES = frozenset({"DOE", "JOHN", "JANE"})
# The classes that the lab draws from; the last line stands for other offending of suspects (F23).
OFFENCE_CODES = (
    "8L", "8M", "8Q", "8R",
    "2", "3B", "5D", "5E", "8N", "8P", "105A", "105B", "36", "58A",
    "19C", "19D", "19E", "19F", "19G", "19H", "17A", "17B", "20A", "20B", "21", "22A", "22B", "71",
    "88A", "88E",
    "9A", "28E", "34B", "92A",
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


def _frequencies(uk: Path) -> pd.DataFrame:
    """Return part, sex, name, n of names as common as they are in England and Wales, any origin."""
    surnames = _read(uk / "surnames_uk_ons.csv").astype({"freq": float})
    births = _read(uk / "forenames_ew_1996_2020_total.csv").astype({"n": float})
    frame = pd.concat(
        [
            births.assign(part="forename"),
            pd.DataFrame({"part": "surname", "sex": "", "name": surnames["surname"], "n": surnames["freq"]}),
        ]
    )
    frame["name"] = frame["name"].map(to_police_name)
    named = frame[frame["name"] != ""].groupby(["part", "sex", "name"])
    return named.agg({"n": "sum"}).reset_index()


def _origins(uk: Path) -> dict[tuple[str, str], str]:
    table = _read(uk / "name_token_origin.csv")
    keys = zip(table["part"], table["token"].str.upper(), strict=True)
    return dict(zip(keys, table["origin"], strict=True))


def _list_common_names(uk: Path) -> pd.DataFrame:
    frequencies, origins = _frequencies(uk), _origins(uk)
    frequencies["origin"] = frequencies.set_index(["part", "name"]).index.map(origins)
    frames = []
    for pool, origin in COMMON_ORIGINS.items():
        own = frequencies[frequencies["origin"] == origin].sort_values("n", ascending=False)
        frames.append(own.groupby(["part", "sex"]).head(COMMON_NAMES).assign(pool=pool))
    return pd.concat(frames)[["pool", "part", "sex", "name"]]


def _weigh(uk: Path, names: pd.DataFrame) -> pd.DataFrame:
    """Add each name's frequency in England and Wales, so that Khan and Patel are as common as they are.

    A name whose counts come mostly from elsewhere (Daniel, Jack; Alexander outside Europe) says nothing
    of its frequency within the pool and gets the floor. Counts of forenames are damped for the same
    reason: some of the bearers are of other origins.
    """
    table = _frequencies(uk).set_index(["part", "sex", "name"])["n"]
    either = table.groupby(["part", "name"]).sum()
    keys, loose = (
        pd.MultiIndex.from_frame(names[["part", "sex", "name"]]),
        pd.MultiIndex.from_frame(names[["part", "name"]]),
    )
    counts = np.where(names["sex"] == "", either.reindex(loose), table.reindex(keys))
    origins = loose.map(_origins(uk)).fillna("").to_series(index=names.index)
    european = names["pool"].isin(EUROPEAN_POOLS)
    foreign = origins.str.startswith("GreaterEuropean") & ~european
    foreign |= origins == "GreaterEuropean,British"
    counts = np.where(names["part"] == "surname", counts, counts.astype(float) ** FORENAME_DAMPING)
    floor = np.where(names["part"] == "surname", SURNAME_FLOOR, FORENAME_FLOOR)
    weights = pd.Series(np.where(foreign | np.isnan(counts), floor, counts), index=names.index)
    totals = weights.groupby([names["pool"], names["part"], names["sex"]]).transform("sum")
    weighed = names.assign(weight=(weights / totals).round(7))
    return weighed[weighed["weight"] > 0]


def _arab_pool(uk: Path) -> pd.DataFrame:
    """Return the arab pool; a surname is a father's or grandfather's name, so men's names serve."""
    table = _read(uk / "common_forenames_by_country.csv")
    table = table[table["Country"].isin(ARAB_COUNTRIES)]
    names = pd.DataFrame({"sex": table["Gender"], "name": table["Romanized Name"].map(to_police_name)})
    names = names[names["name"] != ""].drop_duplicates()
    fathers = names[names["sex"] == "M"].assign(part="surname", sex="")
    return pd.concat([names.assign(part="forename"), fathers]).assign(pool="arab")


def build_pools(uk: Path) -> pd.DataFrame:
    """Return pool, part, sex, name, weight: names by origin; an empty sex means either."""
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
        if pool == "bangladeshi":  # no list of their own
            surnames = pd.DataFrame({"part": "surname", "sex": "", "name": list(BANGLADESHI_SURNAMES)})
        forenames = forenames.drop_duplicates(["sex", "name"]).groupby("sex").head(POOL_FORENAMES)
        chosen.append(pd.concat([forenames, surnames]).assign(pool=pool))
    pooled = pd.concat([*chosen, _list_common_names(uk), _arab_pool(uk)], ignore_index=True)
    pooled = pooled.drop_duplicates(["pool", "part", "sex", "name"]).reset_index(drop=True)
    return _weigh(uk, pooled)[["pool", "part", "sex", "name", "weight"]]


def build_chinese_names(uk: Path) -> pd.DataFrame:
    """Return part, hanzi, system, name: each character's spelling under each romanisation system."""
    table = _read(uk / "chinese_romanisation_groups.csv")
    part = table["part"].replace({"given_char": "given"})
    names = table["romanisation"].str.upper().str.replace("[^A-Z]", "", regex=True)
    frame = pd.DataFrame({"part": part, "hanzi": table["hanzi"], "system": table["system"], "name": names})
    return frame[frame["name"] != ""].drop_duplicates()


def build_romanisations(uk: Path, pools: pd.DataFrame) -> pd.DataFrame:
    """Return spelling, other: Latin spellings of one Arabic form, for names that the pools hold."""
    table = _read(uk / "arabic_romanisation_groups.csv").astype({"group_size": int})
    table = table[table["group_size"].between(2, LONGEST_ROMANISATION_GROUP)]
    table = table.assign(name=table["latin"].map(to_police_name))
    table = table[table["name"] != ""]
    pairs = table.merge(table, on="arabic_key", suffixes=("", "_other"))
    held = set(pools.loc[pools["pool"].isin(MUSLIM_POOLS), "name"])
    kept = pairs[(pairs["name"] != pairs["name_other"]) & pairs["name"].isin(held)]
    return (
        kept[["name", "name_other"]]
        .rename(columns={"name_other": "other"})
        .drop_duplicates()
        .sort_values(["name", "other"])
    )


def build_spellings(uk: Path, forenames: pd.DataFrame, surnames: pd.DataFrame) -> pd.DataFrame:
    """Return part, name, other: spelling variants between two names that the British pool holds."""
    sources = (
        ("forename", "forename_variants_ons.csv", "forename", "forename2", set(forenames["name"])),
        ("surname", "surname_variants_ons.csv", "lastname1", "lastname2", set(surnames["name"])),
    )
    frames = []
    for part, file, first, second, held in sources:
        table = _read(uk / file)
        pairs = pd.DataFrame(
            {
                "part": part,
                "name": table[first].map(to_police_name),
                "other": table[second].map(to_police_name),
            }
        )
        frames.append(pairs[pairs["name"].isin(held) & pairs["other"].isin(held)])
    return pd.concat(frames).query("name != other").drop_duplicates().sort_values(["part", "name", "other"])


def build_letter_rules(uk: Path) -> pd.DataFrame:
    """Return kind, where, old, new, before, after: OCR and phonetic rules that stay within names.

    Rules that would put a digit or a sign into a name, and phonetic rules with conditions other than
    a vowel or a consonant beside the pattern, are left out.
    """
    ocr = _read(uk / "ocr_rules.csv")
    scanned = pd.DataFrame(
        {"where": "ALL", "old": ocr["orgpat"].str.upper(), "new": ocr["newpat"].str.upper()}
    )
    scanned = scanned.assign(kind="ocr", before="", after="")
    heard = _read(uk / "phonetic_rules.csv").replace({"None": "", "@": ""})
    plain = (heard["existcond"] == "") & (heard["startcond"] == "")
    heard = heard[plain & heard["precond"].isin(["", "V", "C"]) & heard["postcond"].isin(["", "V", "C"])]
    heard = pd.DataFrame(
        {
            "kind": "phonetic",
            "where": heard["where"],
            "old": heard["orgpat"].str.upper(),
            "new": heard["newpat"].str.upper(),
            "before": heard["precond"],
            "after": heard["postcond"],
        }
    )
    rules = pd.concat([scanned, heard])[["kind", "where", "old", "new", "before", "after"]]
    inside = rules["old"].str.fullmatch("[A-Z]+") & rules["new"].str.fullmatch("[A-Z]*")
    return rules[inside & (rules["old"] != rules["new"])].drop_duplicates()


def build_places(uk: Path) -> pd.DataFrame:
    """Return pfa, longitude, latitude: the middle of each force's sampled postcodes."""
    table = _read(uk / "postcodes_sample_10k.csv")
    areas = set(_read(uk / "pfa43_population_ethnicity_2011.csv")["pfa"])
    table = table[table["pfa"].isin(areas)].astype({"longitude": float, "latitude": float})
    return table.groupby("pfa", as_index=False)[["longitude", "latitude"]].mean().round(3)


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
    forenames, surnames, pools = build_forenames(uk), build_surnames(uk), build_pools(uk)
    tables = {
        "forenames.csv": forenames,
        "surnames.csv": surnames,
        "name_pools.csv": pools,
        "chinese_names.csv": build_chinese_names(uk),
        "romanisations.csv": build_romanisations(uk, pools),
        "spellings.csv": build_spellings(uk, forenames, surnames),
        "letter_rules.csv": build_letter_rules(uk),
        "places.csv": build_places(uk),
        "streets.csv": _read(uk / "streets_uk_common.csv"),
        "nicknames.csv": build_nicknames(uk, forenames),
        "postcode_sectors.csv": build_sectors(uk),
        "ethnicity_by_force.csv": _read(uk / "pfa43_population_ethnicity_2011.csv"),
        "offences_by_force.csv": build_offences(shared),
    }
    for name, table in tables.items():
        table.to_csv(destination / name, index=False, lineterminator="\n")


if __name__ == "__main__":
    build_all(Path(sys.argv[1]), DATA_DIRECTORY)
