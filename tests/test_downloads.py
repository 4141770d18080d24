"""What the Results tab has for download: who gets which file, what is in it, and what it must not tell."""

import csv
import io
import json
import time

import httpx
import pytest
import tiny_study
from conftest import save_tiny_checkpoint
from sitting import Listener

from audiogan.listening import tokens
from audiogan.listening.result_files import KINDS
from audiogan.listening.store import Store, StoreError
from audiogan.listening.study import Study
from audiogan.listening.tokens import SHORTEST_KEY
from audiogan.listening.votes import Exclusion
from audiogan.ui import Library, build_app, launch_options
from audiogan.ui.desk import Desk
from audiogan.ui.downloads import TITLES, VARIABLE, Downloads, links
from audiogan.ui.tally import Tally

KEY = "correct horse battery staple"
RULES = ("max_gold_failed", "max_repeat_difference", "min_standard_deviation", "min_response_ms", "min_test_trials")
STUDY = {
    "modules": {"naming": 1, "preference": 1, "diversity": 1},
    "exclusions": dict.fromkeys(RULES) | {"headphones": False},  # whoever answers by rote breaks some now and then
}


class Someone(Listener):
    """A listener who does not always say the same."""

    answered = 0

    def rating(self, **changes):
        self.answered += 1
        request = super().rating(**changes)
        given = {name: 1 + self.answered % 5 for name, value in request["answers"].items() if type(value) is int}
        return request | {"answers": request["answers"] | given}


class Site:
    """A running app on a study that three listeners finished; another withdrew; the fifth is in the middle of it."""

    def __init__(self, folder):
        save_tiny_checkpoint(folder / "checkpoints" / "tiny", "wavegan")
        self.study = Study.load(tiny_study.write_study(folder / "study", **STUDY))
        self.store = Store(f"sqlite:///{folder / 'votes.sqlite3'}")
        self.listeners = [self.listen(number) for number in range(5)]
        self.app = build_app(Library(folder / "checkpoints", "cpu"), self.store, self.study)
        options = {"prevent_thread_lock": True, "quiet": True, "server_name": "127.0.0.1"}
        _, url, _ = self.app.launch(**options, **launch_options(self.app))
        self.client = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def listen(self, number: int) -> Listener:
        someone = Someone(self.study, self.store, key=f"{number:032x}")
        someone.now = time.time() if number == 4 else 0.0
        someone.consent(listener=f"{number:032x}")
        someone.advance("rating")
        receipts = [someone.step()["receipt"] for _ in range(6)]
        if number < 4:
            someone.advance("done")
        if number == 3:
            someone.call("withdraw", receipt=receipts[0])
        someone.receipts = receipts
        return someone

    def file(self, name: str, **query) -> httpx.Response:
        return self.client.get(f"/results/{name}", params=query)

    def votes(self, name: str = "votes.csv", key: str = KEY, **changes) -> httpx.Response:
        return self.client.post(f"/votes/{name}", **({"data": {"key": key}} | changes))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        site = Site(tmp_path_factory.mktemp("downloads"))
    yield site
    site.app.close()
    site.store.close()


