"""A small study, where its votes go, and who gives them."""

import pytest
from sitting import MODULES, Listener
from tiny_study import write_study

from audiogan.listening.store import Store
from audiogan.listening.study import Study


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Study:
    return Study.load(write_study(tmp_path_factory.mktemp("study") / "pool", modules=MODULES))


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'votes.sqlite3'}")
    yield store
    store.close()


@pytest.fixture
def listener(study, store):
    return Listener(study, store)


@pytest.fixture
def rating(listener):
    """A listener at the first practice trial."""
    listener.consent()
    listener.advance("rating")
    return listener
