"""Three commands, as people run them: from FSDKaggle2018's zip files to a checkpoint that plays in the app."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from conftest import NUM_SAMPLES
from fsdkaggle2018.conftest import write_zips

from audiogan.dataset import PreparedData
from audiogan.ui.library import Library

ROOT = Path(__file__).parent.parent
TINY = ("dim=2", "critic_width=8", "feature_steps=2", "batch_size=2", "precision=float32")
OFTEN = ("preview_every=2", "report_every=1")


def training(*arguments) -> str:
    command = [sys.executable, "-m", "training", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_zip_files_become_a_checkpoint_that_plays(tmp_path):
    zips = write_zips(tmp_path / "zips")
    data, run, shelf = tmp_path / "data", tmp_path / "run", tmp_path / "checkpoints"
    settings = [word for setting in (*TINY, *OFTEN) for word in ("--set", setting)]
    said = training("prepare", "fsdkaggle2018", "--out", data, "--from-dir", zips, "--skip-checksums")
    assert "clips in" in said
    assert "done: 2 of 2 steps" in training(
        "train", "specgan-cpu", "--data", data, "--out", run, "--max-steps", 2, "--device", "cpu", *settings
    )
    training("export", run, "--name", "from-zips", "--checkpoints", shelf)
    entry = Library(shelf, "cpu").get("from-zips")
    assert entry.describe()["labels"] == ["Cello", "Flute", "Snare_drum"]
    clips = entry.synthesizer.generate(2, seed=1, label="Flute")
    assert clips.shape == (2, NUM_SAMPLES)
    assert np.isfinite(clips).all()
    assert np.abs(clips).max() > 0
    kept = PreparedData(data).statistics["log-magnitude-256-128"]
    spectrum = entry.synthesizer.generator.spectrum
    np.testing.assert_allclose(spectrum.mean[:, 0].numpy(), kept[0], atol=0.01)  # weights may be kept as float16
