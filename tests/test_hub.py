"""Checkpoints to and from the Hub: huggingface_hub's real client against a small Hub on loopback that misbehaves."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from conftest import save_tiny_checkpoint
from hub_server import (
    OWNER,
    TOKEN,
    cut_after,
    hang_up,
    lose_the_answer,
    never_answer,
    say,
)
from test_cli import refused

from audiogan import checkpoint, cli, hub, synthesis
from audiogan.hub import client
from audiogan.listening.store import Store
from audiogan.ui import Library, build_app

ROOT = Path(__file__).parent.parent
REPO = f"{OWNER}/tiny"


@pytest.fixture
def tiny(tmp_path) -> Path:
    return save_tiny_checkpoint(tmp_path / "local" / "tiny", "wavegan")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


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


def test_shipped_card_has_the_metadata_that_the_hub_shows(online):
    from huggingface_hub import ModelCard

    hub.push(checkpoint.FOLDER / "hybrid-instruments", f"{OWNER}/hybrid", public=True)
    text = online.model(f"{OWNER}/hybrid").files["README.md"].decode()
    written = (checkpoint.FOLDER / "hybrid-instruments/README.md").read_text()
    assert text.endswith(written.split("---\n", 2)[2])
    data = ModelCard(text).data
    assert (data.library_name, data.pipeline_tag, data.license) == ("audiogan", "text-to-audio", "mit")
    assert data.datasets == ["general-midi"]
    metrics = json.loads((checkpoint.FOLDER / "evaluation/metrics.json").read_text())
    scores = metrics["models"]["hybrid-instruments"]["scores"]
    assert {result.metric_type: result.metric_value for result in data.eval_results} == {
        name: scores[name] for name in ("class_accuracy", "inception_score", "kad_classifier", "fad_classifier")
    }
    assert data.metrics == [result.metric_type for result in data.eval_results]
    assert not online.model(f"{OWNER}/hybrid").private
    picture = checkpoint.FOLDER / "hybrid-instruments/failures.png"
    assert f"]({picture.name})" in text
    assert online.model(f"{OWNER}/hybrid").files[picture.name] == picture.read_bytes()


def test_scores_of_other_weights_are_not_claimed(online, tiny):
    evaluation = tiny.parent / "evaluation"
    evaluation.mkdir()
    model = {"checkpoint_sha256": "0" * 64, "scores": {"class_accuracy": 1.0}}
    (evaluation / "metrics.json").write_text(json.dumps({"data": {"source": "x"}, "models": {"tiny": model}}))
    hub.push(tiny, REPO)
    assert "class_accuracy" not in online.model(REPO).files["README.md"].decode()
    model["checkpoint_sha256"] = checkpoint.weights_hash(tiny)
    (evaluation / "metrics.json").write_text(json.dumps({"data": {"source": "x"}, "models": {"tiny": model}}))
    hub.push(tiny, REPO)
    assert "class_accuracy" in online.model(REPO).files["README.md"].decode()


@pytest.mark.parametrize("card", ["---\n- a\n---\n# x\n", "---\na: [\n---\n# x\n", "---\nmodel-index: 5\n---\n# x\n"])
def test_damaged_card_is_not_pushed(online, tiny, card):
    (tiny / "README.md").write_text(card)
    with pytest.raises(ValueError, match="the card of checkpoint tiny has damaged metadata") as caught:
        hub.push(tiny, REPO)
    assert "\n" not in str(caught.value)
    assert not online.repos


def test_damaged_checkpoint_is_not_pushed(online, tiny):
    (tiny / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"no usable model\.safetensors"):
        hub.push(tiny, REPO)
    assert not online.requests


def test_pushing_again_changes_only_what_changed(online, tiny):
    hub.push(tiny, REPO)
    before = dict(online.model(REPO).branches)
    hub.push(tiny, REPO)
    assert online.model(REPO).branches == before
    assert online.count("PUT /lfs/") == 1
    (tiny / "README.md").write_text("# Another\n")
    hub.push(tiny, REPO)
    assert online.model(REPO).branches != before
    assert online.count("PUT /lfs/") == 1


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
    sentence = f"python -m audiogan: {OWNER}/other is not in the cache, and HF_HUB_OFFLINE forbids to fetch it"
    assert run.stderr.splitlines()[1:] == [sentence]
    assert online.requests == []


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


HOW = """file evil.pkl|file weights/model.bin|file modeling.py|file ../../evil.txt|file /etc/evil|file a\\b|file a\nb
pickled weights|no weights|no config|huge config|huge card|huge index|huge weights|huge model|another model
transformers|not finite"""


@pytest.mark.parametrize(
    "how", HOW.replace("b\npickled", "b|pickled").replace("model\ntrans", "model|trans").split("|")
)
def test_hostile_repository_is_refused_in_one_sentence_and_leaves_nothing(online, tiny, tmp_path, capsys, how):
    hostile(online, tiny, how)
    message = refused(capsys, cli.main, "hub", "pull", REPO, "--checkpoints", tmp_path / "pulled")
    assert f"{REPO} is refused: " in message
    assert len(message) < 400
    assert not (tmp_path / "pulled").exists()
    assert not list((tmp_path / "cache").glob("models--*"))
    assert not online.count("GET /lfs/") or how in ("pickled weights", "another model", "not finite")


def test_other_files_of_a_repository_are_not_even_fetched(online, tiny, tmp_path):
    online.add(REPO, contents(tiny) | {"samples/one.wav": b"RIFF", "LICENSE": b"MIT", "model.safetensors.txt": b""})
    hub.pull(REPO, tmp_path / "pulled")
    assert sorted(contents(tmp_path / "pulled/tiny")) == ["README.md", "config.json", "model.safetensors"]
    assert not online.count(r"resolve/.*/(samples|LICENSE|\.gitattributes|model\.safetensors\.txt)")


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


TROUBLE = {
    "401": (say(401, X_Error_Message="Invalid credentials in Authorization header"), "HF_TOKEN must be one that may"),
    "404": (say(404, X_Error_Code="RepoNotFound"), "the Hub has no tester/tiny that HF_TOKEN may see"),
    "429": (say(429, Retry_After="7"), "the Hub is busy: try tester/tiny again in 7 seconds"),
    "500": (say(500), "the Hub is in trouble and answers 500"),
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
    with pytest.raises(ValueError, match="HF_TOKEN must be one that may do this"):
        hub.push(tiny, f"{OWNER}/new")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(ValueError, match="HF_TOKEN must be one that may do this"):
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


class TestNamed:
    def test_named_checkpoints_stand_beside_the_local_ones(self, online, tiny, tmp_path, monkeypatch, capsys):
        hub.push(tiny, REPO)
        first = online.model(REPO).branches["main"]
        hub.push(save_tiny_checkpoint(tmp_path / "other/other", "specgan"), f"{OWNER}/other")
        hub.push(save_tiny_checkpoint(tiny, "hybrid"), REPO)
        monkeypatch.setenv("AUDIOGAN_HUB_CHECKPOINTS", f" {OWNER}/other, {REPO}@{first},")
        there = ["--checkpoints", str(tiny.parent)]
        assert cli.main(["list", "--json", *there]) == 0
        rows = {row["name"]: row["architecture"] for row in json.loads(capsys.readouterr().out)}
        assert rows == {"tiny": "hybrid", "other": "specgan", f"{OWNER}.tiny": "wavegan"}
        generate = [
            "generate",
            f"{OWNER}.tiny",
            "--num",
            "1",
            "--label",
            "Flute",
            "--out",
            str(tmp_path / "out"),
            *there,
        ]
        assert cli.main(generate) == 0
        assert capsys.readouterr().out == f"{tmp_path / 'out' / f'{OWNER}.tiny-Flute-0-0.wav'}\n"
        message = refused(capsys, cli.main, "generate", "never", "--out", tmp_path / "out", *there)
        assert f"with the Hub's, there are tiny, other, {OWNER}.tiny" in message

    def test_hub_that_is_away_takes_only_what_is_not_cached(self, online, tiny, tmp_path, monkeypatch, capsys):
        hub.push(tiny, REPO)
        hub.push(tiny, f"{OWNER}/cached")
        hub.fetch(f"{OWNER}/cached")
        monkeypatch.setenv("AUDIOGAN_HUB_CHECKPOINTS", f"{REPO},{OWNER}/cached,nonsense")
        online.fail("", say(503), times=99)
        found = hub.available(tiny.parent)
        assert [item.name for item in found.checkpoints] == ["tiny", "cached"]
        assert [problem.partition(" is left out: ")[0] for problem in found.problems] == [
            f"AUDIOGAN_HUB_CHECKPOINTS: {REPO}",
            "AUDIOGAN_HUB_CHECKPOINTS: nonsense",
        ]
        assert "answers 503" in found.problems[0]
        assert cli.main(["list", "--checkpoints", str(tiny.parent)]) == 0
        assert f"{REPO} is left out" in capsys.readouterr().err

    def test_page_starts_without_a_model_that_cannot_be_fetched_and_says_so(
        self, online, tiny, tmp_path, monkeypatch, capsys
    ):
        (tiny / "nearest.safetensors").write_bytes(b"a stranger's")
        hub.push(tiny, f"{OWNER}/there")
        monkeypatch.setenv("AUDIOGAN_HUB_CHECKPOINTS", f"{REPO},{OWNER}/there")
        library = Library(tiny.parent, "cpu")
        assert library.names == ["tiny", "there"]
        assert library.get("there").describe()["name"] == "there"
        clips = [library.get(name).synthesizer.generate(1, 3, "Flute") for name in library.names]
        assert np.array_equal(*clips)
        assert f"the Hub has no {REPO} that HF_TOKEN may see" in capsys.readouterr().err
        components = build_app(library, Store("sqlite://")).config["components"]
        (shown,) = [it["props"]["value"] for it in components if "missing-models" in str(it["props"].get("value"))]
        assert "1 more could not be fetched" in shown
        assert REPO not in shown
