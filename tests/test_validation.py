"""The score that picks the best checkpoint: real audio beats noise, and the same generator scores the same."""

from dataclasses import astuple

import pytest
import torch
from conftest import tone

from audiogan import dsp
from audiogan.audio import from_pcm16
from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData
from audiogan.models.base import WaveGenerator
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit
from training.validation import FLOORS, Validation, _alike


class Player(WaveGenerator):
    """Not a network: answers with given clips, or noise."""

    def __init__(self, clips: torch.Tensor, output_peak: float = 0.0):
        super().__init__(ModelConfig("wavegan", output_peak=output_peak))
        self.clips = clips

    def forward(self, z, label=None, pitch=None):
        return self.clips[torch.arange(len(z)) % len(self.clips)][:, None]


def test_real_audio_beats_noise_and_silence(prepared):
    data = PreparedData(prepared)
    validation = Validation(data, torch.device("cpu"))
    real = torch.from_numpy(from_pcm16(data.clips[data.rows("test")]))
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(0)) * 0.1
    scores = [validation.score(Player(clips)) for clips in (real, noise, torch.zeros_like(real))]
    for of_real, floor, *others in zip(*map(astuple, [scores[0], validation.floor, *scores[1:]]), strict=True):
        assert of_real < 0.1 * min(others)
        assert floor < 0.2 * min(others)
    assert validation.floor.distance > 0  # KAD has no bias: it can be below
    assert scores[0] == validation.score(Player(real))


@pytest.mark.parametrize(("splits", "judged"), [(("train", "train", "test"), 2), (("train", "test", "test"), 2)])
def test_one_held_out_clip_is_none(tmp_path, splits, judged):
    validation = Validation(few_clips(tmp_path / "data", splits), torch.device("cpu"))
    assert len(validation.label) == judged
    assert (validation.floor is None) == (splits.count("test") < 2)  # nothing is compared with itself


def test_one_clip_is_too_few(tmp_path):
    with pytest.raises(ValueError, match=r"at least 2 clips, but .* has 1"):
        Validation(few_clips(tmp_path / "data", ("train", "test")), torch.device("cpu"))


def few_clips(folder, splits: tuple[str, ...]) -> PreparedData:
    form = ClipFormat()
    with DataSetWriter(folder, form, (), "tests") as writer:
        for number, split in enumerate(splits):
            writer.add(Clip(fit(tone(200.0 + 100 * number), form), "", str(number), split))
    return PreparedData(folder)


def test_clips_are_judged_at_the_level_they_are_played_at(prepared):
    data = PreparedData(prepared)
    validation = Validation(data, torch.device("cpu"))
    real = torch.from_numpy(from_pcm16(data.clips[data.rows("test")]))
    real = real * (0.95 / real.abs().amax(1, keepdim=True))
    played, soft, own = (validation.score(Player(0.1 * real, peak)).distance for peak in (0.95, 0.5, 0.0))
    faded = real * dsp.edges(real.shape[1], data.sample_rate)
    assert abs(played - validation.score(Player(faded)).distance) < 1e-3 * soft
    assert abs(played) < 0.1 * soft < 0.1 * own


def test_the_floor_is_of_each_labels_training_clips_none_twice_in_a_draw(prepared):
    data = PreparedData(prepared)
    rows, train = data.rows("test"), data.rows("train")
    draws = list(_alike(data, rows))
    assert len(draws) == FLOORS
    for draw in draws:
        assert set(draw) <= set(train)
        assert len(set(draw)) == len(rows)
        assert sorted(data.label[draw]) == sorted(data.label[rows])
    assert any(set(draw) != set(draws[0]) for draw in draws)
