"""A small Hugging Face Hub on loopback: the calls that huggingface_hub makes, repositories in memory, and faults."""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote

import yaml

OWNER, TOKEN = "tester", "hf_token_of_the_tests"
PAGE = 20  # files a page of a tree
LFS_ABOVE = 10_000_000  # bytes; binary files always


@dataclass
class Repo:
    """A repository: every commit keeps all of its files.

    Attributes:
        branches: commit ids by name.
        commits: files by path, by commit id.
    """

    private: bool
    gated: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(self, branch: str, files: dict[str, bytes], message: str = "") -> str:
        """Put files into a new commit of a branch."""
        all_files = self.commits.get(self.branches.get(branch, ""), {}) | files
        name = hashlib.sha1(repr((len(self.commits), branch, sorted(all_files))).encode()).hexdigest()  # noqa: S324
        self.commits[name], self.branches[branch] = all_files, name
        self.messages.append(message)
        return name

    def find(self, revision: str) -> str | None:
        """The commit id of a branch or commit."""
        return self.branches.get(revision, revision if revision in self.commits else None)

    @property
    def files(self) -> dict[str, bytes]:
        """What main has."""
        return self.commits[self.branches["main"]]


@dataclass
class Fault:
    """What goes wrong with coming requests.

    Attributes:
        pattern: of `METHOD /path`, searched for.
        act: called with the request's handler; true when it has dealt with the request.
        times: how many requests.
    """

    pattern: str
    act: Callable
    times: int = 1


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
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
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


def say(status: int, **headers: str) -> Callable:
    """Answer with a status alone."""
    return lambda handler: handler.answer(status, {"error": "of the tests"}, **headers) or True


def hang_up(handler) -> bool:
    """Close the connection without a word."""
    handler.connection.close()
    handler.close_connection = True
    return True


def lose_the_answer(handler) -> bool:
    """Do what was asked, and close the connection before the answer."""
    handler.mute = True
    handler.route()
    return hang_up(handler)


def never_answer(handler) -> bool:
    """Keep the caller waiting until the tests end."""
    handler.hub.stopping.wait(60)
    return hang_up(handler)


def slowly(seconds: float) -> Callable:
    """Answer properly, but late."""

    def act(handler) -> bool:
        time.sleep(seconds)
        return False

    return act


