"""A card as the Hub reads it: the checkpoint's own, with metadata from its config and its evaluation."""

import json
from collections.abc import Sequence
from pathlib import Path

from audiogan.checkpoint import Checkpoint, weights_hash

TASK, TASK_NAME = "text-to-audio", "Audio generation"  # the nearest of the Hub's tasks
SCORES = {
    "class_accuracy": "Class accuracy",
    "inception_score": "Inception Score",
    "kad_classifier": "Kernel audio distance (embedding of audiogan's classifier)",
    "fad_classifier": "Frechet audio distance (embedding of audiogan's classifier)",
}
DATA_SETS = ("fsdkaggle2018", "general-midi")  # public names, the same everywhere


def hub_card(item: Checkpoint, evaluations: Sequence[Path]) -> str:
    """A checkpoint's card with the metadata that the Hub shows; keeps what its author wrote there.

    Args:
        evaluations: folders of `python -m audiogan evaluate`; adds the scores of the first that has these weights.

    Raises:
        ValueError: the card's metadata is damaged.
    """
    import yaml
    from huggingface_hub import ModelCard

    try:
        card = ModelCard(item.card() or f"# {item.name}\n")
    except (ValueError, TypeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"the card of checkpoint {item.name} has damaged metadata: {reason}") from None
    results = next(filter(None, (_results(item, folder) for folder in evaluations)), [])
    data_set = str(item.training.get("data", "")).partition(":")[0]
    known = {
        "library_name": "audiogan",
        "pipeline_tag": TASK,
        "license": "other",
        "tags": ["audio", "gan", item.config.architecture],
        "datasets": [data_set] if data_set in DATA_SETS else None,
        "metrics": [result.metric_type for result in results] or None,
        "eval_results": results or None,
    }
    for name, value in known.items():
        if value is not None and not card.data.get(name):
            card.data[name] = value
    if card.data.get("eval_results"):
        card.data.model_name = card.data.get("model_name") or item.name
    return card.content


def _results(item: Checkpoint, evaluation: Path) -> list:
    """The scores of exactly these weights, as the Hub's model index has them."""
    from huggingface_hub import EvalResult

    try:
        document = json.loads((evaluation / "metrics.json").read_text("utf-8"))
        model, source = document["models"][item.name], document["data"]["source"]
    except (OSError, ValueError, KeyError, TypeError):  # not evaluated
        return []
    if model.get("checkpoint_sha256") != weights_hash(item.folder):
        return []
    where = {"task_type": TASK, "task_name": TASK_NAME, "dataset_name": source, "dataset_split": "test"}
    where |= {"dataset_type": source.partition(":")[0]}
    return [
        EvalResult(**where, metric_type=name, metric_name=title, metric_value=model["scores"][name])
        for name, title in SCORES.items()
        if model["scores"].get(name) is not None
    ]
