"""Which list of refusals a file is, told by the names of its columns (rule 9).

Known are our own export and those of SendGrid, Mailgun, SES, Postmark, Mailchimp and listmonk; any
other table with a column of addresses, domains or hashes is a plain list. An export of people who
did not refuse is refused itself: it would block everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crm_service.errors import Invalid
from crm_service.transfers import suppression_reasons as reasons
from crm_service.transfers.columns import plain
from crm_service.transfers.suppression_reasons import Places, Reader, Reason


class NotSuppressions(Invalid):
    """The file is a list of something else; nothing was stored."""

    code = "not_a_suppression_list"


@dataclass(frozen=True)
class Layout:
    """How the rows of a file are read. ``address`` holds an address, a domain or a hash.

    ``source`` is what blocks name as theirs. ``own``: the places of our own export's columns.
    ``others``: of objects that name addresses, domains or hashes each as what it is, where else.
    """

    name: str
    source: str
    address: int
    date: int | None
    reason: Reason
    own: Places | None = None
    others: tuple[int, ...] = ()


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ADDRESSES = _names(
    "email emailaddress epost mail recipient address subscriber domain phone phonenumber sha256 "
    "emailsha256 sha256email hashedemail emailhash md5 emailmd5 md5email hash"
)
_DATES = _names(
    "suppressedat created createdat date time timestamp unsubscribedat unsubscribetime optouttime "
    "lastupdatetime addedat added"
)
_REASONS = _names("reason suppressionreason status type")
#: The columns of our own export. ``key_space`` tells whose address keys are meant.
OWN = (
    "kind",
    "address",
    "address_key",
    "scope",
    "topic",
    "reason",
    "source",
    "suppressed_at",
    "ends_at",
    "key_space",
)
#: Since pauses exist; exports from before do not have it.
_LATER = frozenset({plain("ends_at")})
_OWN_PLAIN = tuple(plain(name) for name in OWN)
_OWN_NEEDED = frozenset(_OWN_PLAIN) - _LATER
#: Columns of exports of subscribers: by themselves they tell of nobody's refusal.
_MEMBERS = frozenset({"memberrating", "optintime", "leid", "euid"})
_OTHERS = _names(
    "code error count tags tag ip origin uuid attributes unsubtime unsubreason cleantime "
    "unsubcampaignid updatedat"
)
#: What a report adds; a corrected one is the same list. Not ``reason``: most lists have their own.
REPORT_COLUMNS = ("import_row", "import_outcome", "import_problem")
_ADDED = frozenset(plain(name) for name in REPORT_COLUMNS)
_KNOWN = frozenset({*_ADDRESSES, *_DATES, *_REASONS, *_OWN_PLAIN, *_OTHERS})


def is_known(name: str) -> bool:
    """Tell whether a column of this name is understood."""
    return plain(name) in _KNOWN


def address_at(header: Sequence[str]) -> int | None:
    """Return the first column that is understood to hold an address, a domain or a hash."""
    return next((at for at, name in enumerate(header) if plain(name) in _ADDRESSES), None)


def recognize(
    header: Sequence[str], *, filename: str = "", is_told: bool = False, mixes: bool = False
) -> Layout:
    """Return how the rows under ``header`` are read. ``filename`` may tell twins apart.

    ``mixes``: whether each row has names of its own, as objects do, so that one may name a domain
    where another names an address.

    Raises ``NotSuppressions`` for an export of subscribers, unless ``is_told`` (a reason was given:
    whoever gives one knows what the list is), and ``Invalid`` (``unrecognized_columns``).
    """
    places: dict[str, int] = {}
    for at, name in enumerate(header):
        if plain(name) not in _ADDED:
            places.setdefault(plain(name), at)
    for known in _FORMATS:
        if known.fits(places):
            return known.layout(places, filename)
    if _MEMBERS & places.keys() and not is_told:
        raise NotSuppressions(
            "the file is an export of subscribers, not of refusals; if everybody in it shall be "
            "blocked all the same, say why with a reason"
        )
    return _plain_list(places, mixes=mixes)


def bare(reason_at: int | None = 1) -> Layout:
    """Return the layout of a list without a header; a reason may stand behind the address."""
    return Layout("list", "list", 0, None, reasons.words_at(reason_at))


def _plain_list(places: Places, *, mixes: bool) -> Layout:
    addresses = [places[name] for name in _ADDRESSES if name in places]
    if not addresses:
        raise Invalid(
            "no column is understood to hold addresses, domains or hashes: name one 'email', "
            "'domain' or 'sha256'",
            code="unrecognized_columns",
        )
    date = next((places[name] for name in _DATES if name in places), None)
    reason = next((places[name] for name in _REASONS if name in places), None)
    others = tuple(addresses[1:]) if mixes else ()
    return Layout("list", "list", addresses[0], date, reasons.words_at(reason), others=others)


@dataclass(frozen=True)
class _Format:
    """An export that is told by its columns; ``others``: whether it may have more."""

    name: str
    source: str
    needs: frozenset[str]
    address: str
    date: str
    reason: Reader
    others: bool = True

    def fits(self, places: Places) -> bool:
        return self.needs <= places.keys() and (self.others or self.needs == places.keys())

    def layout(self, places: Places, filename: str) -> Layout:
        reason = self.reason(places, filename.casefold())
        return Layout(self.name, self.source, places[self.address], places.get(self.date), reason)


class _Own(_Format):
    def layout(self, places: Places, filename: str) -> Layout:
        named = zip(OWN, _OWN_PLAIN, strict=True)
        own = {name: places[spelled] for name, spelled in named if spelled in places}
        return Layout(
            self.name,
            self.source,
            own["address"],
            own["suppressed_at"],
            self.reason(places, filename),
            own,
        )


def _of(names: str) -> frozenset[str]:
    return frozenset(_names(names))


#: The most telling first.
_FORMATS = (
    # Its rows are read as a whole: see ``suppression_rows``.
    _Own("crm-service", "import", _OWN_NEEDED, "address", "suppressedat",
         reasons.always("import")),
    _Format("postmark", "postmark", _of("emailaddress suppressionreason"), "emailaddress",
            "createdat", reasons.postmark),
    _Format("ses", "ses", _of("emailaddress reason lastupdatetime"), "emailaddress",
            "lastupdatetime", reasons.ses),
    _Format("mailchimp-cleaned", "mailchimp cleaned", _of("emailaddress cleantime"),
            "emailaddress", "cleantime", reasons.always("hard_bounce")),
    _Format("mailchimp-unsubscribed", "mailchimp unsubscribed", _of("emailaddress unsubtime"),
            "emailaddress", "unsubtime", reasons.mailchimp),
    _Format("listmonk", "listmonk", _of("uuid email status"), "email", "updatedat",
            reasons.listmonk),
    _Format("mailgun-bounces", "mailgun bounces", _of("address code"), "address",
            "createdat", reasons.mailgun),
    _Format("mailgun-unsubscribes", "mailgun unsubscribes", _of("address tags"), "address",
            "createdat", reasons.always("unsubscribe")),
    _Format("mailgun-unsubscribes", "mailgun unsubscribes", _of("address tag"), "address",
            "createdat", reasons.always("unsubscribe")),
    _Format("mailgun-complaints", "mailgun complaints", _of("address createdat"), "address",
            "createdat", reasons.always("complaint"), others=False),
    _Format("mailgun-complaints", "mailgun complaints", _of("address count createdat"), "address",
            "createdat", reasons.always("complaint"), others=False),
    _Format("sendgrid-bounces", "sendgrid bounces", _of("email created reason status"), "email",
            "created", reasons.sendgrid, others=False),
    _Format("sendgrid-invalid", "sendgrid invalid emails", _of("email created reason"), "email",
            "created", reasons.always("invalid"), others=False),
    _Format("sendgrid-spam-reports", "sendgrid spam reports", _of("email created ip"), "email",
            "created", reasons.always("complaint"), others=False),
    _Format("sendgrid-unsubscribes", "sendgrid unsubscribes", _of("email created"), "email",
            "created", reasons.always("unsubscribe"), others=False),
)  # fmt: skip
