"""What tables and columns of a package are called in the readable document."""

from flask_babel import gettext

from crm_service.rights import labels

_ = gettext


def titles() -> dict[str, str]:
    """Return the headings of the tables, by room, in the order in which they are read."""
    return {
        "contacts": _("What we know about you"),
        "national_ids": _("Your identification number"),
        "permissions": _("What you allowed or refused, and the legal bases"),
        "suppression": _("Blocks: where nothing is sent"),
        "preferences": _("What you prefer"),
        "contracts": _("Your contracts"),
        "interactions": _("Calls, chats, meetings, orders, notes"),
        "recipients": _("To whom your data went"),
        "notices": _("Recipients that were told of a change"),
        "rights": _("Your requests"),
        "restriction": _("When the use of your data was restricted"),
        "informing": _("Whether you were told of data that did not come from you"),
        "reviews": _("Reviews of why your data are kept"),
        "holds": _("What must be kept, and why"),
        "engagement": _("What became of messages to you"),
        "proofs": _("One-time links that were sent to you"),
        "subjects": _("Your addresses, as keys that name nobody"),
        "subscriptions": _("Sign-ups that wait for your confirmation"),
        "transfers": _("Lines of files in which you are named"),
        "unsubscribe": _("What you answered when you left"),
        "access_log": _("When your data were used"),
    }


def columns() -> dict[str, str]:
    """Return the headings of columns."""
    return {
        **labels.fields(),
        **_whens(),
        **_steps(),
        **_whats(),
        **_standing(),
        **_devices(),
        **_whys(),
        **_reasons(),
        **_fees(),
        **_proofs(),
    }


def _whens() -> dict[str, str]:
    return {
        "acknowledged_at": _("confirmed on"),
        "added_at": _("added on"),
        "assigned_at": _("since"),
        "at": _("when"),
        "changed_at": _("changed on"),
        "created_at": _("stored on"),
        "disclosed_at": _("handed out on"),
        "dispensed_at": _("dispensed with on"),
        "ended_on": _("ended on"),
        "ends_at": _("ends on"),
        "evidence_erased_at": _("proof erased on"),
        "final_on": _("final on"),
        "expires_at": _("valid until"),
        "given_at": _("when"),
        "held_until": _("kept until"),
        "last_engaged_at": _("last opened or clicked on"),
        "last_interacted_at": _("last contact with us on"),
        "lifted_at": _("lifted on"),
        "occurred_at": _("when"),
        "owed_at": _("to be told since"),
        "recorded_at": _("recorded on"),
        "restricted_at": _("restricted on"),
        "sent_at": _("told on"),
        "settled_at": _("when"),
        "since": _("since"),
        "suppressed_at": _("since"),
        "updated_at": _("last changed on"),
        "used_at": _("used on"),
    }


def _steps() -> dict[str, str]:
    return {
        "case_closed_at": _("case closed on"),
        "case_opened_at": _("case opened on"),
        "closed_at": _("closed on"),
        "decided_at": _("decided on"),
        "due_on": _("to be answered by"),
        "extended_at": _("extended on"),
        "identified_at": _("identity established on"),
        "informed_at": _("you were told on"),
        "legal_end_on": _("legal time limit"),
        "received_at": _("received on"),
        "requested_at": _("asked for on"),
        "resolved_at": _("resolved on"),
        "signed_on": _("signed on"),
        "set_at": _("since"),
    }


def _whats() -> dict[str, str]:
    return {
        "action": _("what it was about"),
        "attributes": _("further details"),
        "by": _("by"),
        "case_reference": _("case"),
        "category": _("category"),
        "categories": _("which data"),
        "cells": _("content of the line"),
        "channel": _("channel"),
        "comment": _("your words"),
        "decision": _("decision"),
        "details": _("what you wrote"),
        "direction": _("direction"),
        "field": _("field"),
        "fields": _("which data"),
        "frequency": _("how often"),
        "hand_over_to": _("to be handed over to"),
        "kind": _("kind"),
        "manager": _("who looks after you"),
        "name": _("who"),
        "note": _("note"),
        "national_id": _("identification number"),
        "number": _("number"),
    }


def _standing() -> dict[str, str]:
    return {
        "outcome": _("outcome"),
        "restricted": _("restricted"),
        "row": _("line"),
        "scope": _("for"),
        "state": _("state"),
        "status": _("status"),
        "topic": _("topic"),
        "topics": _("topics"),
    }


def _devices() -> dict[str, str]:
    return {
        "bounce": _("kind of bounce"),
        "client": _("program"),
        "device": _("device"),
        "ip_prefix": _("network"),
        "machine": _("opened by a machine"),
        "os": _("operating system"),
        "url": _("link"),
        "user_agent": _("browser"),
        "campaign": _("campaign"),
        "type": _("what happened"),
    }


def _whys() -> dict[str, str]:
    return {
        "acknowledged_by": _("confirmed by"),
        "asked_about": _("asked about"),
        "basis": _("legal basis"),
        "cause": _("told of"),
        "description": _("description"),
        "dispensed_for": _("not told because"),
        "dispensed_reasons": _("reasons"),
        "evidence": _("proof"),
        "exemption": _("not told because"),
        "extension_reasons": _("reasons for the extension"),
        "ground": _("ground"),
        "how": _("how"),
        "identified_by": _("identity established by"),
        "law": _("law"),
        "justification": _("lifted because"),
        "lift_justification": _("lifted because"),
        "lift_reasons": _("lifted because"),
        "need": _("needed for"),
    }


def _reasons() -> dict[str, str]:
    return {
        "purpose": _("purpose"),
        "question": _("what you were asked"),
        "reason": _("reason"),
        "reasons": _("reasons"),
        "received_by": _("received by"),
        "reference": _("reference"),
        "refusal_ground": _("ground of refusal"),
        "source": _("source"),
        "sources": _("source of the data"),
        "source_kind": _("source of the data"),
        "source_reference": _("details of the source"),
    }


def _fees() -> dict[str, str]:
    return {
        "fee_amount": _("fee"),
        "fee_asked_at": _("fee asked on"),
        "fee_currency": _("currency"),
        "fee_outcome": _("what became of the fee"),
        "fee_reasons": _("reasons for the fee"),
        "fee_settled_at": _("fee settled on"),
    }


def _proofs() -> dict[str, str]:
    """Return what the parts of a proof of a legal basis are called."""
    return {
        "assessment": _("assessment"),
        "confirmed_at": _("confirmed on"),
        "contract": _("contract"),
        "method": _("how"),
        "opt_out_offered": _("leaving was offered"),
        "page": _("page"),
        "sale": _("sale"),
        "similar_products": _("only similar products"),
        "text": _("text"),
        "version": _("version"),
        "wording": _("wording"),
    }
