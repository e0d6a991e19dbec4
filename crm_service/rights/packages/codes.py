"""What codes are called in the readable document of a package; JSON and CSV keep them as they are.

A code means the same under one column in every room, unless ``of_rooms`` says otherwise.
"""

from flask_babel import gettext

from crm_service.rights import keeping, labels
from crm_service.rights.packages import reasons
from crm_service.rights.packages.reasons import Codes

_ = gettext


def everywhere() -> dict[str, Codes]:
    """Return the names of codes by column."""
    return {
        **_of_requests(),
        **_of_messages(),
        "basis": {**labels.bases(), **reasons.exceptions()},
        "by": _actors(),
        "cause": reasons.causes(),
        "decision": {"keep": _("kept"), "erase": _("erased"), "restrict": _("restricted")},
        "direction": {"in": _("from you to us"), "out": _("from us to you")},
        "dispensed_for": {
            "impossible": _("telling it is impossible"),
            "disproportionate": _("telling it takes disproportionate effort"),
        },
        "exemption": reasons.exemptions(),
        "how": _ways(),
    }


def _of_requests() -> dict[str, Codes]:
    return {
        "asked_about": {
            "identity": _("who you are"),
            "specification": _("what exactly you want"),
        },
        "fee_outcome": {"paid": _("paid"), "waived": _("waived")},
        "identified_by": {
            "attestation": _("what you showed or told us"),
            "link": _("a link sent to you"),
            "not_needed": _("no proof is needed"),
        },
        "received_by": _ways(),
    }


def _of_messages() -> dict[str, Codes]:
    return {
        "bounce": {"hard": _("for good"), "soft": _("for now")},
        "channel": {**labels.channels(), "none": _("without messages")},
        "device": {
            "desktop": _("computer"),
            "mobile": _("mobile telephone"),
            "tablet": _("tablet"),
        },
        "frequency": {
            "all": _("Every message"),
            "weekly": _("At most once a week"),
            "monthly": _("At most once a month"),
        },
        "scope": {
            "topic": _("one topic"),
            "marketing": _("all marketing"),
            "all": _("every message"),
        },
        "type": _happenings(),
    }


def of_rooms() -> dict[tuple[str, str], Codes]:
    """Return the names of codes that mean something of their own in one room."""
    addresses = _addresses()
    return {
        ("holds", "kind"): {"dispute": _("a dispute"), "statutory": _("a law")},
        ("holds", "outcome"): reasons.endings(),
        ("interactions", "kind"): _dealings(),
        ("notices", "status"): _told(),
        ("permissions", "state"): _states(),
        ("proofs", "purpose"): _links(),
        ("recipients", "ground"): reasons.of_disclosures(),
        ("restriction", "kind"): {
            "restriction": _("restriction"),
            "exception": _("use all the same"),
        },
        ("restriction", "reason"): reasons.of_restrictions(),
        ("rights", "ground"): reasons.of_requests(),
        ("rights", "kind"): labels.rights(),
        ("rights", "outcome"): _outcomes(),
        ("rights", "status"): labels.statuses(),
        ("subjects", "kind"): addresses,
        ("suppression", "kind"): addresses,
        ("suppression", "reason"): reasons.of_blocks(),
        ("unsubscribe", "reason"): reasons.of_leaving(),
    }


def sources() -> Codes:
    """Return where data or an event came from; the names of services stand for themselves."""
    return {
        **keeping.sources(),
        "erasure": _("an erasure"),
        "link": _("the link in a message"),
        "mailto": _("mail that came back"),
        "one_click": _("your mail program"),
        "operator": _("our staff"),
        "page": _("our page for leaving"),
        "preferences": _("our page of preferences"),
    }


def about() -> Codes:
    """Return what an entry of the access log is about, where no part of the package says it."""
    return {
        "assistance": _("help by whoever operates the service"),
        "audiences": _("lists for messages and advertising"),
        "eligibility": _("whether we may write to you"),
        "history": _("everything that is known about you"),
        "journal": _("restoring a backup"),
        "offboarding": _("handing everything over to another service"),
        "organizations": _("your organization"),
        "retention": _("how long your data are kept"),
        "suppressions": _("Blocks: where nothing is sent"),
    }


def _actors() -> Codes:
    return {
        "key": _("our staff or a program of ours"),
        "operator": _("whoever operates the service"),
        "recipient": _("you, by a link"),
        "worker": _("the service by itself"),
    }


def _addresses() -> Codes:
    return {
        "email": _("e-mail address"),
        "phone": _("telephone number"),
        "post": _("post"),
        "domain": _("everything behind one domain"),
    }


def _dealings() -> Codes:
    return {
        "call": _("call"),
        "chat": _("chat"),
        "meeting": _("meeting"),
        "order": _("order"),
        "inquiry": _("inquiry"),
        "note": _("note"),
        "recording": _("recording"),
    }


def _happenings() -> Codes:
    return {
        "queued": _("waits to be sent"),
        "sent": _("sent"),
        "rejected": _("not sent"),
        "failed": _("sending failed"),
        "bounced": _("came back"),
        "deferred": _("delayed"),
        "delivered": _("delivered"),
        "autoresponded": _("answered by a machine"),
        "opened": _("opened"),
        "clicked": _("a link was opened"),
        "complained": _("reported as unwanted"),
        "unsubscribed": _("left"),
        "subscribed": _("signed up"),
        "unknown": _("unknown"),
    }


def _links() -> Codes:
    return {
        "confirm_subscription": _("to confirm a sign-up"),
        "preferences": _("to change your preferences"),
        "rights": _("to use your rights"),
        "package": _("to download your data"),
    }


def _outcomes() -> Codes:
    return {
        "granted": _("done"),
        "partly_granted": _("done in part"),
        "refused": _("refused"),
        "retracted": _("taken back by you"),
    }


def _states() -> Codes:
    return {
        "granted": _("allowed"),
        "pending": _("waits for your confirmation"),
        "withdrawn": _("taken back"),
        "objected": _("objected to"),
        "none": _("none"),
    }


def _told() -> Codes:
    return {
        "due": _("to be told"),
        "sent": _("told"),
        "acknowledged": _("confirmed"),
        "dispensed": _("need not be told"),
    }


def _ways() -> Codes:
    return {
        "api": _("our other systems"),
        "call": _("telephone"),
        "email": _("e-mail"),
        "event": _("a message between programs"),
        "in_person": _("in person"),
        "letter": _("letter"),
        "page": _("a page on the web"),
        "phone": _("telephone"),
        "portal": _("our page for requests"),
        "post": _("post"),
        "other": _("another way"),
    }
