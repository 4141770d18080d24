"""Fixtures that several test modules share: small untrained checkpoints and a small prepared data set."""

import errno
import json
import os
import signal
import time
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from filelock import FileLock
from hub.door import TOKEN
from hub.server import HubServer
from voting import STUDY, exclusion, vote

from audiogan import checkpoint, cli
from audiogan.audio import write_wav
from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData
from audiogan.listening import records
from audiogan.models import ARCHITECTURES, build_generator
from audiogan.models.base import Generator
from training import classifier
from training.data import general_midi
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit
from training.data.processes import ONE_THREAD


def pytest_configure() -> None:
    """Hear Ctrl-C again where a shell started the tests in the background: programs they start inherit deafness.

    Workers side by side share the cores, and so do the programs that they start.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    threads = max(1, torch.get_num_threads() // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)))
    os.environ |= dict.fromkeys(ONE_THREAD, str(threads))
    torch.set_num_threads(threads)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests last: Playwright leaves an event loop running, in which `asyncio.run` would fail."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


LABELS = ("Flute", "Snare_drum")
SAMPLE_RATE, NUM_SAMPLES = 16000, 16384
EVALUATED, EVALUATED_CLIPS = ("tiny-wavegan", "tiny-unconditional"), 60


def tiny_generator(architecture: str, labels: tuple[str, ...] = LABELS) -> Generator:
    """An untrained dim-4 model with the weights of seed 0; its first label is played from C4 to C5, no other is."""
    torch.manual_seed(0)
    generator = build_generator(ModelConfig(architecture, dim=4, labels=labels))
    if labels:
        pitch = torch.cat([torch.arange(60.0, 73.0), torch.full((5,), torch.nan)])
        generator.fit_conditions(pitch.isnan().long(), pitch)
    return generator


def save_tiny_checkpoint(folder: Path, architecture: str, labels: tuple[str, ...] = LABELS) -> Path:
    """`tiny_generator` as a checkpoint."""
    generator = tiny_generator(architecture, labels)
    checkpoint.save(folder, generator, {"data": "nothing", "steps": 0}, f"# {folder.name}\n\nUntrained.\n")
    return folder


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory) -> Path:
    """A folder with `tiny-ARCHITECTURE` for each architecture, and `tiny-unconditional`."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for architecture in ARCHITECTURES:
        save_tiny_checkpoint(folder / f"tiny-{architecture}", architecture)
    save_tiny_checkpoint(folder / "tiny-unconditional", "wavegan", labels=())
    return folder


def save_tiny_evaluation(folder: Path, model: str) -> Path:
    """An evaluation of one model in the shape of `python -m audiogan evaluate`: two real flutes and made-up scores."""
    (folder / "real").mkdir(parents=True)
    for number in range(2):
        write_wav(folder / "real" / f"Flute-{number}.wav", tone(440 * (number + 1)), SAMPLE_RATE)

    def scored(accuracy: float, distance: float, ratio: float) -> dict:
        scores = {"class_accuracy": accuracy, "nearest_log_mel_db": distance, "memorisation_ratio": ratio, "peak": 0.9}
        flute = {"class_accuracy": accuracy / 2, "nearest_log_mel_db": distance + 1}
        flute |= {"nearest_log_mel_db_back": 2 * distance, "diversity": 1 - accuracy}
        return {"scores": scores, "labels": {"Flute": flute}}

    judged = {"class_accuracy": ("Right label", "higher"), "nearest_log_mel_db": ("Nearest spectrum", "lower")}
    judged |= {
        "memorisation_ratio": ("Memorisation", "like real"),
        "peak": ("Peak", "like real"),
        "fad": ("FAD", "lower"),
    }
    document = {
        "schema": 1,
        "data": {"source": "tests", "labels": list(LABELS)},
        "scores": {
            name: {"title": title, "better": better, "realism": better != "like real", "words": f"{title} in words."}
            for name, (title, better) in judged.items()
        },
        "baselines": {"real_test": scored(0.98, 0, 1.0), "real_train": scored(0.96, 4, 1.0)},
        "models": {model: scored(0.5, 8, 0.6)},
    }
    (folder / "metrics.json").write_text(json.dumps(document))
    return folder


