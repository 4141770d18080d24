"""An evaluation of sounds that have no labels: what needs none is scored, and nothing else is spoken of."""

import json
import re

import numpy as np
import pytest
from conftest import NUM_SAMPLES, tone

from audiogan import cli
from audiogan.ui import evaluated
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit

NUM = 60


@pytest.fixture(scope="module")
def report(checkpoints, tmp_path_factory):
    """Folder, document and page of a report on decaying tones without labels, and no classifier to be found.

    The last, held out, is nearly the one before it, a training clip.
    """
    folder, form = tmp_path_factory.mktemp("unlabelled"), ClipFormat()
    decay = np.exp(-np.arange(NUM_SAMPLES) / 3000).astype(np.float32)
    with DataSetWriter(folder / "data", form, (), "folder: mine") as writer:
        for number in range(40):
            hz, split = 200 + 20 * number if number < 39 else 960.1, ("train", "test")[number % 3 == 0]
            writer.add(Clip(fit(decay * tone(hz), form), "", str(number), split))
    arguments = [
        "tiny-unconditional",
        "--checkpoints",
        checkpoints,
        "--data",
        folder / "data",
        "--out",
        folder / "evaluation",
    ]
    arguments += ["--num", NUM, "--device", "cpu", "--classifier", folder / "none"]
    assert cli.main(["evaluate", *map(str, arguments)]) == 0
    out = folder / "evaluation"
    return out, json.loads((out / "metrics.json").read_text()), (out / "report.html").read_text()


def test_what_needs_no_judge_is_scored(report):
    document = report[1]
    entries = document["models"] | document["baselines"]
    assert document["classifier"] is None
    assert document["settings"]["embeddings"] == ["summary"]
    for name in ("kad_summary", "fad_summary", "recall_summary", "ndb", "nearest_log_mel_db_back", "diversity", "peak"):
        assert all(entry["scores"].get(name) is not None for key, entry in entries.items() if key != "real_test"), name
    assert (
        document["baselines"]["real_train"]["scores"]["kad_summary"]
        < document["baselines"]["noise"]["scores"]["kad_summary"]
    )
    model = document["models"]["tiny-unconditional"]
    assert (len(model["neighbours"]), len(model["failures"])) == (8, 3)
    assert model["confusion"] is None


def test_what_needs_one_is_not_spoken_of(report):
    _, document, page = report
    for entry in (*document["models"].values(), *document["baselines"].values()):
        assert not {"class_accuracy", "inception_score", "kad_classifier"} & set(entry["scores"])
        assert set(entry["scores"]) <= set(document["scores"])
    text = re.sub("<script>.*</script>|<[^>]*>", " ", page.partition("<body>")[2], flags=re.DOTALL)
    assert "So are 7% of the held-out clips" in text
    for words in ("label", "classifier", "Inception", "Right sound", "instrument", " notes"):
        assert words not in text, words


def test_real_clips_and_scores_reach_the_page(report, checkpoints):
    (evaluation,) = evaluated.load(report[0].parent)
    assert evaluation.source == "folder: mine"
    clips, _ = evaluation.real("sound")
    assert len(clips) == 2
    titles = {
        row["title"]: row["values"]["tiny-unconditional"] for row in evaluation.rows("sound", ["tiny-unconditional"])
    }
    assert titles["KAD (spectra)"]["all"]
    assert titles["Variety"]["all"]
    assert not titles["Variety"]["label"]  # of one label one number
    assert "Right label" not in titles
    assert all("classifier" not in sentence for sentence in evaluation.sentences("tiny-unconditional", "sound"))
