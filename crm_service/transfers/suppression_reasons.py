"""Why a row of a list stands on it, as each system says it (rule 3)."""

import re
from collections.abc import Callable, Mapping, Sequence

from crm_service.suppression.service import PAUSE, REASONS
from crm_service.transfers.columns import plain

#: A list that knows no end of anything cannot hold a pause.
LISTED = tuple(reason for reason in REASONS if reason != PAUSE)
#: What a reader of reasons says of a row that is no refusal.
NO_REFUSAL = ""

Record = Sequence[str]
#: Reads the reason off a row: None where the row states none.
Reason = Callable[[Record], str | None]
Places = Mapping[str, int]
Reader = Callable[[Places, str], Reason]

#: Words for reasons, as ``plain`` spells them, in exports that are no longer told apart.
_WORDS = {
    **{plain(reason): reason for reason in LISTED},
    **dict.fromkeys(["bounce", "bounced", "bounces", "permanent", "cleaned"], "hard_bounce"),
    **dict.fromkeys(["spamcomplaint", "spam", "spamreport", "spamreports", "abuse"], "complaint"),
    **dict.fromkeys(["complaints", "complained"], "complaint"),
    **dict.fromkeys(["unsubscribed", "unsubscribes", "optout", "optedout"], "unsubscribe"),
    **dict.fromkeys(["invalidemail", "invalidaddress", "undeliverable"], "invalid"),
    **dict.fromkeys(["subscribed", "enabled", "active", "confirmed", "optedin"], NO_REFUSAL),
}
_POSTMARK = {"hardbounce": "hard_bounce", "spamcomplaint": "complaint"}
_SES = {"bounce": "hard_bounce", "complaint": "complaint"}
#: Enhanced status codes (RFC 3463) of refusals that are not about the mailbox: temporary ones, and
#: those by policy. SendGrid's exports of blocks have the same columns as those of bounces.
_NOT_THE_MAILBOX = re.compile(r"4\.|5\.7\.")
_PERMANENT = 500


def cell(record: Record, at: int | None) -> str:
    """Return a cell; "" where the row is too short to have it."""
    return record[at] if at is not None and at < len(record) else ""


def word(text: str) -> str | None:
    """Return the reason that a word stands for, ``NO_REFUSAL``, or None for an unknown word."""
    return _WORDS.get(plain(text))


def always(reason: str) -> Reader:
    """Read the same reason off every row."""
    return lambda _places, _filename: lambda _record: reason


def words_at(at: int | None) -> Reason:
    """Read words that are understood; others state no reason."""
    return lambda record: word(cell(record, at)) if at is not None else None


def ses(places: Places, _filename: str) -> Reason:
    """Read BOUNCE and COMPLAINT."""
    at = places["reason"]
    return lambda record: _SES.get(plain(cell(record, at)), "import")


def sendgrid(places: Places, filename: str) -> Reason:
    """Bounces and blocks have the same columns: the name of the file tells, else each status."""
    if "block" in filename:
        return lambda _record: "import"
    if "bounce" in filename:
        return lambda _record: "hard_bounce"
    at = places["status"]
    return lambda r: "import" if _NOT_THE_MAILBOX.match(cell(r, at).strip()) else "hard_bounce"


def mailgun(places: Places, _filename: str) -> Reason:
    """Read SMTP codes: permanent failures alone are about the mailbox."""
    at = places["code"]

    def reason(record: Record) -> str:
        code = cell(record, at).strip()
        return "hard_bounce" if code.isdigit() and int(code) >= _PERMANENT else "import"

    return reason


def postmark(places: Places, _filename: str) -> Reason:
    """Read HardBounce, SpamComplaint, and ManualSuppression by the recipient."""
    at, origin = places["suppressionreason"], places.get("origin")

    def reason(record: Record) -> str:
        said = plain(cell(record, at))
        if said == "manualsuppression" and plain(cell(record, origin)) == "recipient":
            return "unsubscribe"
        return _POSTMARK.get(said, "import")

    return reason


def mailchimp(places: Places, _filename: str) -> Reason:
    """Read why people left: who said that it was spam complained."""
    at = places.get("unsubreason")

    def reason(record: Record) -> str:
        said = cell(record, at).casefold()
        return "complaint" if "spam" in said or "abuse" in said else "unsubscribe"

    return reason


def listmonk(places: Places, _filename: str) -> Reason:
    """Read the status: of all subscribers only those on the blocklist are refused."""
    at = places["status"]
    return lambda r: "import" if plain(cell(r, at)) == "blocklisted" else NO_REFUSAL