def cells(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", KINDS)
def test_each_file_comes_whole_as_an_attachment_of_its_kind(site, name):
    reply = site.file(name)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == KINDS[name]
    stem, _, suffix = name.partition(".")
    assert reply.headers["content-disposition"] == f'attachment; filename="{stem}-{site.study.hash[:8]}.{suffix}"'
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert len(reply.content) > 200


def test_numbers_are_the_pages(site):
    rows = cells(site.file("results.csv").text)
    counts = {row["statistic"]: row["value"] for row in rows if (row["block"], row["question"]) == ("all", "")}
    assert (counts["raters"], counts["sessions"], counts["withdrawn"]) == ("3", "3", "1")
    assert [json.loads(line)["value"] for line in site.file("results.jsonl").text.splitlines()]
    assert r"\toprule" in site.file("table.tex").text
    assert r"here left in" in site.file("table.tex", block="all").text
    assert "all" in site.file("figure.png", block="all").headers["content-disposition"]


def test_public_files_hold_nothing_of_one_listener_or_one_sound(site):
    files = " ".join(site.file(name).content.decode("latin-1") for name in KINDS)
    rows = list(site.store.rows())
    for name in ("vote_id", "session_id", "rater", "stimulus", "clip_sha256", "checkpoint_sha256"):
        assert not [row[name] for row in rows if row.get(name) and row[name] in files]
    assert site.study.hash in files


def test_sitting_under_way_changes_nothing_in_a_file(site):
    before = site.file("results.csv").content
    site.listeners[4].step()
    site.app.tally._until = -1.0  # calculate anew
    assert site.file("results.csv").content == before


def test_votes_are_those_of_the_command_line_and_none_is_withdrawn(site):
    rows = cells(site.votes().text)
    votes = [row for row in rows if row["kind"] == "vote"]
    assert {row["rater"] for row in votes} == {
        vote["rater"] for vote in site.store.rows() if vote["kind"] == "vote"
    } - {row["rater"] for row in site.store.votes_of(session_of(site.listeners[3]))}
    lines = [json.loads(line) for line in site.votes("votes.jsonl").text.splitlines()]
    assert [row["kind"] for row in lines] == [row["kind"] for row in rows]
    assert rows[0]["kind"] == "study"
    text = site.votes().text
    for listener in site.listeners:
        assert not [one for one in listener.receipts if tokens.parse_receipt(one) in text]
        assert listener.key not in text


def session_of(listener: Listener) -> str:
    return tokens.session_id(listener.key)


@pytest.mark.parametrize("key", ["", "wrong", KEY[:-1], KEY + "x", "é" * 20, "x" * 100_000])
def test_votes_need_the_key(site, key):
    site.app.downloads._guard._buckets.clear()
    reply = site.votes(key=key)
    assert (reply.status_code, reply.json()) == (403, {"detail": "this is not the key"})


@pytest.mark.parametrize(
    "content",
    [b"", b"key", b"key=%ff", b"&" * 1000, b"key=a&key=b", b"\xff\xfe", b'{"key": "x"}', b"a=1&b=2&c=3&d=4&e=5"],
)
def test_body_that_is_no_form_opens_nothing(site, content):
    site.app.downloads._guard._buckets.clear()
    assert site.votes(content=content, data=None).status_code == 403


def test_guessing_keys_is_slow(site):
    site.app.downloads._guard._buckets.clear()
    told = [site.votes(key=f"guess number {number}") for number in range(15)]
    assert {reply.status_code for reply in told[:10]} == {403}
    assert told[-1].status_code == 429
    assert int(told[-1].headers["retry-after"]) > 0
    assert site.votes().status_code == 429  # and then the right one has to wait as well
    site.app.downloads._guard._buckets.clear()


def test_downloads_are_counted_per_address(site):
    site.app.downloads._guard._buckets.clear()
    told = [site.file("results.csv").status_code]
    assert told == [200]
    while told[-1] == 200 and len(told) < 1000:  # each second allows one more
        told.append(site.file("results.csv").status_code)
    assert told[-1] == 429
    site.app.downloads._guard._buckets.clear()


@pytest.mark.parametrize(
    "path",
    [
        "/results/votes.csv",
        "/results/x.csv",
        "/results/..%2f..%2fetc%2fpasswd",
        "/results/results.csv/x",
        "/results/",
        "/results",
        "/results/results.csv?block=x",
        "/results/figure.svg?block=../../x",
        "/results/%3Cimg%20src=x%3E",
        "/votes/votes.csv",
        "/votes/results.csv",
    ],
)
def test_what_is_not_offered_is_not_there(site, path):
    reply = site.client.get(path)
    assert reply.status_code == 404
    assert "<img" not in reply.text


def test_other_ways_of_asking_are_closed(site):
    assert site.client.post("/results/results.csv", data={"key": KEY}).status_code == 404
    assert site.votes("results.csv").status_code == 404
    assert site.client.post("/votes/votes.csv", files={"key": (None, KEY)}).status_code == 415
    assert site.client.post(f"/votes/votes.csv?key={KEY}").status_code == 403  # an address is logged by others


def test_without_a_key_there_is_no_such_door(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    store = Store(f"sqlite:///{tmp_path / 'votes.sqlite3'}")
    assert not Downloads(Desk(Tally(store)), store).gives_votes
    monkeypatch.setenv(VARIABLE, "x" * (SHORTEST_KEY - 1))
    with pytest.raises(ValueError, match=f"{VARIABLE} must have at least {SHORTEST_KEY} characters, not 15"):
        Downloads(Desk(Tally(store)), store)
    tally = Tally(store)
    with pytest.raises(ValueError, match="no ratings yet"):
        tally.made(tally.now(), "results.csv", "all")
    store.close()


def test_database_that_is_away_is_one_sentence(site, monkeypatch):
    def away():
        raise StoreError("ratings database postgresql://host/secret cannot be used: gone")

    monkeypatch.setattr(site.store, "rows", away)
    reply = site.votes()
    assert reply.status_code == 503
    assert "secret" not in reply.text


def test_links_are_to_files_that_exist():
    assert list(TITLES) == list(KINDS)
    for name in KINDS:
        assert f'href="results/{name}' in links("all", [*KINDS])
    assert "block=screened" in links("screened", ["figure.svg"])
    assert links("all", []) == ""


def test_what_has_nothing_in_it_is_not_offered(tmp_path):
    study = Study.load(tiny_study.write_study(tmp_path / "study"))
    store = Store(f"sqlite:///{tmp_path / 'votes.sqlite3'}")
    tally, lazy = Tally(store, study), Listener(study, store)
    tally.made(tally.now(), "page", "all")
    assert tally.names("all") == []
    lazy.consent()
    lazy.advance("done")  # with one answer for all: a rule takes the sitting out
    tally = Tally(store, study)
    tally.made(tally.now(), "page", "all")
    assert tally.names("all") == [*KINDS]
    assert "figure.png" not in tally.names("screened")
    with pytest.raises(ValueError, match="every sitting is excluded"):
        tally.made(tally.now(), "figure.png", "screened")
    store.close()


def test_exclusions_by_hand_are_in_both(site):
    site.store.exclude(Exclusion(session_id=session_of(site.listeners[0]), rule="manual", reason="=cmd()"))
    site.app.tally._until = -1.0
    assert "manual" in site.file("results.csv").text
    assert "'=cmd()" in site.votes().text
