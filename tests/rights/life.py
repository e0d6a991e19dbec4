"""A person to whom everything happens that can happen to a person in this service, over HTTP."""

import base64
import json
from pathlib import Path
from typing import Any

import yaml

from tests.factories import load_policy
from tests.rights.caller import IP, Caller
from tests.rights.traces import Somebody
from tests.serving.service import Service, command, until

AT = "2026-11-03T09:15:00Z"

CSV, NDJSON, FORM = "text/csv", "application/x-ndjson", "application/x-www-form-urlencoded"


class Life(Caller):
    """One person in the register of one controller, kept by a running service."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        self.who = Somebody()
        self.who.said["network"] = IP
        policy = folder / "policy.yaml"
        stated = {"engagement": {"raw_term": "P30D"}}
        policy.write_text(yaml.safe_dump(load_policy() | stated, allow_unicode=True))
        made = ["controller", "create", "acme", "--policy", str(policy), "--accept-agreement"]
        assert command(service.folder, *made).returncode == 0
        self.key = self.new_key()
        for slug in ("news", "offers"):
            topic = {"slug": slug, "name": {"en": slug}, "category": "marketing"}
            self.post("/v1/topics", topic)

    def live(self) -> str:
        """Let everything happen; return the contact's id."""
        contact_id = self.be_registered()
        self.be_written_to(contact_id)
        self.leave_and_return()
        self.be_imported()
        self.be_disclosed(contact_id)
        access = self.ask("access")
        self.decide(access)
        self.post(f"/v1/rights-requests/{access['id']}/close", {})
        return contact_id

    def be_registered(self) -> str:
        """Enter the register, as an organization's contact person; return the contact's id."""
        who, word = self.who, self.who.word
        digests = [ways[0] for what, ways in who.needles().items() if "sha256" in what]
        hashed = b"\r\n".join([b"sha256", *digests])
        self.post("/v1/suppressions/imports", hashed, Content_Type=CSV)
        company = {"name": "An Organization", "invoice_emails": [who.email, "office@example.org"]}
        organization = self.post("/v1/organizations", company)
        contact = self._known() | {"organization_id": organization["id"]}
        registered = self.post("/v1/contacts", contact, Idempotency_Key=word("idempotency key"))
        contact_id = str(registered["id"])
        twice = contact | {"email": "other@example.com", "permissions": []}
        assert self.send("POST", "/v1/contacts", twice)[0] == 409
        changed = {"email": who.email, "street": word("next street")}
        self.post(f"/v1/contacts/{contact_id}", changed, method="PATCH", If_Match='"1"')
        number = {"country": "EE", "number": f"3{who.digits('national number', 10)}"}
        self.post(f"/v1/contacts/{contact_id}/national-id", number, method="PUT")
        return contact_id

    def _known(self) -> dict[str, Any]:
        who, word = self.who, self.who.word
        return {
            "email": f"Before.{who.email}",
            "phone": who.phone,
            "first_name": word("first name"),
            "last_name": word("last name"),
            "company": word("company"),
            "street": word("street"),
            "city": word("city"),
            "external_id": word("external id"),
            "notes": f"{word('notes')} asked for prices",
            "source": {"kind": "partner", "reference": word("source")},
            "attributes": {"segment": word("attribute"), "customer_number": who.digits("no", 12)},
            "permissions": [self._consent()],
        }

    def _consent(self) -> dict[str, Any]:
        evidence = {
            "method": self.who.word("method of consent"),
            "occurred_at": AT,
            "source": self.who.word("source of consent"),
            "wording": {"version": "v1", "language": "en", "text": "Yes, write to me."},
        }
        consent = {"purpose": "marketing", "channel": "email", "basis": "consent"}
        return {**consent, "state": "granted", "evidence": evidence}

    def be_imported(self) -> None:
        """Stand in files: uploaded, given to the command, as contacts and as a list."""
        who, word = self.who, self.who.word
        header = "Email,First Name,City,Topics,Legal Basis,Opt-in Time,Opt-in Source,Consent Text"
        row = (
            f"{who.email},,{word('city in a file')},news,consent,{AT},{word('source in a file')},v1"
        )
        broken = f"{who.email} or so,{word('name in a refused row')},,,,,,"
        content = "\r\n".join([header, row, broken, ""]).encode()
        job = self.post("/v1/imports", content, Content_Type=CSV)
        path = f"/v1/imports/{job['id']}"
        assert until(lambda: '"state":"done"' in self.service.get(path, self.key)[1])
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s.csv"\r\n' % (
            word("name of a file").encode()
        )
        form += b"Content-Type: text/csv\r\n\r\n" + content.replace(b"v1", b"v2") + b"\r\n--x--\r\n"
        job = self.post("/v1/imports", form, Content_Type="multipart/form-data; boundary=x")
        path = f"/v1/imports/{job['id']}"
        assert until(lambda: '"state":"done"' in self.service.get(path, self.key)[1])
        self._be_given(content)
        listed = f"email,reason,note\r\n{who.email},unsubscribe,{word('note in a list')}\r\n"
        self.post("/v1/suppressions/imports", listed.encode(), Content_Type=CSV)

    def _be_given(self, content: bytes) -> None:
        file = self.service.folder.parent / "theirs" / "people.csv"
        file.parent.mkdir()
        file.write_bytes(content)
        done = command(self.service.folder, "import", "contacts", str(file), "--controller", "acme")
        assert done.returncode == 0, done.stderr
        file.unlink()
        file.parent.rmdir()

    def be_written_to(self, contact_id: str) -> None:
        """Get mail, and have to do: every way in which what became of it comes back."""
        who, word = self.who, self.who.word
        named = {"urls": [f"https://example.com/?to={who.said['local part']}@example.com"]}
        assert self.send("POST", "/v1/tracking-links", named)[0] == 422
        common = {"email": who.email, "occurred_at": AT, "campaign": "spring"}
        self.post("/v1/engagement-events", {"events": [{**common, **self._click()}]})
        bounced = {**common, "event_id": "b", "type": "bounced", "bounce": "soft"}
        bounced |= {"mta_response": f"550 <{who.email}> {word('words of a server')}"}
        line = json.dumps(bounced).encode() + b"\n"
        self.post("/v1/engagement-events", line, Content_Type=NDJSON)
        self._be_reported(common)
        note: dict[str, Any] = {"kind": "call", "occurred_at": AT, "direction": "in"}
        note |= {"number": who.phone, "note": word("note of a call"), "case": word("case")}
        note |= {"record": {"system": "calls", "id": word("recording")}}
        self.post(f"/v1/contacts/{contact_id}/interactions", note)

    def _click(self) -> dict[str, Any]:
        who, word = self.who, self.who.word
        return {
            "event_id": f"a{who.email}",
            "type": "clicked",
            "message_id": word("message id"),
            "url": f"https://example.com/{word('link')}?to={who.email}",
            "user_agent": f"Mozilla/5.0 (X11; Linux) {word('user agent')}",
            "ip_prefix": f"{IP}/32",
            "raw": {"to": who.email, "said": word("raw part")},
            "tags": [word("tag")],
            "metadata": {"name": word("metadata")},
        }

    def _be_reported(self, common: dict[str, Any]) -> None:
        secret = "a-secret-that-is-shown-0123456789"
        new = {"provider": "postmark", "name": "hook", "secret": secret, "settings": {}}
        hook = self.post("/v1/webhook-endpoints", new)
        delivery = {
            "RecordType": "Open",
            "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
            "Recipient": common["email"],
            "ReceivedAt": AT,
            "UserAgent": self.who.word("browser of an open"),
            "Geo": {"IP": IP, "City": self.who.word("city of an open")},
            "Metadata": {"who": self.who.word("metadata of an open")},
        }
        shown = base64.b64encode(f"crm:{secret}".encode()).decode()
        path = f"/v1/webhooks/postmark/{hook['id']}"
        self.post(path, delivery, Authorization=f"Basic {shown}")
        broken = {**delivery, "RecordType": "Bounce", "ID": "x"}
        self.send("POST", path, broken, Authorization=f"Basic {shown}")

    def leave_and_return(self) -> None:
        """Use the link, say why, choose, sign up again."""
        link = self.post("/v1/unsubscribe-links", {"email": self.who.email, "topic": "news"})["url"]
        path = "/u/" + link.rpartition("/u/")[2]
        page = self.post(path, b"via=page", Content_Type=FORM)
        proof = page.partition('name="proof" value="')[2].partition('"')[0]
        assert proof, page
        said = f"reason=other&comment={self.who.word('comment')}&proof={proof}".encode()
        self.post(f"{path}/reason", said, Content_Type=FORM)
        self.post(f"{path}/preferences", b"frequency=weekly&language=en", Content_Type=FORM)
        origin = "https://www.example.com"
        form = self.new_key("--browser", "--origin", origin)
        sign_up = {
            "email": self.who.email,
            "topics": ["offers"],
            "page": f"/join {self.who.word('page')}",
            "wording": {"version": "v1", "language": "en", "text": "Yes, write to me."},
        }
        self.post("/v1/subscriptions", sign_up, Authorization=f"Bearer {form}", Origin=origin)

    def be_disclosed(self, contact_id: str) -> None:
        """Be looked up, judged, exported, and handed to others."""
        who, word = self.who, self.who.word
        self.post("/v1/contacts/lookup", {"email": who.email})
        asked = {"topic": "offers", "channel": "email", "emails": [who.email]}
        self.post("/v1/eligibility-checks", asked)
        self.send("GET", f"/v1/contacts?email={who.email.split('@')[0]}")
        self.send("GET", f"/{who.email.split('@')[0]}")
        self.send("GET", "/v1/contacts/export?format=csv")
        self.send("GET", "/v1/audiences/offers?channel=email&format=csv")
        mailhouse = {"slug": "mailhouse", "name": "Mailhouse", "kind": "processor"}
        self.post("/v1/recipients", mailhouse | {"country": "EE", "contract": "DPA 2026/1"})
        handed = {"recipient": "mailhouse", "contact_ids": [contact_id], "ground": "processor"}
        handed |= {"fields": ["email"], "need": f"letters to {word('need of a disclosure')}"}
        self.post("/v1/disclosures", handed)
        block = {"email": who.email, "scope": "marketing", "reason": "manual"}
        blocked = self.post("/v1/suppressions", block | {"note": word("note of a block")})
        why = {"justification": word("justification")}
        self.post(f"/v1/suppressions/{blocked['id']}/lift", why)

    def ask(self, kind: str) -> dict[str, Any]:
        """Ask for something, with words; return the request, identified."""
        asked = {"kind": kind, "email": self.who.email, "received_by": "email"}
        request = self.post(
            "/v1/rights-requests", asked | {"details": self.who.word(f"words of {kind}")}
        )
        path = f"/v1/rights-requests/{request['id']}"
        question = {"about": "identity", "question": self.who.word(f"question of {kind}")}
        self.post(f"{path}/information", question)
        shown = {"method": "attestation", "note": self.who.word(f"passport of {kind}")}
        self.post(f"{path}/identity", shown)
        return dict(request)

    def decide(self, request: dict[str, Any], **facts: Any) -> Any:
        """Have a request granted."""
        given = {"outcome": "granted", "reasons": self.who.word("reasons"), **facts}
        return self.post(f"/v1/rights-requests/{request['id']}/decision", given)
