"""Databases whose votes go into one data set of a small Hub."""

import json

import pytest
from hub.door import OWNER
from tiny_study import write_study
from trials import SESSION, trial

from audiogan.listening import hub_sync
from audiogan.listening.store import Store
from audiogan.listening.study import Study

DATASET = f"{OWNER}/votes"


@pytest.fixture(scope="package")
def study(tmp_path_factory) -> Study:
    return Study.load(write_study(tmp_path_factory.mktemp("study") / "pool"))


@pytest.fixture
def stores(tmp_path):
    """Makes stores; each call another disk."""
    made = []

    def make() -> Store:
        made.append(Store(f"sqlite:///{tmp_path / f'{len(made)}.sqlite3'}"))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv("AUDIOGAN_SECRET", "the same after a restart")


@pytest.fixture
def current(monkeypatch):
    """Let a test begin the sync of the process, and end it after."""
    monkeypatch.setattr(hub_sync, "_current", None)
    monkeypatch.setenv("AUDIOGAN_RATINGS_DATASET", DATASET)
    yield
    if hub_sync._current:
        hub_sync._current.close()


def vote(store: Store, number: int, session: str = SESSION) -> bool:
    return store.close_step(session, number, {"voted": True}, 5000 + number, trial(number, session))


def votes_on(server) -> list[dict]:
    """Every line of the data set's files for people, duplicates too."""
    files = server.dataset(DATASET).files
    return [
        json.loads(line)
        for path, data in sorted(files.items())
        if path.startswith("votes/")
        for line in data.splitlines()
    ]
