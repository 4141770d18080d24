"""The mel spectrogram: levels and frequencies are where a known tone puts them."""

import numpy as np
import pytest
from conftest import SAMPLE_RATE, tone

from audiogan import log_mel, plots


def test_tone_peaks_at_its_frequency_and_level():
    levels = log_mel.log_mel_db(tone(1000.0), SAMPLE_RATE)  # amplitude 0.5 is -6.02 dB
    middle = levels[:, levels.shape[1] // 2]
    centre = plots._mel_centres(SAMPLE_RATE)[middle.argmax()]
    assert centre == pytest.approx(1000, rel=0.05)
    assert middle.max() == pytest.approx(-6.0, abs=2.0)  # between two filters a little is lost


def test_silence_lies_on_the_floor():
    assert (log_mel.log_mel_db(np.zeros(4000, np.float32), SAMPLE_RATE) == -log_mel.RANGE_DB).all()
