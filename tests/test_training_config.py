"""Presets and settings: what they say, and what they refuse."""

import pytest
import torch

from audiogan.models.ensembles import SpectrogramEnsemble, WaveformEnsemble
from training.config import ENSEMBLE, TrainConfig, load_preset, presets
from training.export import settings_of


def test_every_architecture_has_a_preset_and_a_cpu_size():
    names = {"wavegan", "specgan", "report-wavegan", "report-specgan"}
    assert names | {f"{name}-cpu" for name in names} <= set(presets())
    for name in presets():
        assert load_preset(name).model["architecture"] == name.removesuffix("-cpu")


def test_published_recipe():
    config = load_preset("wavegan")
    assert (config.loss, config.critic_steps, config.batch_size, config.penalty) == ("wgan-gp", 5, 64, 10.0)
    assert (config.learning_rate, config.betas, config.model["dim"]) == (1e-4, (0.5, 0.9), 64)


def test_settings_go_to_the_model_or_the_training():
    config = load_preset("wavegan-cpu", ["dim=8", "batch_size=3", "learning_rate=1", "conditional=false", "loss=bce"])
    assert (config.model["dim"], config.batch_size, config.learning_rate, config.loss) == (8, 3, 1.0, "bce")
    assert not config.conditional


def test_checkpoint_to_start_from_may_have_a_number_for_a_name():
    assert load_preset("wavegan-cpu", ["start=5"]).start == "5"
    with pytest.raises(ValueError, match="start must be a checkpoint's name"):
        TrainConfig(start=5)


def test_round_trip():
    config = load_preset("specgan-cpu", ["seed=7"])
    assert TrainConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("setting", "match"),
    [
        ("batch_size=0", "batch_size must be"),
        ("batch_size=4611686018427387904", "batch_size must be at most 65,536"),
        ("batch_size=many", "batch_size must be"),
        ("batch_size=1.5", "batch_size must be"),
        ("learning_rate=nan", "learning_rate must be"),
        ("betas=[0.5]", "betas must be"),
        ("betas=x", "betas must be"),
        ("betas=0.5", "betas must be"),
        ("betas=['a', 'b']", "betas must be"),
        ("betas=[0.5, true]", "betas must be"),
        ("loss=5", "loss must be"),
        ("loss=magic", "loss must be"),
        ("critics=3", "critics must be"),
        ("critics=['features']", "critics must be"),
        ("critics=features,ears", "critics must be"),
        ("critic_width=64", "critic_width must be 0"),
        ("diversity=0.5", "diversity must be 0 unless paired is true"),
        ("aperiodicity=0.5", "aperiodicity must be 0 unless paired is true"),
        ("precision=int4", "precision must be"),
        ("ema=1.0", "ema must be"),
        ("seed=-1", "seed must be"),
        ("dim=0", "dim must be"),
        ("dim=x", "dim must be"),
        ("steps", "--set takes key=value"),
        ("evil=1", "--set takes key=value"),
        ("preset=x", "--set takes key=value"),
        ("labels=['a']", "--set takes key=value"),
    ],
)
def test_bad_settings_are_named(setting, match):
    with pytest.raises(ValueError, match=match):
        load_preset("wavegan", [setting])


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate", True), ("augment", "0.5"), ("paired", 1), ("steps", 10.0), ("seed", True), ("model", [])],
)
def test_values_of_another_type_are_named(name, value):
    """As in a run's config.json that somebody has edited."""
    with pytest.raises(ValueError, match=f"{name} must be"):
        TrainConfig.from_dict({name: value})


def test_critics_are_those_that_ensembles_have():
    assert ENSEMBLE == WaveformEnsemble.NAMES
    assert ENSEMBLE[:-1] == SpectrogramEnsemble.NAMES
    assert load_preset("hybrid-cpu", ["critics=temporal,features"]).critics == "temporal,features"
    with pytest.raises(ValueError, match="some of features, spectral, harmonic, comma"):
        load_preset("specgan-cpu", ["critics=temporal"])


def test_what_a_generator_has_not_is_refused():
    with pytest.raises(ValueError, match="even_phases must be false for a hybrid"):
        load_preset("hybrid-cpu", ["even_phases=true"])
    with pytest.raises(ValueError, match="as_played must be false for a generator of spectrograms"):
        load_preset("report-specgan", ["as_played=true"])
    with pytest.raises(ValueError, match="aperiodicity must be 0 for a generator that takes no pitch"):
        load_preset("wavegan-cpu", ["paired=true", "aperiodicity=0.5"])


@pytest.mark.parametrize("setting", ["kernel_size=28", "phase_shuffle=0"])
@pytest.mark.parametrize("preset", ["specgan", "report-wavegan", "hybrid-cpu"])
def test_what_only_a_wavegan_has_is_refused_elsewhere(preset, setting):
    assert load_preset("wavegan", [setting]).model
    with pytest.raises(ValueError, match=f"{setting.partition('=')[0]} is a setting of wavegan, not of {preset[:6]}"):
        load_preset(preset, [setting])


def test_a_head_start_ends_before_the_run():
    assert load_preset("wavegan-cpu", ["head_start=9", "steps=10"]).head_start == 9
    with pytest.raises(ValueError, match="head_start must be below steps, which is 10, not 10"):
        load_preset("wavegan-cpu", ["head_start=10", "steps=10"])


def test_whole_numbers_will_do_for_betas():
    config = load_preset("wavegan-cpu", ["betas=[0, 0.99]"])
    assert config.betas == (0.0, 0.99)
    assert all(type(beta) is float for beta in config.betas)
    torch.optim.Adam([torch.ones(1)], betas=config.betas)


def test_unknown_preset_names_those_there_are():
    with pytest.raises(ValueError, match="wavegan-cpu"):
        load_preset("stylegan")


def test_a_cards_settings_give_the_run_again():
    settings = ["share_batch=false", "betas=[0.0, 0.9]", "critics=features,spectral", "dim=32", "learning_rate=3e-4"]
    config = load_preset("specgan-cpu", settings)
    assert load_preset("specgan-cpu", settings_of(config)) == config
    assert "share_batch=false" in settings_of(config)