def cut_after(count: int) -> Callable:
    """Promise a whole body and drop the connection after so many bytes of it."""

    def act(handler) -> bool:
        handler.cut = count
        return False

    return act


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer

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

    def route(self) -> None:
        path = self.path
        if path == "/api/whoami-v2":
            self.answer(200, {"type": "user", "name": OWNER}) if self.authorised() else self.refuse()
        elif path == "/api/validate-yaml":
            self.validate()
        elif path == "/api/repos/create":
            self.create()
        elif match := re.fullmatch(r"/lfs/([0-9a-f]{64})", path):
            self.large_file(match[1])
        elif path == "/lfs/verify":
            told = json.loads(self.body)
            known = len(self.hub.objects.get(told["oid"], b"")) == told["size"]
            self.answer(200 if known else 404, {})
        elif match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            self.batch(self.known("datasets" if match[1] else "models", match[2]))
        elif match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            kind = "datasets" if match[1] else "models"
            self.resolve(self.known(kind, match[2], files=True), unquote(match[3]), unquote(match[4]))
        elif match := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/([a-z]+)/([^/]+))?", path):
            self.repository(match[1], match[2], match[3] or "revision", unquote(match[4] or "main"))
        else:
            self.answer(404, {"error": "there is no such call"})

    def repository(self, kind: str, name: str, what: str, revision: str) -> None:
        repo = self.known(kind, name)
        calls = {"revision": self.info, "tree": self.tree, "preupload": self.preupload, "commit": self.commit}
        if repo is None:
            return
        if what == "branch":
            self.branch(repo, revision)
        elif repo.find(revision) is None:
            self.answer(404, {"error": f"Invalid rev id: {revision}"}, X_Error_Code="RevisionNotFound")
        elif what in ("preupload", "commit") and not self.authorised():
            self.refuse()
        else:
            calls[what](kind, name, repo, revision)

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

    def validate(self) -> None:
        text = json.loads(self.body)["content"]
        block = re.match(r"\A---\n(.*?)\n---\n", text, re.DOTALL)
        try:
            metadata = yaml.safe_load(block[1]) if block else {}
            errors = (
                [] if isinstance(metadata.get("license", "mit"), str) else [{"message": "license must be a string"}]
            )
        except yaml.YAMLError as error:
            errors = [{"message": str(error)}]
        self.answer(400 if errors else 200, {"errors": errors, "warnings": []})

    def create(self) -> None:
        wanted = json.loads(self.body)
        kind = {"model": "models", "dataset": "datasets"}[wanted.get("type") or "model"]
        name = f"{wanted.get('organization') or OWNER}/{wanted['name']}"
        url = f"{self.hub.url}/{'datasets/' if kind == 'datasets' else ''}{name}"
        if not self.authorised():
            self.refuse()
            return
        if not name.startswith(f"{OWNER}/"):
            self.answer(403, {"error": f"You don't have the rights to create a {kind[:-1]} under this namespace"})
            return
        with self.hub.lock:
            if (kind, name) in self.hub.repos:
                self.answer(409, {"error": f"You already created this {kind[:-1]} repo", "url": url})
                return
            self.hub.add(name, kind=kind, private=wanted.get("visibility") == "private")
        self.answer(200, {"url": url, "name": name, "id": "0" * 24})

    def info(self, kind: str, name: str, repo: Repo, revision: str) -> None:
        sha = repo.find(revision)
        siblings = [{"rfilename": path} for path in repo.commits[sha]]
        self.answer(
            200, {"id": name, "sha": sha, "private": repo.private, "gated": False, "siblings": siblings, "tags": []}
        )

    def tree(self, kind: str, name: str, repo: Repo, revision: str) -> None:
        files = sorted(repo.commits[repo.find(revision)].items())
        start = int(self.query.get("cursor", ["0"])[0])
        rows = [self.entry(path, data) for path, data in files[start : start + PAGE]]
        more = {}
        if start + PAGE < len(files):
            more["Link"] = f'<{self.hub.url}{self.path}?recursive=True&cursor={start + PAGE}>; rel="next"'
        self.answer(200, rows, **more)

    def entry(self, path: str, data: bytes) -> dict:
        row = {"type": "file", "path": path, "size": len(data), "oid": blob_id(data)}
        if is_large(path, data):
            row["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 132}
        return row

    def preupload(self, kind: str, name: str, repo: Repo, revision: str) -> None:
        there = repo.commits[repo.find(revision)]
        rows = []
        for file in json.loads(self.body)["files"]:
            sample, path = base64.b64decode(file["sample"]), file["path"]
            large = is_large(path, sample, file["size"])
            row = {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
            if path in there:
                row["oid"] = sha256(there[path]) if large else blob_id(there[path])
            rows.append(row)
        self.answer(200, {"files": rows})

    def commit(self, kind: str, name: str, repo: Repo, revision: str) -> None:
        lines = [json.loads(line) for line in self.body.splitlines()]
        header, files = lines[0]["value"], {}
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile" and value["oid"] in self.hub.objects:
                files[value["path"]] = self.hub.objects[value["oid"]]
            else:
                self.answer(400, {"error": f"cannot commit {line['key']} {value['path']}"})
                return
        with self.hub.lock:
            if header.get("parentCommit", repo.branches[revision]) != repo.branches[revision]:
                self.answer(412, {"error": "A commit has happened since. Please refresh and try again."})
                return
            sha = repo.commit(revision, files, header["summary"])
        prefix = "datasets/" if kind == "datasets" else ""
        url = f"{self.hub.url}/{prefix}{name}/commit/{sha}"
        self.answer(200, {"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})

    def branch(self, repo: Repo, name: str) -> None:
        if not self.authorised():
            self.refuse()
        elif name in repo.branches:
            self.answer(409, {"error": f"Reference already exists: refs/heads/{name}"})
        else:
            repo.branches[name] = repo.branches["main"]
            self.answer(201, {})

    def batch(self, repo: Repo | None) -> None:
        if repo is None:
            return
        if not self.authorised():
            self.refuse()
            return
        rows = []
        for wanted in json.loads(self.body)["objects"]:
            row = dict(wanted)
            if wanted["oid"] not in self.hub.objects:
                there = {
                    name: {"href": f"{self.hub.url}/lfs/{place}"}
                    for name, place in (("upload", wanted["oid"]), ("verify", "verify"))
                }
                row["actions"] = there
            rows.append(row)
        self.answer(200, {"transfer": "basic", "objects": rows})

    def large_file(self, oid: str) -> None:
        if self.command == "PUT":
            if sha256(self.body) != oid:
                self.answer(400, {"error": "this is another file"})
                return
            self.hub.objects[oid] = self.body
            self.answer(200, {})
        elif self.headers.get("Authorization"):
            self.answer(400, {"error": "the token must not leave the Hub"})
        elif oid in self.hub.objects:
            self.serve(self.hub.objects[oid], oid)
        else:
            self.answer(404, {})

    def resolve(self, repo: Repo | None, revision: str, path: str) -> None:
        if repo is None:
            return
        sha = repo.find(revision)
        if sha is None:
            self.answer(404, {}, X_Error_Code="RevisionNotFound")
        elif path not in repo.commits[sha]:
            self.answer(404, {}, X_Error_Code="EntryNotFound", X_Repo_Commit=sha)
        elif is_large(path, data := repo.commits[sha][path]):
            oid = sha256(data)
            self.hub.objects[oid] = data
            linked = {"X_Linked_Etag": f'"{oid}"', "X_Linked_Size": str(len(data)), "X_Repo_Commit": sha}
            self.answer(302, {}, Location=f"{self.hub.storage}/lfs/{oid}", **linked)
        else:
            self.serve(repo.commits[sha][path], blob_id(repo.commits[sha][path]), X_Repo_Commit=sha)

    def serve(self, data: bytes, etag: str, **headers: str) -> None:
        """A file, or the range of it that was asked for."""
        wanted = self.headers.get("Range", "")
        if self.command == "GET":
            self.hub.ranges.append(wanted)
        first = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        if wanted:
            headers["Content_Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        self.answer(206 if wanted else 200, data[first:], ETag=f'"{etag}"', Accept_Ranges="bytes", **headers)

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


def is_large(path: str, data: bytes, size: int = 0) -> bool:
    """What the Hub keeps as a large file."""
    return path.endswith((".safetensors", ".bin", ".pt")) or b"\0" in data or max(size, len(data)) > LFS_ABOVE


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob_id(data: bytes) -> str:
    """The name that git gives a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324
