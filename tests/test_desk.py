"""Many who ask for results at once: each thing is made once, and what is there already waits for nothing."""

import asyncio
import threading

import pytest
from test_results import CountingStore
from voting import small_study

from audiogan.listening.store import StoreError
from audiogan.ui import desk as desks
from audiogan.ui import tally as tallies
from audiogan.ui.desk import Desk
from audiogan.ui.tally import FRESH_SECONDS, Tally


@pytest.fixture
def slow(monkeypatch):
    """An event that lets figures be drawn, and the names of what was made."""
    may, made = threading.Event(), []

    def result_file(name, *_arguments):
        made.append(name)
        if name.startswith("figure"):
            assert may.wait(60)
        return name.encode()

    monkeypatch.setattr(tallies, "result_file", result_file)
    return may, made


def test_figure_that_many_ask_for_is_drawn_once_and_keeps_nothing_else_waiting(slow):
    may, made = slow
    desk = Desk(Tally(store := CountingStore(small_study())))

    async def crowd():
        figures = [asyncio.create_task(desk.file("figure.png", "all")) for _ in range(60)]
        others = [asyncio.create_task(desk.file("figure.svg", "all")) for _ in range(60)]
        page = await desk.page("all")
        assert (await desk.file("results.csv", "all"))[0] == b"results.csv"
        assert not any(one.done() for one in (*figures, *others))
        may.set()
        return page, {data for data, _ in await asyncio.gather(*figures, *others)}

    page, drawn = asyncio.run(crowd())
    assert "recording (real)" in page
    assert drawn == {b"figure.png", b"figure.svg"}
    assert sorted(made) == ["figure.png", "figure.svg", "results.csv"]
    assert store.asked == 1


def test_who_comes_while_votes_are_counted_anew_is_told_what_was_known(slow):
    now, counts = [0.0], threading.Event()
    tally = Tally(store := CountingStore([]), clock=lambda: now[0])
    desk = Desk(tally)

    async def look() -> tuple[str, str, str]:
        before = await desk.page("all")
        store.rows = lambda: counts.wait(60) and iter(small_study())
        now[0] += FRESH_SECONDS
        first = asyncio.create_task(desk.page("all"))
        await asyncio.sleep(0)
        meanwhile = await desk.page("all")
        counts.set()
        return before, meanwhile, await first

    before, meanwhile, after = asyncio.run(look())
    assert before == meanwhile != after


def test_database_that_says_nothing_is_waited_for_so_long(monkeypatch):
    monkeypatch.setattr(desks, "SECONDS", 0.2)
    answers, store = threading.Event(), CountingStore(small_study())
    store.rows = lambda: answers.wait(60) and iter(small_study())
    desk = Desk(Tally(store))

    async def late():
        for _ in range(2):
            with pytest.raises(StoreError, match="take too long"):
                await desk.page("all")

    asyncio.run(late())
    answers.set()
    monkeypatch.undo()
    assert "recording (real)" in asyncio.run(desk.page("all"))


def test_what_cannot_be_made_is_told_to_each(slow):
    desk = Desk(Tally(CountingStore([])))

    async def ask():
        return await asyncio.gather(*(desk.file("figure.png", "all") for _ in range(3)), return_exceptions=True)

    assert [str(error) for error in asyncio.run(ask())] == ["there are no ratings yet"] * 3
