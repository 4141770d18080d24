"""Who comes to the small Hub: faults come first, then names, tokens and rights; and how every answer is sent."""

import json
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from .repo import Repo

OWNER, TOKEN = "tester", "hf_token_of_the_tests"


class Door(BaseHTTPRequestHandler):
    """A request; its class knows the `HubServer` as `hub` and has a `route`."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.handle_request()

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815

    def handle_request(self) -> None:
        self.mute, self.cut = False, None
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.path, _, query = self.path.partition("?")
        self.query = parse_qs(query)
        act = self.hub.fault(f"{self.command} {self.path}")
        if act is None or not act(self):
            self.route()

    def authorised(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def refuse(self) -> None:
        self.answer(401, {"error": "Invalid username or password."}, X_Error_Message="Invalid username or password.")

    def known(self, kind: str, name: str, files: bool = False) -> Repo | None:
        """The repository, or an answer that says no."""
        repo = self.hub.repos.get((kind, name))
        if self.headers.get("Authorization") and not self.authorised():
            words = "Invalid credentials in Authorization header"
            self.answer(401, {"error": words}, X_Error_Message=words)
        elif repo is None or (repo.private and not self.authorised()):
            status = 404 if self.authorised() else 401
            self.answer(status, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
        elif repo.gated and files:
            self.answer(403, {"error": "Access to this repository is restricted"}, X_Error_Code="GatedRepo")
        else:
            return repo
        return None

    def answer(self, status: int, body, **headers: str) -> None:
        if self.mute:
            return
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(data))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data if self.cut is None else data[: self.cut])
        self.close_connection = self.cut is not None

    def log_message(self, *arguments):
        pass
