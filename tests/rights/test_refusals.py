"""On which grounds alone a request is refused, and how the person is told."""

import pytest
from flask import Flask

from tests.factories import Tenant
from tests.rights.asking import ask, decide, read, under


@pytest.mark.clause("ee-15", "si-11")
@pytest.mark.parametrize(
    ("name", "ground", "said"),
    [
        ("cantec-ee", "law_enforcement", "GDPR Art. 23"),
        ("cantec-ee", "technically_impossible", "privaatsuspoliitika"),
        ("tenzor", "freedom_of_expression", "17(3)(a)"),
        ("tenzor", "legal_obligation", "17(3)(b)"),
        ("tenzor", "public_health", "17(3)(c)"),
        ("tenzor", "archiving_or_research", "17(3)(d)"),
        ("tenzor", "legal_claims", "17(3)(e)"),
    ],
)
def test_erasure_is_refused_on_a_ground_of_the_policy_and_the_letter_says_so(
    app: Flask, name: str, ground: str, said: str
) -> None:
    tenant = under(app, name)
    request = ask(tenant, "erasure")

    answer = decide(tenant, request, "refused", ground=ground, reasons="Sest.")

    assert (answer.json["outcome"], answer.json["refusal_ground"]) == ("refused", ground)
    assert said.removeprefix("GDPR Art. ") in answer.json["letter"]["text"]
    assert "Sest." in answer.json["letter"]["text"]


@pytest.mark.clause("ee-15", "si-11")
@pytest.mark.parametrize(
    ("kind", "facts", "code"),
    [
        ("erasure", {"ground": "legal_claims", "reasons": "No."}, "refusal_ground"),
        ("access", {"ground": "impedes_service", "reasons": "No."}, "refusal_ground"),
        ("erasure", {"reasons": "No."}, "refusal_ground"),
        ("erasure", {"ground": "law_enforcement"}, "reasons_missing"),
    ],
)
def test_no_other_refusal_is_possible(
    tenant: Tenant, kind: str, facts: dict[str, str], code: str
) -> None:
    request = ask(tenant, kind)

    answer = decide(tenant, request, "refused", **facts)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert read(tenant, request)["status"] == "received"


@pytest.mark.clause("ws-06")
def test_access_is_limited_by_law_alone(app: Flask) -> None:
    tenant = under(app, "websystems")
    request = ask(tenant, "access")

    refused = decide(tenant, request, "refused", ground="limited_by_law", reasons="Law 1.")

    assert "GDPR" in refused.json["letter"]["text"] or "23" in refused.json["letter"]["text"]
    assert decide(tenant, request, "granted").json["code"] == "wrong_status"


@pytest.mark.clause("si-18", "ws-07")
@pytest.mark.parametrize(
    ("name", "language", "parts"),
    [
        ("tenzor", "sl", ["Informacijski pooblaščenec", "https://www.ip-rs.si", "15 dni"]),
        ("tenzor", "en", ["Informacijski pooblaščenec", "complaint: 15 days", "Reasons: Because."]),
        ("websystems", "ru", ["Andmekaitse Inspektsioon", "https://www.aki.ee"]),
        ("cantec-no", "nb", ["Datatilsynet", "https://www.datatilsynet.no"]),
        ("cadcraft", "sv", ["Integritetsskyddsmyndigheten", "https://www.imy.se"]),
        ("cantec-ee", "et", ["Andmekaitse Inspektsioon", "https://www.aki.ee"]),
    ],
)
def test_a_letter_is_in_the_persons_language_and_names_the_way_to_complain(
    app: Flask, name: str, language: str, parts: list[str]
) -> None:
    tenant = under(app, name)
    request = ask(tenant, "access", language=language)
    ground = "limited_by_law" if name == "websystems" else "not_identifiable"

    letter = decide(tenant, request, "refused", ground=ground, reasons="Because.").json["letter"]

    assert letter["language"] == language
    assert [part for part in parts if part not in letter["text"]] == []
    assert ("We cannot do what you asked for." in letter["text"]) is (language == "en")
    assert read(tenant, request)["letter"] == letter
