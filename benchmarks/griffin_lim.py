"""Griffin-Lim on 64 clips against librosa's, each with the iterations it needs for the same spectral convergence."""

import librosa
import numpy as np
import torch

from audiogan import dsp
from benchmarks.timing import alternate, row

CLIPS, N_FFT, HOP_LENGTH, NUM_SAMPLES, SAMPLE_RATE = 64, 256, 128, 16384, 16000
TARGET_ITERATIONS, ROUNDS = 32, 5
TOLERANCE = 1e-4  # of the convergence: float error after that many iterations


def run(clips: int = CLIPS, rounds: int = ROUNDS) -> list[dict]:
    """Seconds for clips of harmonic, decaying sounds.

    librosa reflects the edges as the measured spectrum does. With its default, zeros, it would look for another
    spectrum than the one it is judged by and seem to need twice the iterations.
    """
    linear = dsp.magnitude(torch.from_numpy(sounds(clips)), N_FFT, HOP_LENGTH)
    arrays, form = linear.numpy(), {"hop_length": HOP_LENGTH, "n_fft": N_FFT, "length": NUM_SAMPLES}

    def theirs():
        return librosa.griffinlim(arrays, n_iter=TARGET_ITERATIONS, init=None, pad_mode="reflect", **form)

    target = convergence(torch.from_numpy(theirs()), linear)
    enough = target * (1 + TOLERANCE)
    iterations = next(count for count in range(1, 200) if convergence(ours_with(linear, count), linear) <= enough)
    ours, other = alternate([lambda: ours_with(linear, iterations), theirs], rounds)
    reached = convergence(ours_with(linear, iterations), linear)
    baseline = f"librosa.griffinlim, {TARGET_ITERATIONS} iterations, all clips in one call"
    extra = {"iterations": iterations, "convergence": reached, "baseline_convergence": target}
    return [row(f"Griffin-Lim, {clips} clips", ours, other, baseline, **extra)]


def ours_with(linear: torch.Tensor, iterations: int) -> torch.Tensor:
    return dsp.griffin_lim(linear, N_FFT, HOP_LENGTH, NUM_SAMPLES, iterations)


def convergence(audio: torch.Tensor, linear: torch.Tensor) -> float:
    return dsp.spectral_convergence(dsp.magnitude(audio, N_FFT, HOP_LENGTH), linear).mean().item()


def sounds(count: int = CLIPS) -> np.ndarray:
    """Float32 [clips, time]: notes from MIDI 40 up, with partials that die away at different speeds, and breath."""
    time, random = np.arange(NUM_SAMPLES) / SAMPLE_RATE, np.random.default_rng(0)
    clips = []
    for number in range(count):
        hz = 440 * 2 ** ((40 + number * 0.75 - 69) / 12)
        partials = [k for k in range(1, 30) if k * hz < SAMPLE_RATE / 2]
        tones = sum(np.sin(2 * np.pi * k * hz * time) / k * np.exp(-k * time) for k in partials)
        clips.append(0.3 * tones + 0.01 * random.standard_normal(NUM_SAMPLES) * np.exp(-3 * time))
    return np.asarray(clips, np.float32)
