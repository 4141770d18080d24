"""Pages from memory: whoever asks for ever new ones neither has them all made nor makes others wait."""

import asyncio

import pytest

from audiogan.ui.pages import PageLimits, Pages
from audiogan.ui.surface import TEMPLATE

BURST = PageLimits().rooted.burst


class Visit:
    """Requests to `Pages` around an app that notes what it makes, each page held back until `go`."""

    def __init__(self):
        self.made, self.go, self.pages = [], asyncio.Event(), Pages(self.make)
        self.status, self.body = 200, b"page"
        self.go.set()

    async def make(self, scope, receive, send):
        self.made.append(dict(scope["headers"])[b"host"].decode() if scope[TEMPLATE] == "/" else scope["path"])
        if scope[TEMPLATE] == "/":
            await self.go.wait()
        told = [(b"content-type", b"text/plain"), (b"content-length", b"4")]
        await send({"type": "http.response.start", "status": self.status, "headers": told})
        leaving = asyncio.ensure_future(receive())  # as Starlette sends files: no longer than somebody is there
        await asyncio.sleep(0)
        if leaving.done():
            return
        leaving.cancel()
        await send({"type": "http.response.body", "body": self.body})

    async def get(self, path="/", route="/", host="here.example", client="192.0.2.1", send=None) -> dict:
        """The answer's start, with its body."""
        scope = {"type": "http", "method": "GET", "scheme": "http", "path": path, TEMPLATE: route}
        sent = []

        async def collect(message):
            sent.append(message)

        async def gone():
            return {"type": "http.disconnect"}

        scope |= {"headers": [(b"host", host.encode())], "client": (client, 1)}
        await self.pages(scope, gone, send or collect)
        return sent[0] | {"body": b"".join(message.get("body", b"") for message in sent)} if sent else {}


def test_made_up_hosts_are_made_for_one_address_so_often_and_for_others_meanwhile():
    async def flood():
        visit = Visit()
        told = [await visit.get(host=f"{number}.example") for number in range(BURST + 5)]
        assert [one["status"] for one in told] == [200] * BURST + [429] * 5
        assert int(dict(told[-1]["headers"])[b"retry-after"]) > 0
        assert len(visit.made) == BURST
        assert (await visit.get(host="0.example"))["status"] == 200  # it is in memory
        assert (await visit.get(client="198.51.100.7"))["status"] == 200
        assert (await visit.get())["status"] == 200

    asyncio.run(flood())


def test_lecture_hall_behind_one_address_has_one_page_made():
    async def hall():
        visit = Visit()
        visit.go.clear()
        coming = [asyncio.create_task(visit.get()) for _ in range(10 * BURST)]
        await asyncio.sleep(0)
        visit.go.set()
        assert {one["status"] for one in await asyncio.gather(*coming)} == {200}
        assert visit.made == ["here.example"]

    asyncio.run(hall())


@pytest.mark.parametrize(("path", "route"), [("/assets/a.js", "/assets/{path}"), ("/favicon.ico", "/favicon.ico")])
def test_scripts_do_not_wait_for_pages(path, route):
    async def beside():
        visit = Visit()
        visit.go.clear()
        page = asyncio.create_task(visit.get())
        await asyncio.sleep(0)
        assert (await asyncio.wait_for(visit.get(path, route), 30))["status"] == 200
        assert not page.done()
        visit.go.set()
        assert (await page)["status"] == 200

    asyncio.run(beside())


FILE = {"path": "/assets/a.js", "route": "/assets/{path}"}


@pytest.mark.parametrize("asked", [{}, FILE])
def test_who_leaves_while_a_page_is_made_leaves_it_whole_for_others(asked):
    async def leaving():
        visit = Visit()  # whose clients have all gone by the time that anything is sent
        assert (await visit.get(**asked))["body"] == b"page"
        assert (await visit.get(**asked))["body"] == b"page"
        assert len(visit.made) == 1

    asyncio.run(leaving())


def test_half_a_page_is_not_kept():
    async def halves():
        visit = Visit()
        visit.body = b"pa"
        assert (await visit.get(**FILE))["body"] == b"pa"
        visit.body = b"page"
        assert (await visit.get(**FILE))["body"] == b"page"

    asyncio.run(halves())


@pytest.mark.parametrize("asked", [{}, FILE])
def test_who_does_not_read_stops_nobody(asked):
    async def deaf():
        visit, never = Visit(), asyncio.Event()
        visit.status = 404
        waiting = asyncio.create_task(visit.get(**asked, send=lambda message: never.wait()))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        visit.status = 200
        assert (await asyncio.wait_for(visit.get(**asked, client="198.51.100.7"), 30))["body"] == b"page"
        never.set()
        await waiting

    asyncio.run(deaf())


def test_files_do_not_push_pages_out(monkeypatch):
    async def pushing():
        monkeypatch.setattr("audiogan.ui.pages.MAX_BYTES", 10_000)
        visit = Visit()
        await visit.get()
        for number in range(100):
            await visit.get(f"/assets/{number}.js", "/assets/{path}")
        assert len(visit.made) == 101
        await visit.get()
        assert len(visit.made) == 101
        await visit.get("/assets/0.js", "/assets/{path}")
        assert len(visit.made) == 102

    asyncio.run(pushing())
