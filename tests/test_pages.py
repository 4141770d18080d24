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
        self.go.set()

    async def make(self, scope, receive, send):
        self.made.append(dict(scope["headers"])[b"host"].decode() if scope[TEMPLATE] == "/" else scope["path"])
        if scope[TEMPLATE] == "/":
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"page"})

    async def get(self, path="/", route="/", host="here.example", client="192.0.2.1") -> dict:
        """The answer's start."""
        scope = {"type": "http", "method": "GET", "scheme": "http", "path": path, TEMPLATE: route}
        sent = []

        async def send(message):
            sent.append(message)

        await self.pages(scope | {"headers": [(b"host", host.encode())], "client": (client, 1)}, None, send)
        return sent[0]


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
