"""Reference systems of a study: degraded and resynthesised real clips. Audio is float32 [time] in [-1, 1]."""

import numpy as np
import scipy.signal
import torch

from audiogan import dsp

CUTOFF_HZ, STOP_HZ = 3500.0, 4000.0
PASS_RIPPLE_DB, STOP_DB = 0.1, 30.0  # per pass: the filter runs forwards and backwards
NOISE_SNR_DB = -6.0


def anchor(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """The low anchor of ITU-R BS.1534-3, section 5.1: nothing above 3.5 kHz, no delay.

    Raises:
        ValueError: the sample rate leaves nothing to filter out.
    """
    if sample_rate <= 2 * STOP_HZ:
        raise ValueError(f"a 3.5 kHz anchor needs a sample rate above {2 * STOP_HZ:.0f} Hz, not {sample_rate}")
    order, edge = scipy.signal.ellipord(CUTOFF_HZ, STOP_HZ, PASS_RIPPLE_DB, STOP_DB, fs=sample_rate)
    sections = scipy.signal.ellip(order, PASS_RIPPLE_DB, STOP_DB, edge, output="sos", fs=sample_rate)
    return scipy.signal.sosfiltfilt(sections, audio).astype(np.float32)


def resynthesised(audio: np.ndarray) -> np.ndarray:
    """The clip rebuilt from its own magnitudes, see `dsp.resynthesised`: the best that SpecGAN's phases could give."""
    return dsp.resynthesised(torch.from_numpy(np.asarray(audio, np.float32))[None])[0].numpy()


def buried(audio: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """The clip under white noise of four times its power, for gold trials: no attentive listener calls this good."""
    noise = stream.standard_normal(len(audio)).astype(np.float32)
    power = float(np.mean(np.square(audio, dtype=np.float64)))
    return audio + noise * np.float32(np.sqrt(power * 10 ** (-NOISE_SNR_DB / 10)))
