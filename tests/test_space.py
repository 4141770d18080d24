"""What a Hugging Face Space needs: ZeroGPU's rules kept, votes on storage that stays, metadata that a Space reads.

ZeroGPU itself cannot be reached from a test. `RECORDER` stands in its place with its rules: the decorated function runs
in a forked process, what goes in and out is pickled, and its package must be imported before torch.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import audiogan
from audiogan.listening.store import place

ROOT = Path(__file__).parent.parent
RECORDER = """
import json, multiprocessing, os, pickle, sys

log = []

def note(*what):
    log.append(what)

note("import", "torch" in sys.modules)

def GPU(function, duration):
    note("decorate", function.__qualname__, duration)
    def call(*arguments):
        from gradio.context import LocalContext
        note("call", *arguments[:2], len(arguments[2]), LocalContext.request.get(None))
        ours, theirs = multiprocessing.Pipe()
        sent = pickle.dumps(arguments)
        def work():
            theirs.send_bytes(pickle.dumps((os.getpid(), function(*pickle.loads(sent)))))
        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        pid, result = pickle.loads(ours.recv_bytes())
        process.join()
        assert pid != os.getpid()
        return result
    return call
"""
SESSION = """
import asyncio, json, sys
import app
import numpy as np, torch
torch.set_num_threads(1)  # the forked process has none of the threads that this one would wait for
from audiogan.directions import Directions
from audiogan.listening.store import Store
from audiogan.ui import Library, build_app
from audiogan.ui.gate import Gate
from audiogan.ui.sounds import Sounds
from gradio.context import LocalContext
import spaces

library = Library(sys.argv[1], "cpu")
build_app(library, Store("sqlite://"))
spaces.note("built")
library.move_to_zero_gpu()
clips = library.get("tiny-hybrid").synthesizer.generate(20, 3)
wanted = [{"model": "tiny-wavegan", "seed": "1", "index": index} for index in range(16)]
async def ask():
    LocalContext.request.set("the visitor's request")
    return await Gate().serve(Sounds(library).answer, {"sounds": wanted})

answer = asyncio.run(ask())
Directions(library.get("tiny-report-wavegan").synthesizer, "Flute").vectors()
np.save(sys.argv[2], clips)
print(json.dumps({"log": spaces.log, "sounds": len(answer["sounds"])}))
"""


@pytest.fixture
def spaces(tmp_path) -> Path:
    """A folder that holds a package `spaces`."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/spaces.py").write_text(RECORDER)
    return tmp_path / "packages"


def run(script: str, *arguments, path: Path, **environment) -> str:
    given = {**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{ROOT}", **environment}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=given, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_zero_gpu_is_imported_first_and_runs_every_model_in_one_function(spaces, checkpoints, tmp_path):
    output = run(SESSION, checkpoints, tmp_path / "clips.npy", path=spaces, SPACES_ZERO_GPU="true")
    found = json.loads(output.splitlines()[-1])
    log = [tuple(entry) for entry in found["log"]]
    assert log[:3] == [("import", False), ("decorate", "Library._run", 15), ("built",)]  # the page's sounds: the CPU's
    assert log[3] == ("call", "tiny-hybrid", "compute", 20, None)
    assert log[4] == ("call", "tiny-wavegan", "compute", 16, "the visitor's request")  # whose quota it is
    methods = ("compute_first_features", "compute")
    assert [entry[1:3] for entry in log[5:]] == [("tiny-report-wavegan", method) for method in methods]
    assert found["sounds"] == 16
    ours = audiogan.load("tiny-hybrid", "cpu", checkpoints).generate(20, 3)
    np.testing.assert_allclose(np.load(tmp_path / "clips.npy"), ours, atol=1e-5)


@pytest.mark.long
def test_elsewhere_the_package_changes_nothing(spaces, checkpoints, tmp_path):
    output = run(SESSION, checkpoints, tmp_path / "clips.npy", path=spaces, SPACES_ZERO_GPU="")
    assert [entry[0] for entry in json.loads(output.splitlines()[-1])["log"]] == ["import", "decorate", "built"]


class TestStorage:
    @pytest.fixture(autouse=True)
    def space(self, monkeypatch, tmp_path):
        for name in ("AUDIOGAN_DATABASE_URL", "AUDIOGAN_RATINGS_DATASET"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("SPACE_ID", "somebody/audiogan")
        monkeypatch.setattr(place, "MOUNTED", tmp_path / "data")

    def test_a_mounted_folder_keeps_the_votes(self, tmp_path):
        (tmp_path / "data").mkdir()
        assert place.default_url() == f"sqlite:///{tmp_path}/data/ratings.sqlite3"
        assert place.warning() == ""

    def test_a_database_that_is_named_comes_first(self, tmp_path, monkeypatch):
        (tmp_path / "data").mkdir()
        monkeypatch.setenv("AUDIOGAN_DATABASE_URL", "sqlite:///elsewhere")
        assert place.default_url() == "sqlite:///elsewhere"

    def test_without_it_the_page_says_that_votes_vanish(self):
        assert place.default_url() == f"sqlite:///{place.DEFAULT_FILE}"
        assert "may be lost" in place.warning()

    @pytest.mark.parametrize("name", ["AUDIOGAN_DATABASE_URL", "AUDIOGAN_RATINGS_DATASET"])
    def test_not_where_they_are_kept_otherwise(self, name, monkeypatch):
        monkeypatch.setenv(name, "somewhere")
        assert place.warning() == ""

    def test_a_file_or_a_folder_that_cannot_be_written_is_no_storage(self, tmp_path, monkeypatch):
        (tmp_path / "data").write_text("")
        assert place.warning()
        (tmp_path / "data").unlink()
        (tmp_path / "data").mkdir()
        monkeypatch.setattr(os, "access", lambda path, mode: False)  # for root may write everywhere
        assert place.warning()

    def test_elsewhere_a_data_folder_is_nobodys_business(self, tmp_path, monkeypatch):
        monkeypatch.delenv("SPACE_ID")
        (tmp_path / "data").mkdir()
        assert place.default_url() == f"sqlite:///{place.DEFAULT_FILE}"
        assert place.warning() == ""


def test_the_page_says_so_where_people_vote_and_where_they_look(checkpoints, monkeypatch, tmp_path):
    from tiny_study import write_study

    from audiogan.listening.store import Store
    from audiogan.listening.study import Study
    from audiogan.ui import Library, build_app

    for name in ("AUDIOGAN_DATABASE_URL", "AUDIOGAN_RATINGS_DATASET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(place, "MOUNTED", tmp_path / "data")
    library, study = Library(checkpoints, "cpu"), Study.load(write_study(tmp_path / "study"))
    for space, times in (("somebody/audiogan", 2), ("", 0)):
        monkeypatch.setenv("SPACE_ID", space)
        config = json.dumps(build_app(library, Store("sqlite://"), study).get_config_file(), default=str)
        assert config.count(place.EMPTIED) == times


def test_the_readmes_front_matter_is_what_a_space_reads():
    text = (ROOT / "README.md").read_text("utf-8")
    known = yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1])
    pins = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().split() if "==" in line)
    assert (known["sdk"], known["sdk_version"], known["python_version"]) == ("gradio", pins["gradio"], "3.12")
    assert (ROOT / known["app_file"]).is_file()
    assert len(known["short_description"]) <= 60
    assert known["license"] == "mit"
