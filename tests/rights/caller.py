"""Calling a running service over real HTTP, as one person's controller."""

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

from tests.rights.traces import Somebody
from tests.serving.service import Service, command

IP = "198.51.100.77"


class Caller:
    """Whoever calls for the controller ``acme``, from an address and with a browser of its own."""

    service: Service
    who: Somebody
    key: str

    def new_key(self, *options: str) -> str:
        """Return a key of the controller's."""
        made = command(self.service.folder, "key", "create", "--controller", "acme", *options)
        return made.stdout.strip()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Send a request; return status and text. Bodies that are no bytes are sent as JSON."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.service.port}{path}", data=data, method=method
        )
        usual = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        usual |= {"X-Forwarded-For": IP, "User-Agent": f"Mozilla/5.0 {self.who.word('browser')}"}
        for name, value in (usual | headers).items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """Post what must succeed; return the answer's JSON, or its text."""
        method = headers.pop("method", "POST")
        status, text = self.send(method, path, body, **headers)
        assert status < 300, (path, status, text)
        return json.loads(text) if text.startswith("{") else text
