"""Checkpoints to the Hub: whole ones with an honest card, and nothing twice."""

import json

import pytest

from audiogan import checkpoint, hub

from .conftest import REPO
from .door import OWNER


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
