"""Contact exports as real systems write them: messy, and with a known right answer.

No address belongs to a real person: all domains are reserved for documentation (RFC 2606).
"""

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PEOPLE = {
    "EE": (
        ["Mari", "Jüri", "Õnne", "Kätlin", "Toomas"],
        ["Tamm", "Põder", "Kägu", "Õispuu"],
        "+372 5",
        7,
    ),
    "NO": (["Bjørn", "Åse", "Ingrid", "Øyvind"], ["Hansen", "Sørensen", "Ødegård"], "+47 4", 7),
    "SE": (["Åsa", "Björn", "Märta", "Nils"], ["Öberg", "Lindström", "Ek"], "+46 70 ", 7),
    "SI": (["Žiga", "Špela", "Črt", "Maja"], ["Kovačič", "Žagar", "Novak"], "+386 31 ", 6),
    "RU": (["Анна", "Пётр"], ["Иванова", "Щукин"], "+7 916 ", 7),
}
LANGUAGES = {"EE": "et", "NO": "nb", "SE": "sv", "SI": "sl", "RU": "ru"}
DOMAINS = ["example.com", "example.org", "example.net", "mail.example.com"]
IDN = [
    ("õun.example.com", "xn--un-bka.example.com"),
    ("blåbær.example.org", "xn--blbr-roah.example.org"),
]
#: An address that cannot be mailed, and why.
BAD = [
    ("", "missing"),
    ("not-an-address", "syntax"),
    ("two@@example.com", "syntax"),
    ("dot..dot@example.com", "syntax"),
    (".lead@example.com", "syntax"),
    ("x@", "syntax"),
    ("x@example", "syntax"),
    ("a b@example.com", "syntax"),
    ("l" * 65 + "@example.com", "too_long"),
    ("zero\u200bwidth@example.com", "invisible"),
    ("x@-example.com", "syntax"),
    ("Name <name@example.com>", "syntax"),
    ("a@example.com,b@example.com", "syntax"),
]
TOPICS = ["news", "offers", "training", "events"]
COMPANIES = ["", "Näide OÜ", 'Acme "North", AS', '=HYPERLINK("x")', "Vzorec d.o.o.", "O'Neil & Co"]
NOTES = ["", "", "met at fair\nasked for prices", "tab\there", "ünïcode ✓", "-2+3"]
CITIES = ["Tallinn", "Kolbotn", "Malmö", "Ptuj", "Санкт-Петербург", ""]
HEADER = [
    "Email Address",
    "First Name",
    "Last Name",
    "Phone",
    "Company",
    "City",
    "Country",
    "Language",
    "Topics",
    "Legal Basis",
    "Opt-in Time",
    "Opt-in Source",
    "Consent Text",
    "Assessment",
    "Added",
    "Notes",
]


@dataclass(frozen=True)
class Expected:
    """What an importer must make of a row.

    ``permission``: whether the row proves its legal basis; None where it claims none.
    """

    outcome: str
    reason: str = ""
    address: str = ""
    permission: bool | None = None
    topics: tuple[str, ...] = ()
    basis: str = ""


def write(
    path: Path,
    *,
    rows: int,
    seed: int,
    delimiter: str = ",",
    encoding: str = "utf-8-sig",
    newline: str = "\r\n",
) -> list[Expected]:
    """Write an export; return what must become of each row."""
    lines, expected = build(rows, seed, encoding)
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=newline)
        writer.writerow(HEADER)
        writer.writerows(lines)
    return expected


def build(rows: int, seed: int, encoding: str = "utf-8") -> tuple[list[list[str]], list[Expected]]:
    """Return the rows of an export, and what must become of each."""
    rng = random.Random(seed)  # noqa: S311 - the same file for the same seed
    bad = [pair for pair in BAD if pair[0].encode(encoding, "ignore").decode(encoding) == pair[0]]
    seen: list[str] = []
    lines, expected = [], []
    for number in range(1, rows + 1):
        address, rest, permission = _person(rng, number)
        dice = rng.random()
        if dice < 0.06:
            written, reason = rng.choice(bad)
            lines.append([written, *rest])
            expected.append(Expected("rejected", reason))
            continue
        if dice < 0.14 and seen:
            address, outcome = rng.choice(seen), "duplicate"
            written = _spelled(rng, address)
        elif dice < 0.17:
            unicode_form, ascii_form = rng.choice(IDN)
            address, outcome = f"person{number}@{ascii_form}", "created"
            written = f"person{number}@{unicode_form}"
            seen.append(address)
        else:
            outcome = "created"
            written = _spelled(rng, address) if rng.random() < 0.3 else address
            seen.append(address)
        lines.append([written, *rest])
        topics = tuple(rest[7].split("|")) if rest[7] else ()
        expected.append(Expected(outcome, "", address, permission, topics, rest[8]))
    return lines, expected


def _person(rng: random.Random, number: int) -> tuple[str, list[str], bool | None]:
    country = rng.choice(list(PEOPLE))
    first_names, last_names, prefix, digits = PEOPLE[country]
    first, last = rng.choice(first_names), rng.choice(last_names)
    month, day, hour = rng.randint(1, 9), rng.randint(1, 28), rng.randint(0, 23)
    added = f"2026-{month:02d}-{day:02d}T{hour:02d}:15:00+02:00"
    basis, permission = _basis(rng, added)
    phone = prefix + "".join(str(rng.randint(0, 9)) for _ in range(digits))
    if rng.random() < 0.2:
        phone = ""
    company, notes = rng.choice(COMPANIES), rng.choice(NOTES)
    topics = "|".join(sorted(rng.sample(TOPICS, rng.randint(0, 3))))
    city, language = rng.choice(CITIES), LANGUAGES[country]
    rest = [first, last, phone, company, city, country, language, topics, *basis, added, notes]
    return f"person{number}@{rng.choice(DOMAINS)}", rest, permission


def _basis(rng: random.Random, added: str) -> tuple[list[str], bool | None]:
    """Return the cells about the legal basis, and whether they suffice."""
    kind = rng.random()
    if kind < 0.45:
        return ["consent", added, "webform /subscribe", "newsletter v3", ""], True
    if kind < 0.55:
        return ["consent", "", rng.choice(["", "list bought"]), "", ""], False
    if kind < 0.80:
        return ["legitimate_interests", "", "", "", "LIA-2025-04"], True
    if kind < 0.88:
        return ["legitimate_interests", "", "", "", ""], False
    return ["", "", "", "", ""], None


def _spelled(rng: random.Random, address: str) -> str:
    """The same address as people type it."""
    local, domain = address.split("@")
    return rng.choice(
        [
            address,
            address.upper(),
            f" {address} ",
            f"{local.title()}@{domain}",
            f"{local}@{domain.title()}",
            f"\u00a0{address}",
        ]
    )


def as_json(expected: list[Expected]) -> list[dict[str, Any]]:
    """Return the answers in the shape of the generator that this module was taken from."""
    return [
        {"row": row, "outcome": one.outcome, "reason": one.reason}
        if one.outcome == "rejected"
        else {
            "row": row,
            "outcome": one.outcome,
            "address": one.address,
            "permission": one.permission,
        }
        for row, one in enumerate(expected, 1)
    ]
