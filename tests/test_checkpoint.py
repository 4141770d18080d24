"""The checkpoint folder: round trip, and one sentence for everything that is not one."""

import json
import os
import pickle
import shutil

import pytest
import safetensors.torch
import torch
from conftest import LABELS, save_tiny_checkpoint, tiny_generator

from audiogan import checkpoint
from audiogan.models import ARCHITECTURES


@pytest.fixture
def folder(tmp_path):
    return save_tiny_checkpoint(tmp_path / "tiny", "wavegan")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_round_trip(tmp_path, architecture):
    folder = save_tiny_checkpoint(tmp_path / "tiny", architecture)
    description, loaded = checkpoint.load(folder)
    original = tiny_generator(architecture)
    assert description.config.labels == LABELS
    for key, value in original.state_dict().items():
        stored = value.half().float() if value.is_floating_point() else value
        assert torch.equal(loaded.state_dict()[key], stored), key
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]


def test_description(folder):
    row = checkpoint.read(folder).describe()
    assert row == {
        "name": "tiny",
        "architecture": "wavegan",
        "labels": list(LABELS),
        "sample_rate": 16000,
        "num_samples": 16384,
        "parameters": 274_185,
        "data": "nothing",
        "steps": 0,
    }


def test_saving_again_replaces(folder):
    save_tiny_checkpoint(folder, "specgan")
    assert checkpoint.load(folder)[0].config.architecture == "specgan"
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_one_that_was_giving_way_when_its_process_was_killed_is_there_again(folder):
    home = folder.parent / ".tiny.partial-dead"
    (home / "new").mkdir(parents=True)
    folder.rename(home / "replaced")
    with pytest.raises(ValueError, match="tiny is there already"):
        checkpoint.refuse_taken(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("document", ['{"training": {}, "model": {}, "data": {}}', '{"model_type": "bert"}', "{", "[]"])
def test_only_checkpoints_give_way(folder, tmp_path, document):
    checkpoint.refuse_taken(folder, replace=True)
    (folder / "model.safetensors").unlink()  # damaged, and still one
    checkpoint.refuse_taken(folder, replace=True)
    (tmp_path / "run").mkdir()
    (tmp_path / "run/config.json").write_text(document)
    with pytest.raises(ValueError, match="run is there already"):
        checkpoint.refuse_taken(tmp_path / "run", replace=True)


def damage(folder, how: str) -> None:
    """Break a checkpoint in one way."""
    weights, config = folder / "model.safetensors", folder / "config.json"
    document = json.loads(config.read_text())
    if how == "no weights":
        weights.unlink()
    elif how == "truncated":
        weights.write_bytes(weights.read_bytes()[:-1000])
    elif how == "ten bytes":
        weights.write_bytes(b"0123456789")
    elif how == "empty":
        weights.write_bytes(b"")
    elif how == "pickle":
        weights.write_bytes(pickle.dumps({"dense.weight": print}))
    elif how == "torch.save":
        torch.save({"dense.weight": torch.zeros(1)}, weights)
    elif how in ("wrong shape", "missing tensor", "unknown tensor", "not finite") or how.endswith(" numbers"):
        state = safetensors.torch.load_file(weights)
        edits = {
            "wrong shape": lambda: state.update({"dense.bias": torch.zeros(3)}),
            "missing tensor": lambda: state.pop("dense.bias"),
            "unknown tensor": lambda: state.update({"evil": torch.zeros(1)}),
            "not finite": lambda: state["dense.bias"].fill_(float("nan")),
            "whole numbers": lambda: state.update({"dense.bias": state["dense.bias"].to(torch.int8)}),
            "complex numbers": lambda: state.update({"dense.bias": state["dense.bias"].to(torch.complex64)}),
        }
        edits[how]()
        safetensors.torch.save_file(state, weights)
    elif how == "four bits":  # a kind that safetensors knows and PyTorch cannot read
        header = {"dense.bias": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}
        text = json.dumps(header).encode()
        weights.write_bytes(len(text).to_bytes(8, "little") + text + b"\0")
    elif how == "other dim":
        document["model"]["dim"] = 256
        config.write_text(json.dumps(document))
    elif how == "huge dim":
        document["model"]["dim"] = 10**9
        config.write_text(json.dumps(document))
    elif how == "other format":
        config.write_text(json.dumps(document | {"format": 99}))
    elif how.startswith("training."):
        config.write_text(json.dumps(document | {"training": json.loads(how.removeprefix("training."))}))
    elif how == "config not JSON":
        config.write_text("{")
    elif how == "config deep":
        config.write_text("[" * 100_000)
    elif how == "config huge":
        config.write_text(" " * 2_000_000)
    elif how == "config binary":
        config.write_bytes(b"\xff\xfe\x00")
    elif how == "unknown architecture":
        document["model"]["architecture"] = "<b>"
        config.write_text(json.dumps(document))
    elif how == "config without end":
        config.unlink()
        config.symlink_to("/dev/zero")
    elif how == "pipe of weights":
        weights.unlink()
        os.mkfifo(weights)


WAYS = """no weights|truncated|ten bytes|empty|pickle|torch.save|wrong shape|missing tensor|unknown tensor|not finite
four bits|whole numbers|complex numbers|pipe of weights|config without end|unknown architecture
other dim|huge dim|other format|config not JSON|config deep|config huge|config binary
training.null|training.{"steps": null}|training.{"steps": true}|training.{"steps": -1}|training.{"steps": "many"}
training.{"data": ["drums"]}|training.{"data": null}|training.{"steps": 9223372036854775808}
training.{"data": "\\ud800"}|training.{"data": "\\u001b[2J"}|training.{"data": "a\\nb"}""".replace("\n", "|").split("|")


@pytest.mark.parametrize("how", WAYS)
def test_damage_is_refused_in_one_sentence(folder, how):
    damage(folder, how)
    with pytest.raises(ValueError, match=r"^checkpoint tiny has no usable") as caught:
        checkpoint.load(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_weights_that_do_not_fit_float16_are_not_saved(folder):
    generator = checkpoint.load(folder)[1]
    generator.dense.bias.data.fill_(1e6)
    with pytest.raises(ValueError, match=r"dense\.bias"):
        checkpoint.save(folder, generator, {}, "")
    assert checkpoint.load(folder)[1].dense.bias.abs().max() < 1e3
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_what_could_not_be_read_is_not_saved(folder):
    with pytest.raises(ValueError, match=r"training\.steps"):
        checkpoint.save(folder, checkpoint.load(folder)[1], {"steps": -1}, "")
    assert checkpoint.read(folder).describe()["steps"] == 0
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("before", [-1, 1.5, "many", checkpoint.MAX_STEPS])
def test_steps_before_are_numbers_and_counted(folder, before):
    generator = checkpoint.load(folder)[1]
    with pytest.raises(ValueError, match=r"training\.steps_before"):
        checkpoint.save(folder, generator, {"steps": 1, "steps_before": before}, "")
    checkpoint.save(folder, generator, {"steps": 20, "steps_before": 300}, "")
    assert checkpoint.read(folder).describe()["steps"] == 320


def test_find_by_name_and_path(folder):
    assert checkpoint.find("tiny", folder.parent) == folder
    assert checkpoint.find(folder) == folder
    with pytest.raises(ValueError, match="one of tiny"):
        checkpoint.find("other", folder.parent)


def test_listing(folder):
    shutil.copytree(folder, folder.parent / "another")
    (folder.parent / "not a checkpoint").mkdir()
    assert [item.name for item in checkpoint.list_checkpoints(folder.parent)] == ["another", "tiny"]
    with pytest.raises(ValueError, match="is missing"):
        checkpoint.list_checkpoints(folder.parent / "none")


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", ".hidden", "a b", "x" * 65, "é", None])
def test_bad_names(name):
    with pytest.raises(ValueError, match="name"):
        checkpoint.check_name(name)
