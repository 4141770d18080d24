"""What README, docs/ and the cards say: links lead somewhere, commands are commands, scores are the evaluation's."""

import json
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
import yaml

from audiogan import __version__, checkpoint, cli
from audiogan.listening.study import DEFAULT_FOLDER
from audiogan.ui import about
from training import cli as training_cli
from training.config import load_preset

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("checkpoints/*/README.md"))]
PARSERS = {"audiogan": cli._parser, "training": training_cli._parser}
COMMAND = re.compile(r"^    .*?python -m (audiogan|training) (.*(?:\\\n.*|\n +\[.*)*)", re.MULTILINE)
EVALUATED = json.loads((ROOT / "checkpoints" / "evaluation" / "metrics.json").read_text())["models"]
SCORES = {  # by what a card's row is called, without what stands there in brackets
    "class accuracy": ("class_accuracy",),
    "Inception Score, in splits of 65 clips": ("inception_score",),
    "KAD, classifier": ("kad_classifier",),
    "KAD, log-mel summaries": ("kad_summary",),
    "KAD, classifier / log-mel summaries": ("kad_classifier", "kad_summary"),
    "FAD, classifier": ("fad_classifier",),
    "FAD, log-mel summaries": ("fad_summary",),
    "FAD, classifier / log-mel summaries": ("fad_classifier", "fad_summary"),
    "NDB/K": ("ndb",),
    "nearest real clip, log-mel dB, there / back": ("nearest_log_mel_db", "nearest_log_mel_db_back"),
    "variety within a label against real, mean / least": ("diversity", "diversity_least"),
    "memorisation ratio": ("memorisation_ratio",),
    "near copies of training clips": ("near_copies",),
    "replayed training clips": ("replayed",),
}
LINK = re.compile(r"\]\(([^)#]+)\)")


def commands() -> list[tuple[str, str, list[str]]]:
    """Each command's document, module and arguments: options in brackets given, names in capitals 1."""
    found = []
    for path in DOCUMENTS:
        for module, words in COMMAND.findall(path.read_text("utf-8")):
            words = re.sub(r" #.*| > .*", "", words)
            words = re.sub(r"[\[\]\\]|\.\.\.", "", words)
            arguments = [re.sub(r"^[A-Z]+\d?$", "1", word) for word in shlex.split(words)]
            found.append((str(path.relative_to(ROOT)), module, arguments))
    return found


def test_there_are_commands_in_every_kind_of_document():
    assert {"README.md", "docs/training.md", "docs/listening-test.md"} <= {document for document, *_ in commands()}
    assert len(commands()) > 40


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path):
    for link in LINK.findall(path.read_text("utf-8")):
        assert re.match(r"https?://", link) or (path.parent / link).is_file(), link


def test_the_python_of_the_readme_and_of_its_page_runs(prepared, votes, tmp_path, monkeypatch, capsys):
    """From top to bottom, as in a notebook, beside a data set, a study and an export; `gradio_client` needs a page."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mine").symlink_to(prepared)
    (tmp_path / "my-study").symlink_to(DEFAULT_FOLDER)
    (tmp_path / "votes.csv").symlink_to(votes)
    monkeypatch.chdir(tmp_path)
    texts = [(ROOT / name).read_text("utf-8") for name in ("README.md", "docs/python.md")]
    blocks = [block for text in texts for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]
    names: dict = {}
    for block in (block for block in blocks if "gradio_client" not in block):
        exec(block, names)  # noqa: S102
    assert names["clips"].shape == (4, 16384)
    assert names["config"].steps == 7000
    said = capsys.readouterr().out
    assert "<Synthesizer hybrid-instruments: hybrid, 19 labels, 16384 samples at 16000 Hz, on " in said
    assert "tiny-wavegan 3" in said


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_paragraph_stands_twice(path):
    paragraphs = Counter(filter(None, path.read_text("utf-8").split("\n\n")))
    assert not [text for text, count in paragraphs.items() if count > 1]


@pytest.mark.parametrize(("document", "module", "arguments"), commands())
def test_commands_are_commands(document, module, arguments):
    options = PARSERS[module]().parse_args(arguments)
    if module == "training" and arguments[0] == "train":
        load_preset(options.preset, options.set)


def test_what_is_cited_is_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["version"] == __version__
    assert str(cited["date-released"])[:4] == re.search(r"year    = {(\d+)}", about.CITATIONS)[1]
    assert "CITATION.cff" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", EVALUATED)
def test_what_was_evaluated_is_what_is_shipped(name):
    assert EVALUATED[name]["checkpoint_sha256"] == checkpoint.weights_hash(ROOT / "checkpoints" / name)


@pytest.mark.parametrize("name", EVALUATED)
def test_a_cards_scores_are_the_evaluations(name):
    found = 0
    for line in (ROOT / "checkpoints" / name / "README.md").read_text("utf-8").splitlines():
        _, title, said, *_ = (*line.split("|"), "", "")
        scores = SCORES.get(re.sub(r" \(.*\)", "", title).strip(), ())
        for number, score in zip(said.split("/") if scores else (), scores, strict=True):
            step = 10.0 ** -len(number.strip().partition(".")[2])
            assert float(number) == pytest.approx(EVALUATED[name]["scores"][score], abs=0.51 * step), line
            found += 1
    assert found >= 12


def test_the_readme_says_that_it_takes_what_only_linux_and_macos_have():
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "audiogan").rglob("*.py"))
    assert set(re.findall(r"^import (fcntl|resource)$", code, re.MULTILINE)) == {"fcntl", "resource"}  # whatever comes
    assert "You need Linux or macOS" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "steps", "row"),
    [
        ("hybrid-instruments", 11_758, "6,258 steps, .* and 5,500, "),
        ("specgan-instruments", 15_616, "11,616 steps, .* and 4,000, "),
    ],
)
def test_trainings_that_went_on_from_others_are_listed_with_all_their_steps(name, steps, row):
    assert checkpoint.read(ROOT / "checkpoints" / name).describe()["steps"] == steps
    assert re.search(f"`{name}` .*{row}", (ROOT / "README.md").read_text("utf-8"))
