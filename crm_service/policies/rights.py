"""What a policy says about people's rights: kinds, periods, grounds of refusal, complaint.

Without a section ``rights`` the General Data Protection Regulation holds as it stands: every kind
of request, one month, two more with reasons, its own grounds of refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

#: GDPR Art. 15 to 18, 20 and 21, and the withdrawal of consent (Art. 7(3)).
KINDS = (
    "access",
    "rectification",
    "erasure",
    "restriction",
    "objection",
    "portability",
    "withdrawal",
)

#: Units in which a period may be stated.
UNITS = ("working_days", "days", "months")

#: What the question for more information may be about; the clock may stop only for these.
QUESTIONS = ("identity", "specification")

#: What a fee for a request is called where the clock may stop for it.
FEE = "fee"

#: What the policy may let the clock stop for.
CLOCK_STOPS = (*QUESTIONS, FEE)

#: Ending something is free: a fee would make leaving harder than joining (GDPR Art. 7(3), 21(2)).
FREE_KINDS = frozenset({"objection", "withdrawal"})

#: The article for a request that is manifestly unfounded or excessive: a fee for it, or a refusal.
EXCESSIVE = "12(5)"

#: What a request for rectification or erasure may rest on (GDPR Art. 16 and 17(1)).
REQUEST_GROUNDS = (
    "wrong",
    "incomplete",
    "unlawful",
    "no_longer_needed",
    "consent_withdrawn",
    "marketing_objected",
    "objection_upheld",
    "legally_required",
)

#: Says that no article stands behind a ground of refusal.
NO_ARTICLE = "none"


@dataclass(frozen=True)
class Period:
    """A length of time as a policy states it: 7 working days, 14 days, 1 month."""

    unit: str
    count: int


@dataclass(frozen=True)
class RefusalGround:
    """Why a request may be refused: its article of the GDPR, or ``none``, and for which kinds.

    ``text`` says it by language, as the person is told.
    """

    slug: str
    article: str
    kinds: frozenset[str]
    text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Extension:
    """By how much a period may be extended, and until when that may be decided."""

    by: Period
    within: Period


@dataclass(frozen=True)
class PackageRules:
    """How packages leave: whether encrypted alone (si-16), and for how many days a link works."""

    must_encrypt: bool = False
    link_days: int = 7


@dataclass(frozen=True)
class FeeRule:
    """That a fee may be asked of who asks without ground or too often (GDPR Art. 12(5)).

    ``most`` whole units of ``currency`` (ISO 4217); None: as much as is reasonable.
    """

    most: int | None = None
    currency: str | None = None


@dataclass(frozen=True)
class RightsRules:
    """The rights section of a policy.

    ``due`` holds the kinds that are offered with their periods. ``grounds`` holds, for kinds that
    ask for one, what a request may rest on. ``extension`` None: no period may be extended.
    ``complaint_within`` None: the policy names no time limit for a complaint.
    ``recipients_told_within``: days within which recipients are told (GDPR Art. 19);
    ``recipients_reminded_every``: days after which one that has not confirmed is told again.
    ``erasure_reaches_processors``: an erasure is also told to those in use without a disclosure of
    the person on record, such as a host or whoever keeps backups (clause ws-05).
    ``fee`` None: every request is free, however often it is made.
    ``withdrawal_stops_collection``: for a purpose that a person ended nothing more is collected.
    """

    due: Mapping[str, Period]
    grounds: Mapping[str, tuple[str, ...]]
    refusals: Mapping[str, RefusalGround]
    extension: Extension | None
    complaint_within: Period | None
    clock_stops_for: frozenset[str]
    recipients_told_within: int
    recipients_reminded_every: int
    erasure_reaches_processors: bool
    withdrawal_stops_collection: bool
    package: PackageRules = PackageRules()
    fee: FeeRule | None = None

    def refusal(self, slug: str, kind: str) -> RefusalGround | None:
        """Return the ground if it may be held against a request of this kind."""
        found = self.refusals.get(slug)
        return found if found is not None and kind in found.kinds else None


_MONTH = {"months": 1}

#: GDPR Art. 19 names no time: without a policy's own word, two weeks.
_TOLD_WITHIN = {"days": 14}
_REMINDED_EVERY = {"days": 7}

#: What the law itself says; a policy replaces the parts that it states.
GDPR: Mapping[str, Any] = {
    "due": _MONTH,
    "kinds": {kind: {} for kind in KINDS},
    "extension": {"by": {"months": 2}, "within": _MONTH},
    "clock_stops_for": ["identity"],
    "fee": {},
    "refusal_grounds": {
        "not_identifiable": {"article": "12(6)"},
        "unfounded_or_excessive": {"article": EXCESSIVE},
        "rights_of_others": {"article": "15(4)", "kinds": ["access", "portability"]},
        "freedom_of_expression": {"article": "17(3)(a)", "kinds": ["erasure"]},
        "legal_obligation": {"article": "17(3)(b)", "kinds": ["erasure"]},
        "public_health": {"article": "17(3)(c)", "kinds": ["erasure"]},
        "archiving_or_research": {"article": "17(3)(d)", "kinds": ["erasure"]},
        "legal_claims": {"article": "17(3)(e)", "kinds": ["erasure"]},
        "compelling_grounds": {"article": "21(1)", "kinds": ["objection"]},
    },
}


def parse_rights(document: Mapping[str, Any]) -> RightsRules:
    """Return the rules that a checked document states, or those of the law alone."""
    stated = document.get("rights") or GDPR
    due = stated.get("due", _MONTH)
    kinds = stated.get("kinds", GDPR["kinds"])
    return RightsRules(
        due=MappingProxyType({kind: _period(rule.get("due", due)) for kind, rule in kinds.items()}),
        grounds=MappingProxyType(
            {kind: tuple(rule["grounds"]) for kind, rule in kinds.items() if "grounds" in rule}
        ),
        refusals=MappingProxyType(
            {slug: _ground(slug, one) for slug, one in stated.get("refusal_grounds", {}).items()}
        ),
        extension=_extension(stated.get("extension")),
        complaint_within=_maybe_period(stated.get("complaint_within")),
        clock_stops_for=frozenset(stated.get("clock_stops_for", ())),
        recipients_told_within=stated.get("recipients_told_within", _TOLD_WITHIN)["days"],
        recipients_reminded_every=stated.get("recipients_reminded_every", _REMINDED_EVERY)["days"],
        erasure_reaches_processors=stated.get("erasure_reaches") == "processors",
        withdrawal_stops_collection=stated.get("withdrawal_stops_collection", False),
        package=_package(stated.get("package", {})),
        fee=_fee(stated.get("fee")),
    )


def _period(stated: Mapping[str, int]) -> Period:
    [(unit, count)] = stated.items()
    return Period(unit, count)


def _package(stated: Mapping[str, Any]) -> PackageRules:
    return PackageRules(
        must_encrypt=stated.get("encrypted") == "required",
        link_days=stated.get("link_days", PackageRules.link_days),
    )


def _maybe_period(stated: Mapping[str, int] | None) -> Period | None:
    return _period(stated) if stated else None


def _extension(stated: Mapping[str, Any] | None) -> Extension | None:
    return Extension(_period(stated["by"]), _period(stated["within"])) if stated else None


def _fee(stated: Mapping[str, Any] | None) -> FeeRule | None:
    if stated is None:
        return None
    most = stated.get("most")
    return FeeRule(most["amount"], most["currency"]) if most else FeeRule()


def _ground(slug: str, stated: Mapping[str, Any]) -> RefusalGround:
    return RefusalGround(
        slug=slug,
        article=stated["article"],
        kinds=frozenset(stated.get("kinds", KINDS)),
        text=MappingProxyType(dict(stated.get("text", {}))),
    )
