"""Checkpoints of the Hub that AUDIOGAN_HUB_CHECKPOINTS names, beside the local ones."""

import json

import numpy as np
from conftest import save_tiny_checkpoint
from test_cli import refused

from audiogan import cli, hub
from audiogan.listening.store import Store
from audiogan.ui import Library, build_app

from .conftest import REPO
from .door import OWNER
from .faults import say


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
