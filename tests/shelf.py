"""A small web server that can be told to misbehave, for the tests of downloading."""

import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Shelf:
    """Files over HTTP with Range and If-Range, or what `script` says of the next GETs.

    Attributes:
        files: bytes by name.
        script: one call for each coming GET, `call(handler, data)`; None, or an empty script, answers properly.
        heads: the same for HEADs.
        requests: (method, path, headers) of every request.
    """

    def __init__(self, files: dict[str, bytes]):
        self.files, self.etag = files, '"1"'
        self.script, self.heads, self.requests = deque(), deque(), []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"shelf": self}))
        self.base = f"http://127.0.0.1:{self.server.server_port}/records/1/files"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def gets(self) -> list[dict]:
        return [headers for method, _, headers in self.requests if method == "GET"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shelf: Shelf

    def do_GET(self):
        self._handle(self.shelf.script)

    def do_HEAD(self):
        self._handle(self.shelf.heads)

    def _handle(self, script: deque) -> None:
        self.shelf.requests.append((self.command, self.path, dict(self.headers)))
        data = self.shelf.files.get(self.path.partition("?")[0].rpartition("/")[2])
        call = script.popleft() if script else None
        if call:
            call(self, data)
        elif data is None:
            answer(self, b"not found", 404)
        else:
            serve(self, data)

    def log_message(self, *arguments):
        pass


def answer(handler, body: bytes, status: int = 200, sent: bytes | None = None, **headers) -> None:
    """An answer; `sent` in place of the body whose length was promised, and then the connection drops."""
    handler.send_response(status)
    named = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in named.items():
        if value is not None:
            handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body if sent is None else sent)
    handler.close_connection = sent is not None or named["Content-Length"] is None


def serve(handler, data: bytes, drop_after: int | None = None) -> None:
    """As a good server does; with `drop_after` the connection breaks after so many bytes."""
    etag, wanted = handler.shelf.etag, handler.headers.get("Range", "")
    fresh = handler.headers.get("If-Range", etag) == etag
    if not wanted or not fresh:
        sent = None if drop_after is None else data[:drop_after]
        answer(handler, data, sent=sent, ETag=etag)
        return
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    if start >= len(data):
        answer(handler, b"", 416, Content_Range=f"bytes */{len(data)}")
        return
    body = data[start:]
    sent = None if drop_after is None else body[:drop_after]
    answer(handler, body, 206, sent, ETag=etag, Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")


def drop(after: int):
    """Break the connection after so many bytes of the body."""
    return lambda handler, data: serve(handler, data, after)


def say(status: int, **headers):
    """Answer with a status alone."""
    return lambda handler, data: answer(handler, b"", status, **headers)


def page(handler, data) -> None:
    """What a captive portal says in place of the file."""
    answer(handler, b"<html>Please log in</html>")


def ignore_range(handler, data: bytes) -> None:
    """The whole file, whatever was asked."""
    answer(handler, data, ETag=handler.shelf.etag)
