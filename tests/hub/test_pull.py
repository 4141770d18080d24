"""Checkpoints from the Hub: what was pushed, at the commit asked for, without a call where it is cached."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from conftest import save_tiny_checkpoint
from test_cli import refused

from audiogan import checkpoint, cli, hub, synthesis

from .conftest import REPO, contents
from .door import OWNER

ROOT = Path(__file__).parents[2]


def test_round_trip_is_bit_identical_and_sounds_the_same(online, tiny, tmp_path, capsys):
    local, pulled = tiny.parent, tmp_path / "pulled"
    assert cli.main(["hub", "push", "tiny", REPO, "--checkpoints", str(local)]) == 0
    commit = online.model(REPO).branches["main"]
    assert capsys.readouterr().out == f"{online.url}/{REPO}/commit/{commit}\n"
    assert online.model(REPO).private
    assert len(online.model(REPO).messages) == 2  # the Hub's own, and ours with all of it
    assert cli.main(["hub", "pull", REPO, "--checkpoints", str(pulled)]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == (f"{pulled / 'tiny'}\n", f"{REPO} at {commit}\n")
    for file in ("model.safetensors", "config.json"):
        assert (pulled / "tiny" / file).read_bytes() == (tiny / file).read_bytes()
    clips = [synthesis.load("tiny", "cpu", folder).generate(2, seed=7, label="Flute") for folder in (local, pulled)]
    assert np.array_equal(*clips)
    assert sorted(contents(pulled / "tiny")) == ["README.md", "config.json", "model.safetensors"]


def test_index_of_training_sounds_travels_along(online, tiny, tmp_path):
    safetensors.torch.save_file({"label": torch.zeros(1)}, tiny / "nearest.safetensors")
    hub.push(tiny, REPO)
    hub.pull(REPO, tmp_path / "pulled")
    assert contents(tmp_path / "pulled/tiny")["nearest.safetensors"] == (tiny / "nearest.safetensors").read_bytes()


def test_branches_and_commits_are_pulled_as_pinned(online, tiny, tmp_path):
    hub.push(tiny, REPO)
    first = online.model(REPO).branches["main"]
    save_tiny_checkpoint(tiny, "specgan")
    hub.push(tiny, REPO)
    save_tiny_checkpoint(tiny, "hybrid")
    hub.push(tiny, REPO, revision="experiment")
    pulled = {}
    for revision in (first, None, "experiment"):
        name = f"at-{revision or 'main'}"
        pulled[name] = hub.pull(REPO, tmp_path / "pulled", revision, name).commit
        assert checkpoint.read(tmp_path / "pulled" / name).name == name
    architectures = [checkpoint.read(tmp_path / "pulled" / name).config.architecture for name in pulled]
    assert architectures == ["wavegan", "specgan", "hybrid"]
    assert list(pulled.values()) == [first, *(online.model(REPO).branches[it] for it in ("main", "experiment"))]
    with pytest.raises(ValueError, match="has no such revision"):
        hub.pull(REPO, tmp_path / "pulled", "never", "other")
    with pytest.raises(ValueError, match="has no such revision"):
        hub.pull(REPO, tmp_path / "pulled", "0" * 40, "other")


def test_what_is_there_gives_way_only_when_told(online, tiny, tmp_path, capsys):
    hub.push(tiny, REPO)
    there = save_tiny_checkpoint(tmp_path / "pulled/tiny", "specgan")
    (tmp_path / "pulled/evaluation").mkdir()
    before = contents(there)
    command = ("hub", "pull", REPO, "--checkpoints", tmp_path / "pulled")
    assert "--replace" in refused(capsys, cli.main, *command)
    assert contents(there) == before
    assert cli.main([*map(str, command), "--replace"]) == 0
    capsys.readouterr()
    assert checkpoint.load(there)[0].config.architecture == "wavegan"
    assert "is there already" in refused(capsys, cli.main, *command, "--replace", "--name", "evaluation")
    assert sorted(path.name for path in there.parent.iterdir()) == ["evaluation", "tiny"]


def test_cached_commit_needs_no_hub(online, tiny, tmp_path):
    hub.push(tiny, REPO)
    commit = hub.fetch(REPO).commit
    online.requests.clear()
    assert hub.fetch(REPO, commit).commit == commit
    assert online.requests == []
    assert hub.fetch(REPO).commit == commit
    assert online.requests == [f"GET /api/models/{REPO}"]


def test_offline_mode_uses_the_cache_and_nothing_else(online, tiny, tmp_path):
    hub.push(tiny, REPO)
    hub.fetch(REPO)
    online.requests.clear()
    from huggingface_hub import constants

    environment = {"PATH": "", "HF_ENDPOINT": online.url, "HF_HUB_CACHE": constants.HF_HUB_CACHE, "HF_HUB_OFFLINE": "1"}
    pulls = [["hub", "pull", repo, "--checkpoints", str(tmp_path / "pulled")] for repo in (REPO, f"{OWNER}/other")]
    script = f"from audiogan import cli; print([cli.main(words) for words in {pulls}])"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.stdout == f"{tmp_path / 'pulled/tiny'}\n[0, 2]\n", run.stderr
    sentence = f"python -m audiogan: {OWNER}/other is not in the cache, and HF_HUB_OFFLINE forbids fetching it"
    assert run.stderr.splitlines()[1:] == [sentence]
    assert online.requests == []


def test_other_files_of_a_repository_are_not_even_fetched(online, tiny, tmp_path):
    online.add(REPO, contents(tiny) | {"samples/one.wav": b"RIFF", "LICENSE": b"MIT", "model.safetensors.txt": b""})
    hub.pull(REPO, tmp_path / "pulled")
    assert sorted(contents(tmp_path / "pulled/tiny")) == ["README.md", "config.json", "model.safetensors"]
    assert not online.count(r"resolve/.*/(samples|LICENSE|\.gitattributes|model\.safetensors\.txt)")
