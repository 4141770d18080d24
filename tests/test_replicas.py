"""Two app processes behind a real nginx on a real PostgreSQL: whoever comes may land on either, at any time."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sitting
from conftest import save_tiny_checkpoint
from gradio_client import Client
from listeners import Line, Listener
from nginx import nginx
from postgres import postgres_server
from replicas import Replicas
from tiny_study import SECONDS, write_study

from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.listening.tokens import parse_receipt, vote_id

DESIGN = {"trials": {"training": 0, "test": 16, "gold": 2, "repeat": 2}}
GIVE_UP_SECONDS = 900  # an app takes more than a minute to start on a busy machine, and two are started again


@pytest.fixture(scope="module")
def database():
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="module")
def replicas(tmp_path_factory, database):
    folder = tmp_path_factory.mktemp("replicas")
    save_tiny_checkpoint(folder / "checkpoints" / "tiny", "wavegan")
    study = write_study(folder / "study", **DESIGN)
    environment = {"AUDIOGAN_DATABASE_URL": database, "AUDIOGAN_STUDY": str(study)}
    replicas = Replicas(folder, folder / "checkpoints", environment)
    yield replicas
    for number in range(2):
        replicas.kill(number)


@pytest.fixture(scope="module")
def url(replicas):
    with nginx(replicas.folder / "nginx", replicas.ports) as url:
        yield url


def test_replicas_show_one_page(replicas, url):
    configs = [
        httpx.get(f"http://127.0.0.1:{port}/config", timeout=60, trust_env=False).json() for port in replicas.ports
    ]
    assert configs[0]["app_id"] == configs[1]["app_id"]
    names = [[(one["id"], one["props"].get("elem_id")) for one in config["components"]] for config in configs]
    assert names[0] == names[1]
    for forged in ({}, {"X-Forwarded-Host": "evil.example"}):
        assert httpx.get(f"{url}/config", timeout=60, trust_env=False, headers=forged).json()["root"] == url


def test_program_gets_its_files_from_where_they_were_made(url, tmp_path):
    client = Client(url, download_files=str(tmp_path), verbose=False, httpx_kwargs={"timeout": 60})
    for seed in range(4):
        files = client.predict("tiny", 2, seed, "Flute", api_name="/generate")
        assert all(Path(file).read_bytes()[:4] == b"RIFF" for file in files)


def test_sound_is_the_same_from_either(url):
    line, config = Line(url), httpx.get(f"{url}/config", timeout=60, trust_env=False).json()
    play = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "play")
    wanted = {"sounds": [{"model": "tiny", "label": "Flute", "seed": 3, "index": 0}]}
    answers = [line.post(wanted, "answer", component_id=play).json() for _ in range(6)]
    assert answers[0]["sounds"]
    assert all(answer == answers[0] for answer in answers)


def test_listeners_finish_while_one_process_is_killed_and_another_restarted(replicas, url, database):
    line, until = Line(url), time.monotonic() + GIVE_UP_SECONDS
    listeners = [Listener(line, seed, SECONDS, True, 0.2, until) for seed in range(6)]

    def disturb():
        wait_until(lambda: sum(len(one.acknowledged) for one in listeners) > 20)
        replicas.kill(0)
        wait_until(lambda: sum(len(one.acknowledged) for one in listeners) > 45)  # one process alone
        replicas.restart(0)
        replicas.kill(1)
        wait_until(lambda: sum(len(one.acknowledged) for one in listeners) > 70)
        replicas.restart(1)

    def wait_until(reached):
        while not reached() and time.monotonic() < until:
            time.sleep(0.02)

    trouble = threading.Thread(target=disturb)
    trouble.start()
    with ThreadPoolExecutor(len(listeners)) as pool:
        list(pool.map(Listener.run, listeners))
    trouble.join()
    assert [one.view["stage"] for one in listeners] == ["done"] * len(listeners)
    store = Store(database)
    stored: dict[str, dict] = {}
    for vote in store.rows():
        stored.setdefault(vote["vote_id"], {})[vote["question"]] = vote["value"]
    store.close()
    for listener in listeners:
        assert len(listener.acknowledged) == 20
        for receipt, answers in listener.acknowledged.items():
            assert stored[vote_id(parse_receipt(receipt))] == answers
    assert len(stored) == 20 * len(listeners)


def test_results_are_downloaded_from_either(replicas, database):
    study = Study.load(Path(replicas.environment["AUDIOGAN_STUDY"]))
    store = Store(database)
    for number in range(2):
        someone = sitting.Listener(study, store, key=f"{number:032x}")
        someone.now = 0.0  # long ago: nobody is listening now
        someone.consent(listener=f"{number:032x}")
        someone.advance("done")
    store.close()
    for name in ("results.csv", "results.jsonl", "codebook.md", "table.tex?block=all", "figure.svg?block=all"):
        told = [
            httpx.get(f"http://127.0.0.1:{port}/results/{name}", timeout=60, trust_env=False) for port in replicas.ports
        ]
        assert [one.status_code for one in told] == [200, 200]
        assert told[0].content == told[1].content


def test_ready_says_which_process_may_be_sent_listeners(replicas, url):
    for port in random.sample(replicas.ports, 2):
        told = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=60, trust_env=False)
        assert told.json()["ready"]
    assert httpx.get(f"{url}/readyz", timeout=60, trust_env=False).status_code == 200
