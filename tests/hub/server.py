"""A small Hugging Face Hub on loopback: repositories in memory, and faults at will."""

import re
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer

from .calls import Calls
from .faults import Fault
from .repo import Repo


class HubServer:
    """The server.

    Attributes:
        url: for HF_ENDPOINT; storage: another host name, from which large files come.
        repos: by (`models` or `datasets`, OWNER/NAME).
        objects: large files by SHA-256.
        requests: `METHOD /path` of each request; `ranges`: the Range header of each download.
    """

    def __init__(self):
        self.repos: dict[tuple[str, str], Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.ranges: list[str] = []
        self.lock, self.stopping = threading.RLock(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Calls,), {"hub": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.storage = self.url.replace("127.0.0.1", "localhost")
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, name: str, files: dict[str, bytes] | None = None, kind: str = "models", **what) -> Repo:
        """A repository as the Hub makes one, and then with files."""
        repo = self.repos[kind, name] = Repo(**({"private": False} | what))
        repo.commit("main", {".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"})
        if files:
            repo.commit("main", files)
        return repo

    def model(self, name: str) -> Repo:
        return self.repos["models", name]

    def dataset(self, name: str) -> Repo:
        return self.repos["datasets", name]

    def fail(self, pattern: str, act: Callable, times: int = 1) -> None:
        """Let something go wrong with the next `times` requests that fit the pattern."""
        self.faults.append(Fault(pattern, act, times))

    def count(self, pattern: str) -> int:
        """How many requests fitted a pattern."""
        return sum(re.search(pattern, request) is not None for request in self.requests)

    def fault(self, request: str) -> Callable | None:
        with self.lock:
            self.requests.append(request)
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.pattern, request):
                    fault.times -= 1
                    return fault.act
        return None
