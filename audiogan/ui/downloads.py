"""What the Results tab has for download, each file made when it is asked for: no process keeps one for another.

The results are public, as the tab is. Votes are not: whoever could read them while a test is on could look up by its
hash which system made the sound at hand, and what others said. They take the key of whoever runs the app.
"""

import html
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audiogan.listening import records
from audiogan.listening.guard import Guard, Limit, RefusedError
from audiogan.listening.result_files import KINDS, OF_ONE_BLOCK
from audiogan.listening.store import Store, StoreError
from audiogan.listening.study import Study
from audiogan.listening.tokens import given_key, same
from audiogan.ui.desk import Desk
from audiogan.ui.findings import BLOCKS
from audiogan.ui.threads import Threads
from audiogan.ui.visitors import address

VARIABLE = "AUDIOGAN_EXPORT_KEY"
EXPORT_SECONDS = 120.0  # that somebody waits for all votes
VOTES = {"votes.csv": records.to_csv, "votes.jsonl": records.to_jsonl}
TITLES = {
    "results.csv": "CSV",
    "results.jsonl": "JSON lines",
    "codebook.md": "Codebook",
    "table.tex": "LaTeX table",
    "figure.png": "Figure, PNG",
    "figure.svg": "Figure, SVG",
}


class DownloadLimits(NamedTuple):
    """What one address may ask for.

    Attributes:
        files: of any kind.
        keys: that it tries.
    """

    files: Limit = Limit(60, 1.0)
    keys: Limit = Limit(10, 0.1)


class Downloads:
    """The files, over HTTP.

    Args:
        desk: the results.
        store, study: the votes, and whose rules they are exported with.

    Raises:
        ValueError: the environment's key is too short to be one.
    """

    def __init__(self, desk: Desk, store: Store, study: Study | None = None):
        self._desk, self._store, self._studies = desk, store, [study] if study else []
        self._guard = Guard(DownloadLimits())
        self._exporting = Threads(1, "export")  # one at a time: all votes are in memory meanwhile
        self._key = given_key(VARIABLE)

    @property
    def gives_votes(self) -> bool:
        """There is a key that opens them."""
        return bool(self._key)

    def routes(self) -> list[Route]:
        """For Starlette."""
        return [
            Route("/results/{name}", self._file, methods=["GET"]),
            Route("/votes/{name}", self._votes, methods=["POST"]),
        ]

    async def _file(self, request: Request) -> Response:
        name, block = request.path_params["name"], request.query_params.get("block", "screened")
        if name not in KINDS or block not in BLOCKS.values():
            return _refusal(404, "there is no such file")
        return await self._guarded(request, "files", name, lambda: self._desk.file(name, block))

    async def _votes(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in VOTES or not self._key:
            return _refusal(404, "there is no such file")
        given = await _key(request)
        return await self._guarded(request, "keys", name, lambda: self._export(name, given))

    async def _guarded(
        self, request: Request, kind: str, name: str, make: Callable[[], Awaitable[tuple[bytes, str]]]
    ) -> Response:
        """The file that `make` gives with its name for a reader's disk, or why there is none."""
        try:
            self._guard.check(kind, address(request))
            data, saved_as = await make()
        except (StoreError, TimeoutError):  # whose words may name a host
            return _refusal(503, "the votes cannot be read: try again in a moment")
        except PermissionError as error:
            return _refusal(403, str(error))
        except RefusedError as error:
            return _refusal(429, str(error), {"retry-after": str(1 + (error.wait_ms or 0) // 1000)})
        except ValueError as error:
            return _refusal(404, str(error))
        kept = {"content-disposition": f'attachment; filename="{saved_as}"', "cache-control": "no-store"}
        return Response(data, headers=kept, media_type=KINDS.get(name) or KINDS[name.replace("votes", "results")])

    async def _export(self, name: str, key: str) -> tuple[bytes, str]:
        """Every vote, as `ratings export` writes it."""
        if not same(self._key, key):
            raise PermissionError("this is not the key")
        return await self._exporting.run(EXPORT_SECONDS, self._written, name), name

    def _written(self, name: str) -> bytes:
        return VOTES[name](records.records(self._store.rows(), self._studies)).encode()


def links(block: str, names: Sequence[str]) -> str:
    """HTML that offers some of `result_files.KINDS` about a block; nothing where there are none."""
    items = "".join(
        f'<li><a href="results/{name}{f"?block={block}" if name in OF_ONE_BLOCK else ""}" download>'
        f"{html.escape(TITLES[name])}</a></li>"
        for name in names
    )
    if not items:
        return ""
    return f'<nav class="downloads" aria-label="Download these results"><h3>Download</h3><ul>{items}</ul></nav>'


async def _key(request: Request) -> str:
    """The form field of a body that says what an `application/x-www-form-urlencoded` one does."""
    try:
        return parse_qs((await request.body()).decode("ascii", "replace"), max_num_fields=4).get("key", [""])[0]
    except ValueError:
        return ""


def _refusal(status: int, words: str, headers: dict | None = None) -> JSONResponse:
    return JSONResponse({"detail": words}, status, headers)
