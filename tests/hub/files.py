"""The small Hub's files: large ones up and down by SHA-256, and each as its page has it, or a range of it."""

import json

from .door import Door
from .repo import Repo, blob_id, is_large, sha256


class Files(Door):
    """What goes over the wire as bytes."""

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