def tone(hz: float, seconds: float = NUM_SAMPLES / SAMPLE_RATE, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """A sine of amplitude 0.5, float32 [time]."""
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    return (0.5 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    """Float32 [time]."""
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def hertz(midi: float) -> float:
    return 440 * 2 ** ((midi - 69) / 12)


def no_room(*_, **__):
    """What writing to a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Markup(HTMLParser):
    """The tags of a page with their attributes, and its text on one line."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def of(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def library(checkpoints):
    """The tiny checkpoints as the app has them."""
    from audiogan.ui import Library  # gradio, which most tests do without

    return Library(checkpoints, "cpu")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Path:
    """A prepared data set of 40 decaying tones and noises under two labels."""
    folder, form = tmp_path_factory.mktemp("prepared") / "data", ClipFormat()
    random, decay = np.random.default_rng(0), np.exp(-np.arange(NUM_SAMPLES) / 3000).astype(np.float32)
    with DataSetWriter(folder, form, LABELS, "tests") as writer:
        for number in range(20):
            split = "test" if number >= 16 else "train"
            flute = fit(decay * tone(300 + 20 * number), form)
            writer.add(Clip(flute, "Flute", f"tone {number}", split, pitch=60.0 + number))
            noise = fit(decay * random.standard_normal(NUM_SAMPLES).astype(np.float32), form)
            writer.add(Clip(noise, "Snare_drum", f"noise {number}", split))
    return folder


@pytest.fixture(scope="session")
def general_midi_data(tmp_path_factory, worker_id) -> PreparedData:
    """The real thing: both soundfonts, every note. The first worker that needs it prepares it for all."""
    own = tmp_path_factory.getbasetemp()
    out = (own if worker_id == "master" else own.parent) / "general-midi"
    with FileLock(f"{out}.lock"):
        if not out.exists():
            general_midi.prepare(out, None, ClipFormat())
    return PreparedData(out)


@pytest.fixture(scope="session")
def judge(prepared, tmp_path_factory) -> Path:
    """A small classifier of the prepared data set, trained for seconds."""
    folder = tmp_path_factory.mktemp("classifiers") / "judge"
    how = classifier.ClassifierTraining(batch_size=8, steps=40, check_every=10, average=0.7, width=4)
    classifier.train(PreparedData(prepared), folder, how)
    return folder


@pytest.fixture(scope="session")
def votes(tmp_path_factory) -> Path:
    """Two listeners who agree on nothing, and a third."""
    file = tmp_path_factory.mktemp("votes") / "votes.csv"
    answers = [("a", 1), ("a", 3), ("b", 4), ("c", 3)]
    rows = [vote(rater, "tiny-wavegan", value, stimulus=f"c{place}") for place, (rater, value) in enumerate(answers)]
    rows += [vote("c", "tiny-wavegan", 5, "resemblance"), vote("a", "real", 5, stimulus="c9")]
    rows += [vote("d", "tiny-wavegan", 5), exclusion(session_id="s-d", study_hash=STUDY)]
    rows += [vote("a", "tiny-wavegan", 5, role="gold"), vote("a", "tiny-wavegan", "real", "real")]
    file.write_text(records.to_csv(records.records(rows, [])))
    return file


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    rows = [
        {"step": 10, "d_loss": 1},
        {"step": 10, "score": 200.0, "floor": 12.5},
        {"step": 20, "score": 90, "floor": 12.5, "kad": 7.5, "kad_floor": 0.5},
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 30, "sco')
    return folder


@pytest.fixture(scope="session")
def evaluated(prepared, checkpoints, judge, votes, run_folder, tmp_path_factory) -> tuple[Path, dict]:
    """The folder of an evaluation of two models, and its document."""
    out = tmp_path_factory.mktemp("evaluated") / "evaluation"
    arguments = [
        "evaluate",
        *EVALUATED,
        "--data",
        prepared,
        "--out",
        out,
        "--num",
        EVALUATED_CLIPS,
        "--classifier",
        judge,
    ]
    arguments += ["--checkpoints", checkpoints, "--ratings", votes, "--run", run_folder, "--device", "cpu"]
    assert cli.main([str(argument) for argument in arguments]) == 0
    return out, json.loads((out / "metrics.json").read_text())


@pytest.fixture
def online(tmp_path, monkeypatch):
    """A Hub on loopback as this process's own: an empty cache, a token, no waiting between the client's retries."""
    from huggingface_hub import constants, file_download
    from huggingface_hub.utils import _http

    server = HubServer()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    impatient = SimpleNamespace(**(vars(time) | {"sleep": lambda seconds: None}))
    for module in (_http, file_download):
        monkeypatch.setattr(module, "time", impatient)
    yield server
    server.close()
