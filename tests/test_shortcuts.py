"""What the evaluation's classifier must not learn from is varied, and no further than it is asked to."""

import torch

from training.shortcuts import Shortcuts, vary


def test_each_change_stays_in_its_range():
    mels = torch.ones(64, 64, 65)
    still = dict.fromkeys(("gain_db", "noise_db"), (0.0, 0.0)) | {"tilt_db": 0.0, "shift_frames": 0.0}
    quiet = Shortcuts(**still | {"band_limited": 0.0, "noise_db": (-200.0, -200.0)})
    rng = torch.Generator().manual_seed(0)
    assert torch.allclose(vary(mels, rng, quiet), mels, atol=1e-3)
    gained = Shortcuts(**still | {"band_limited": 0.0, "noise_db": (-200.0, -200.0), "gain_db": (-6.0206, -6.0206)})
    assert torch.allclose(vary(mels, rng, gained), mels / 2, atol=1e-3)


def test_a_low_pass_takes_the_top_and_leaves_the_bottom():
    limited = Shortcuts((0, 0), 0.0, (-200, -200), 0.0, low_pass=(0.8, 0.8), high_pass=(0, 0), band_limited=1.0)
    changed = vary(torch.ones(4, 64, 10), torch.Generator().manual_seed(0), limited)
    assert torch.allclose(changed[:, :50], torch.ones(4, 50, 10), atol=1e-3)
    assert (changed[:, -1] < 1e-2).all()


def test_clips_of_a_batch_are_changed_differently_and_repeatably():
    mels = torch.rand(8, 64, 65)
    once, again = (vary(mels, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(once, again)
    assert len({round(float(clip.mean()), 6) for clip in once / mels}) == 8
