"""What is no checkpoint, or more than one, or no name of one, is refused in a sentence."""

import json
import pickle
from pathlib import Path

import pytest
import safetensors.torch
from test_cli import refused

from audiogan import cli, hub

from .conftest import REPO, contents


def hostile(online, tiny: Path, how: str) -> None:
    """A repository that is no checkpoint, or more than one."""
    files = contents(tiny)
    config = json.loads(files["config.json"])
    if how.startswith("file "):
        files[how.removeprefix("file ")] = pickle.dumps(print)
    elif how == "pickled weights":
        files["model.safetensors"] = pickle.dumps({"dense.weight": print})
    elif how == "no weights":
        del files["model.safetensors"]
    elif how == "no config":
        del files["config.json"]
    elif how == "huge config":
        files["config.json"] += b" " * 2_000_000
    elif how == "huge card":
        files["README.md"] = b"x" * 2_000_000
    elif how == "huge index":
        files["nearest.safetensors"] = b"\0" * 65_000_000
    elif how == "huge weights":
        files["model.safetensors"] += b"\0" * 4_000_000
    elif how == "huge model":
        files["config.json"] = json.dumps(config | {"model": config["model"] | {"dim": 10**9}}).encode()
    elif how == "another model":
        files["config.json"] = json.dumps(config | {"model": config["model"] | {"dim": 5}}).encode()
    elif how == "transformers":
        files["config.json"] = b'{"architectures": ["GPT2LMHeadModel"], "auto_map": {"AutoModel": "evil.py"}}'
    elif how == "not finite":
        state = safetensors.torch.load(files["model.safetensors"])
        state["dense.bias"].fill_(float("nan"))
        files["model.safetensors"] = safetensors.torch.save(state)
    online.add(REPO, files)


HOW = [
    "file evil.pkl",
    "file weights/model.bin",
    "file modeling.py",
    "file ../../evil.txt",
    "file /etc/evil",
    "file a\\b",
    "file a\nb",
    "pickled weights",
    "no weights",
    "no config",
    "huge config",
    "huge card",
    "huge index",
    "huge weights",
    "huge model",
    "another model",
    "transformers",
    "not finite",
]


@pytest.mark.parametrize("how", HOW)
def test_hostile_repository_is_refused_in_one_sentence_and_leaves_nothing(online, tiny, tmp_path, capsys, how):
    hostile(online, tiny, how)
    message = refused(capsys, cli.main, "hub", "pull", REPO, "--checkpoints", tmp_path / "pulled")
    assert f"{REPO} is refused: " in message
    assert len(message) < 400
    assert not (tmp_path / "pulled").exists()
    assert not list((tmp_path / "cache").glob("models--*"))
    assert not online.count("GET /lfs/") or how in ("pickled weights", "another model", "not finite")


def test_what_another_program_has_in_the_cache_stays_there(online, tmp_path):
    online.add(REPO, {"pytorch_model.bin": b"weights of another program"})
    there = Path(hub.connect().snapshot_download(REPO))
    with pytest.raises(hub.HubError, match="may hold code"):
        hub.pull(REPO, tmp_path / "pulled")
    assert (there / "pytorch_model.bin").read_bytes() == b"weights of another program"


def test_listing_of_many_pages_is_read_to_its_end(online, tiny, tmp_path):
    online.add(REPO, contents(tiny) | {f"samples/{number}.wav": b"RIFF" for number in range(50)} | {"z.pkl": b""})
    with pytest.raises(ValueError, match=r"'z\.pkl' may hold code"):
        hub.pull(REPO, tmp_path / "pulled")


@pytest.mark.parametrize(
    "repo", ["tiny", "a/b/c", "../tiny", "tester/..", "tester/a b", "https://x/y", "", "-a/b", "a/b.git"]
)
def test_other_names_are_refused_before_any_call(online, tiny, tmp_path, capsys, repo):
    there = ["--checkpoints", tiny.parent]
    for command in (["hub", "pull", "--", repo], ["hub", "push", "--", "tiny", repo]):
        arguments = [*command[:2], *there, *command[2:]]
        assert "a repository must be OWNER/NAME" in refused(capsys, cli.main, *arguments)
    assert not online.requests
