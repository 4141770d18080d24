"""The calls that huggingface_hub makes of the small Hub: repositories, trees and commits."""

import base64
import json
import re
from urllib.parse import unquote

import yaml

from .door import OWNER
from .files import Files
from .repo import Repo, blob_id, is_large, sha256

PAGE = 20  # files a page of a tree


class Calls(Files):
    """What is said in JSON."""

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
