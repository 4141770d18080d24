"""What README, docs/ and the cards say can be done: links lead somewhere, commands are commands, settings settings."""

import re
from pathlib import Path

import pytest

from audiogan import cli
from training import cli as training_cli
from training.config import load_preset

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("checkpoints/*/README.md"))]
PARSERS = {"audiogan": cli._parser, "training": training_cli._parser}
COMMAND = re.compile(r"^    .*?python -m (audiogan|training) (.*(?:\\\n.*|\n +\[.*)*)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)\)")


def commands() -> list[tuple[str, str, list[str]]]:
    """Each command's document, module and arguments: options in brackets given, names in capitals 1."""
    found = []
    for path in DOCUMENTS:
        for module, words in COMMAND.findall(path.read_text("utf-8")):
            words = re.sub(r" #.*| > .*", "", words)
            words = re.sub(r"[\[\]\\]|\.\.\.", "", words)
            arguments = [re.sub(r"^[A-Z]+\d?$", "1", word) for word in words.split()]
            found.append((str(path.relative_to(ROOT)), module, arguments))
    return found


def test_there_are_commands_in_every_kind_of_document():
    assert {"README.md", "docs/training.md", "docs/listening-test.md"} <= {document for document, *_ in commands()}
    assert len(commands()) > 40


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path):
    for link in LINK.findall(path.read_text("utf-8")):
        assert re.match(r"https?://", link) or (path.parent / link).is_file(), link


@pytest.mark.parametrize(("document", "module", "arguments"), commands())
def test_commands_are_commands(document, module, arguments):
    options = PARSERS[module]().parse_args(arguments)
    if module == "training" and arguments[0] == "train":
        load_preset(options.preset, options.set)
