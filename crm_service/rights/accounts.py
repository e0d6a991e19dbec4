"""What a person is told of their erasure: what went, what stays and why (GDPR Art. 12, 17, 19)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def of_erasure(certificate: Mapping[str, Any], _: Callable[[str], str]) -> Iterator[str]:
    """Yield the paragraphs in the language that ``_`` speaks."""
    erased = {
        "contact": _("your contact data"),
        "national_id": _("your identification number"),
        "permissions": _("the evidence of what you agreed to and refused"),
        "engagement": _("what became of our messages to you"),
        "interactions": _("calls, notes and other dealings with you"),
        "requests": _("what was written in your requests"),
    }
    told = [text for one in certificate["erased"] if (text := erased.get(one["category"]))]
    if told:
        yield _("We have erased: %(data)s, and whatever else named you.") % {
            "data": ", ".join(told)
        }
    yield from _kept(certificate, _)
    if certificate["recipients"]:
        yield _(
            "We tell those to whom your data went to erase them as well, until each has confirmed."
        )


def _kept(certificate: Mapping[str, Any], _: Callable[[str], str]) -> Iterator[str]:
    why = {
        "suppressions": _(
            "We keep a code made from your address, which only serves to compare, so that you are "
            "not written to again (GDPR Art. %(article)s)."
        ),
        "ledger_entries": _(
            "We keep when consents were given and taken back, without their contents, to prove "
            "that the law was kept (GDPR Art. %(article)s)."
        ),
        "request": _("We keep that you asked, and how we decided (GDPR Art. %(article)s)."),
    }
    for one in certificate["kept"]:
        if one["what"] in why:
            yield why[one["what"]] % {"article": one["article"]}
