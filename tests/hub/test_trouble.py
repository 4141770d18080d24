"""A Hub that misbehaves: one sentence, nothing half done, and the next try goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

from audiogan import checkpoint, hub
from audiogan.hub import client

from .conftest import REPO, contents
from .door import OWNER, TOKEN
from .faults import cut_after, hang_up, lose_the_answer, never_answer, say

ROOT = Path(__file__).parents[2]
TROUBLE = {
    "401": (say(401, X_Error_Message="Invalid credentials in Authorization header"), "HF_TOKEN must permit this"),
    "404": (say(404, X_Error_Code="RepoNotFound"), "the Hub has no tester/tiny that HF_TOKEN may see"),
    "429": (say(429, Retry_After="7"), "the Hub is busy: try tester/tiny again in 7 seconds"),
    "500": (say(500), "the Hub has a problem and answers 500"),
    "hang up": (hang_up, "the Hub cannot be reached"),
}
PUSHING = ("create", "preupload", "objects/batch", "PUT /lfs", "commit/main")
PULLING = (f"GET /api/models/{REPO}$", "/tree/", "HEAD .*config", "GET .*config", "GET /lfs")


@pytest.mark.parametrize("call", PUSHING)
def test_trouble_at_any_call_of_a_push_is_one_sentence_and_commits_nothing(online, tiny, call):
    for act, words in TROUBLE.values():
        online.fail(call, act, times=99)
        with pytest.raises(hub.HubError, match=words) as caught:
            hub.push(tiny, REPO)
        assert "\n" not in str(caught.value)
        assert TOKEN not in str(caught.value)
        assert all(len(repo.commits) == 1 for repo in online.repos.values())
        online.faults.clear()
    hub.push(tiny, REPO)
    assert online.model(REPO).files["model.safetensors"] == (tiny / "model.safetensors").read_bytes()


@pytest.mark.parametrize("call", PULLING)
def test_trouble_at_any_call_of_a_pull_is_one_sentence_and_leaves_nothing(online, tiny, tmp_path, call):
    online.add(REPO, contents(tiny))
    for act, words in TROUBLE.values():
        online.fail(call, act, times=99)
        with pytest.raises(hub.HubError, match=words) as caught:
            hub.pull(REPO, tmp_path / "pulled")
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "pulled").exists()
        online.faults.clear()
    hub.pull(REPO, tmp_path / "pulled")
    checkpoint.load(tmp_path / "pulled/tiny")


def test_no_token_and_a_gated_repository_are_told_apart(online, tiny, tmp_path, monkeypatch):
    hub.push(tiny, REPO)
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(ValueError, match="the Hub has no tester/tiny that HF_TOKEN may see"):
        hub.pull(REPO, tmp_path / "pulled")
    online.model(REPO).private, online.model(REPO).gated = False, True
    with pytest.raises(ValueError, match="is gated: ask for access"):
        hub.pull(REPO, tmp_path / "pulled")
    with pytest.raises(ValueError, match="HF_TOKEN must permit this"):
        hub.push(tiny, f"{OWNER}/new")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(ValueError, match="HF_TOKEN must permit this"):
        hub.push(tiny, "somebody-else/new")


def test_download_that_breaks_off_goes_on_where_it_was(online, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)  # else 10 MB: more than all of it
    hub.push(tiny, REPO)
    size = (tiny / "model.safetensors").stat().st_size
    online.fail("GET /lfs/", cut_after(size // 3))
    online.fail("GET /lfs/", cut_after(size // 3))
    hub.pull(REPO, tmp_path / "pulled")
    assert contents(tmp_path / "pulled/tiny")["model.safetensors"] == (tiny / "model.safetensors").read_bytes()
    starts = [int(it.removeprefix("bytes=").rstrip("-")) for it in online.ranges if it]
    assert len(starts) == 2
    assert 0 < starts[0] < starts[1] < size


def test_upload_that_breaks_off_is_sent_again(online, tiny):
    online.fail("PUT /lfs/", hang_up)
    online.fail("preupload", say(429, Retry_After="1"))
    online.fail("objects/batch", say(500))
    hub.push(tiny, REPO)
    assert online.model(REPO).files["model.safetensors"] == (tiny / "model.safetensors").read_bytes()
    assert online.count("PUT /lfs/") == 2


def test_push_whose_answer_was_lost_can_be_repeated(online, tiny):
    online.fail("commit/main", lose_the_answer)
    with pytest.raises(hub.UnreachableError):
        hub.push(tiny, REPO)
    commits = dict(online.model(REPO).commits)
    hub.push(tiny, REPO)
    assert online.model(REPO).commits == commits


def test_hub_that_never_answers_is_given_up(online, tiny, monkeypatch):
    monkeypatch.setitem(client.SECONDS, "read", 0.2)
    online.fail(f"GET /api/models/{REPO}", never_answer)
    with pytest.raises(hub.UnreachableError, match="the Hub cannot be reached"):
        hub.fetch(REPO)


def test_kill_9_half_way_leaves_nothing_half_done(online, tiny, tmp_path):
    environment = {"HF_ENDPOINT": online.url, "HF_TOKEN": TOKEN, "HF_HUB_CACHE": str(tmp_path / "cache"), "PATH": ""}
    environment["HF_HUB_DISABLE_XET"] = "1"
    runs = {}

    def kill(handler) -> bool:
        runs["run"].kill()
        return hang_up(handler)

    for call, words in (("commit/main", ["push", "tiny", REPO]), ("GET /lfs/", ["pull", REPO, "--name", "pulled"])):
        online.fail(call, kill)
        command = [sys.executable, "-m", "audiogan", "hub", *words, "--checkpoints", str(tiny.parent)]
        runs["run"] = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        assert runs["run"].wait() == -9, runs["run"].stderr.read()
        if words[0] == "push":
            assert list(online.model(REPO).files) == [".gitattributes"]
            hub.push(tiny, REPO)
    assert [path.name for path in tiny.parent.iterdir()] == ["tiny"]
    hub.pull(REPO, tiny.parent, name="pulled")
    assert contents(tiny.parent / "pulled")["model.safetensors"] == contents(tiny)["model.safetensors"]
