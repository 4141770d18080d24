"""ModelConfig: the JSON round trip, and what it refuses."""

import json

import pytest

from audiogan.config import ModelConfig


def test_json_round_trip():
    labels = ("Hi-hat", "Violin or fiddle", "Größe (2)", "तबला", "กลองชุด")
    config = ModelConfig("wavegan", dim=16, labels=labels, latent_distribution="normal")
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dim", 0),
        ("dim", 100_000),
        ("dim", 16.0),
        ("dim", True),
        ("num_samples", 16000),
        ("num_samples", 16384.0),
        ("sample_rate", -1),
        ("latent_dim", 10**9),
        ("latent_distribution", "cauchy"),
        ("labels", "Flute"),
        ("labels", ["a", "a"]),
        ("labels", ["../../etc/passwd"]),
        ("labels", ["<script>"]),
        ("labels", [""]),
        ("labels", ["\u0301a"]),
        ("labels", ["a" * 65]),
        ("labels", [7]),
        ("kernel_size", 3),
        ("post_filter", 512),
        ("post_filter", -1),
        ("post_filter", 1),
        ("envelope", 1),
        ("partial_ratios", "yes"),
        ("griffin_lim_iterations", 10**6),
        ("output_peak", 1.5),
        ("output_peak", float("nan")),
        ("output_peak", "loud"),
    ],
)
def test_bad_values_are_named(name, value):
    with pytest.raises(ValueError, match="label" if name == "labels" else name):
        ModelConfig("wavegan", **{name: value})


@pytest.mark.parametrize("architecture", ["specgan", "report-wavegan"])
def test_a_post_filter_follows_no_other_model(architecture):
    with pytest.raises(ValueError, match=f"post_filter is for wavegan, hybrid, not for {architecture}"):
        ModelConfig(architecture, post_filter=33)


@pytest.mark.parametrize(
    ("name", "owner", "architecture"),
    [("envelope", "wavegan", "specgan"), ("envelope", "wavegan", "hybrid"), ("partial_ratios", "hybrid", "wavegan")],
)
def test_what_is_of_one_architecture_is_of_no_other(name, owner, architecture):
    with pytest.raises(ValueError, match=f"{name} is a {owner}'s, not a {architecture}'s"):
        ModelConfig(architecture, **{name: True})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "must be a JSON object with an architecture"),
        ({}, "must be a JSON object with an architecture"),
        (None, "must be a JSON object with an architecture"),
        ({"architecture": "wavegan", "evil": 1}, "unknown model config name 'evil'"),
        ({"architecture": 3}, "architecture must be a name"),
    ],
)
def test_what_is_no_config_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        ModelConfig.from_dict(values)


def test_label_index_names_what_is_accepted():
    config = ModelConfig("wavegan", labels=("Flute", "Oboe"))
    assert config.label_index("Oboe") == 1
    with pytest.raises(ValueError, match="Flute, Oboe"):
        config.label_index("Kazoo")
    with pytest.raises(ValueError, match="unconditional"):
        ModelConfig("wavegan").label_index("Flute")
