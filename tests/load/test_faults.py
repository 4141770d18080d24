"""A lecture hall while everything goes wrong, one thing after the other, on real parts; and what its pages say.

Two replicas behind nginx, PostgreSQL and everybody's temporary files on a disk of their own, votes copied to a Hub.
SOAK_LISTENERS bounds how many listen meanwhile. Someone looks after the processes as systemd would: what died is
started again. What is asserted of each trouble: the page names it, goes on by itself, and nobody's acknowledged vote is
missing at the end. The numbers are those of the shipped models and the shipped study.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from browser.conftest import launched
from hall import MODEL, Diary, Guest, Popular, call_endpoint
from hub.faults import say
from hub.server import HubServer
from machine import DATASET, Machine
from nginx import nginx
from playwright.sync_api import expect, sync_playwright
from test_soak import acknowledgements, models, quantiles, visited, votes
from visitor import NO_ANSWER, NO_CONNECTION, NOT_STORED, Visitor

from audiogan.listening.hub_dataset import VARIABLE
from audiogan.listening.tokens import parse_receipt, vote_id

pytestmark = pytest.mark.long
LISTENERS = int(os.environ.get("SOAK_LISTENERS", "40"))
DISK = "400m"
FULL_SECONDS, DOWN_SECONDS, RECOVERY_SECONDS, LONGEST_SECONDS = 30, 10, 15, 900


@pytest.fixture(scope="module")
def disk():
    """A file system of its own, where PostgreSQL's user may look; mounting one takes root and Linux."""
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.fail("mounting a small file system takes root on Linux: run this test as root there")
    folder = Path(tempfile.mkdtemp(prefix="audiogan-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
    folder.rmdir()


@pytest.fixture(scope="module")
def machine(tmp_path_factory, disk):
    hub = HubServer()
    machine = Machine(tmp_path_factory.mktemp("machine"), disk, hub)
    yield machine
    machine.close()
    hub.close()


class Crowd:
    """Guests who stay until they are told to go."""

    def __init__(self, url: str):
        self.diary, popular, begun = Diary(), Popular(), time.monotonic()
        labels = next(one["labels"] for one in models(url) if one["name"] == MODEL)
        paths, end = visited(url), begun + LONGEST_SECONDS
        self.guests = [
            Guest(url, paths, labels, number, begun + 0.2 * number, end, self.diary, popular)
            for number in range(LISTENERS)
        ]
        self.threads = [threading.Thread(target=guest.run, daemon=True) for guest in self.guests]
        for thread in self.threads:
            thread.start()

    def go(self) -> None:
        for guest in self.guests:
            guest.until = time.monotonic()
            guest.rater.give_up = guest.until + 60
        for thread in self.threads:
            thread.join()


@pytest.fixture(scope="module")
def url(machine):
    with nginx(machine.folder / "nginx", machine.replicas.ports) as url:
        yield url


@pytest.fixture(scope="module")
def crowd(url):
    crowd = Crowd(url)
    yield crowd
    crowd.go()


@pytest.fixture(scope="module")
def visitor(url, crowd):
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield Visitor(browser, url)


@pytest.fixture
def calm(machine, crowd):
    """All is well before and after; in between errors are counted, and none comes once it is well again."""
    machine.wait_until_ready()
    begun = time.monotonic()
    yield
    machine.held.clear()  # what a failed test has left alone would fail those after it
    machine.wait_until_ready()
    well = time.monotonic()
    time.sleep(RECOVERY_SECONDS)
    seen = [(at, words) for at, words in crowd.diary.errors if at > begun]
    print(f"\n{well - begun:.0f} s of trouble; {len(seen)} requests went wrong")
    assert [words for at, words in seen if at > well + 5] == []


def test_replica_killed(machine, crowd, visitor, calm):
    visitor.rate()
    machine.replicas.kill(0)
    visitor.rate()  # the other one answers: nothing to be told
    visitor.hears_another_sound()
    expect(visitor.playing.locator(".toast")).to_have_count(0)


def test_both_replicas_killed(machine, crowd, visitor, calm):
    machine.held |= {0, 1}
    machine.replicas.kill(0)
    machine.replicas.kill(1)
    visitor.answer()
    visitor.is_told(NO_CONNECTION)
    while not visitor.playing.locator(".toast").count():
        visitor.playing.keyboard.press("Shift+3")  # what is in stock is played; then the page has to ask
        visitor.playing.wait_for_timeout(500)
    expect(visitor.playing.locator(".toast")).to_contain_text(NO_ANSWER)
    machine.held -= {0, 1}
    visitor.is_stored()
    machine.wait_until_ready()
    visitor.hears_another_sound()


def test_database_restarted(machine, crowd, visitor, calm):
    machine.held.add("postgres")
    machine.postgres.stop("immediate")  # as if the power went
    begun = time.monotonic()
    visitor.answer()
    visitor.is_told(NOT_STORED)
    machine.says_so(begun)
    visitor.hears_another_sound()
    time.sleep(max(begun + DOWN_SECONDS - time.monotonic(), 0))
    machine.held.remove("postgres")
    visitor.is_stored()
    visitor.rate()


def test_hub_answers_500(machine, crowd, visitor, calm):
    visitor.sees_of_the_copy("copied to the Hub", 150)
    machine.hub.fail("", say(500), times=10**9)
    visitor.rate()
    visitor.sees_of_the_copy("Copying them to the Hub fails and will be tried again", 240)
    visitor.rate()
    visitor.hears_another_sound()
    machine.hub.faults.clear()
    visitor.sees_of_the_copy("copied to the Hub", 240)


def test_disk_full(machine, crowd, visitor, calm):
    visitor.rate()
    begun, enough = time.monotonic(), threading.Event()
    filler = threading.Thread(target=keep_full, args=(machine.disk, machine.disk / "ballast", enough), daemon=True)
    filler.start()
    time.sleep(2)
    with httpx.Client(timeout=60, trust_env=False) as client:
        given = [MODEL, 2, 10**9 + 7, "Cello", None, 1.0]
        said, files = call_endpoint(client, visitor.url, "generate", given, "full")
    assert (files, "disk is full" in said) == ([], True), said
    trials = sum(1 for _ in iter(visitor.answer_waits, True))  # what fits into PostgreSQL's own room is stored
    visitor.hears_another_sound()
    time.sleep(max(begun + FULL_SECONDS - time.monotonic(), 0))
    print(f"\nfull for {time.monotonic() - begun:.0f} s; {trials} trials fitted in before one had to wait")
    enough.set()
    filler.join()
    visitor.is_stored()
    visitor.rate()


def keep_full(disk: Path, ballast: Path, enough: threading.Event) -> None:
    """Take whatever room there is on a disk, until it is all given back."""
    with open(ballast, "ab", buffering=0) as file:
        while not enough.is_set():
            with suppress(OSError):
                file.write(bytes(min(max(shutil.disk_usage(disk).free, 1), 2**24)))
            if shutil.disk_usage(disk).free == 0:
                time.sleep(0.05)
    ballast.unlink()


def test_every_acknowledged_vote_is_there_and_on_the_hub(machine, crowd, visitor):
    crowd.go()
    machine.wait_until_ready()
    acknowledged = acknowledgements(crowd.guests)
    seen = {vote_id(parse_receipt(one)) for one in visitor.receipts}
    stored = votes(machine.postgres.url)
    retries = sum(guest.rater.retries for guest in crowd.guests)
    print(f"\n{len(acknowledged)} trials acknowledged, {len(stored)} stored, {retries} sent again")
    for kind, seconds in sorted(crowd.diary.seconds.items()):
        print(f"{kind}: {len(seconds)}, {quantiles(seconds)}")
    assert len(acknowledged) > 2 * LISTENERS
    assert {name: stored.get(name) for name in acknowledged} == acknowledged
    assert set(stored) == set(acknowledged) | seen
    machine.close()  # what waits is sent
    for log in sorted(machine.disk.glob("log-*")):  # the disk is about to go
        said = [line for line in log.read_text().splitlines() if line.startswith(VARIABLE)]
        print(f"{log.name}:", *said, sep="\n  ")
    files = machine.hub.dataset(DATASET).files
    lines = [
        json.loads(line) for name, data in files.items() if name.startswith("votes/") for line in data.splitlines()
    ]
    assert {line["vote_id"] for line in lines} == set(stored)
