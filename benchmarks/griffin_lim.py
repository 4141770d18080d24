"""Griffin-Lim on 64 clips against librosa's, each with the iterations it needs for the same spectral convergence."""

import json
from functools import partial

import librosa
import numpy as np
import torch

from audiogan import dsp
from audiogan.audio import read_audio
from audiogan.listening.study import DEFAULT_FOLDER
from benchmarks.timing import alternate, ratios, row

CLIPS, N_FFT, HOP_LENGTH, NUM_SAMPLES, SAMPLE_RATE = 64, 256, 128, 16384, 16000
TARGET_ITERATIONS, ROUNDS = 32, 5
TOLERANCE = 1e-4  # of the convergence: float error after `TARGET_ITERATIONS`


def run(clips: int = CLIPS, rounds: int = ROUNDS) -> list[dict]:
    """Seconds for clips of harmonic, decaying sounds, and for real clips of the app's bundled study."""
    kinds = {"notes": sounds(clips), "recorded sounds": real_clips(clips)}
    return [_compare(f"{clips} {name}", audio, rounds) for name, audio in kinds.items()]


def _compare(name: str, audio: np.ndarray, rounds: int) -> dict:
    """Run librosa with its defaults, such as random phases, which end nearer than zeros, except that it reflects the
    edges as the measured spectrum does: with zeros there it would search for a different spectrum.
    """
    linear = dsp.magnitude(torch.from_numpy(audio), N_FFT, HOP_LENGTH)
    arrays, form = linear.numpy(), {"hop_length": HOP_LENGTH, "n_fft": N_FFT, "length": NUM_SAMPLES}

    def theirs():
        return librosa.griffinlim(arrays, n_iter=TARGET_ITERATIONS, pad_mode="reflect", random_state=0, **form)

    target = convergence(torch.from_numpy(theirs()), linear)
    enough = target * (1 + TOLERANCE)
    iterations = next(count for count in range(1, 200) if convergence(ours_with(linear, count), linear) <= enough)
    counts = iterations, TARGET_ITERATIONS
    ours, alike, other = alternate([*(partial(ours_with, linear, count) for count in counts), theirs], rounds)
    extra = {
        "iterations": iterations,
        "convergence": convergence(ours_with(linear, iterations), linear),
        "baseline_convergence": target,
        "ratio_at_as_many_iterations": float(np.median(ratios(alike, other))),
    }
    baseline = f"librosa.griffinlim, {TARGET_ITERATIONS} iterations, all clips in one call"
    return row(f"Griffin-Lim, {name}", ours, other, baseline, **extra)


def ours_with(linear: torch.Tensor, iterations: int) -> torch.Tensor:
    return dsp.griffin_lim(linear, N_FFT, HOP_LENGTH, NUM_SAMPLES, iterations)


def convergence(audio: torch.Tensor, linear: torch.Tensor) -> float:
    return dsp.spectral_convergence(dsp.magnitude(audio, N_FFT, HOP_LENGTH), linear).mean().item()


def sounds(count: int = CLIPS) -> np.ndarray:
    """Float32 [clips, time]: notes from MIDI 40 up, with partials that decay at different rates, and breath noise."""
    time, random = np.arange(NUM_SAMPLES) / SAMPLE_RATE, np.random.default_rng(0)
    clips = []
    for number in range(count):
        hz = 440 * 2 ** ((40 + number * 0.75 - 69) / 12)
        partials = [k for k in range(1, 30) if k * hz < SAMPLE_RATE / 2]
        tones = sum(np.sin(2 * np.pi * k * hz * time) / k * np.exp(-k * time) for k in partials)
        clips.append(0.3 * tones + 0.01 * random.standard_normal(NUM_SAMPLES) * np.exp(-3 * time))
    return np.asarray(clips, np.float32)


def real_clips(count: int = CLIPS) -> np.ndarray:
    """Recorded notes and drums that no network was trained on, repeated if there are too few, [clips, time]."""
    stimuli = json.loads((DEFAULT_FOLDER / "manifest.json").read_text())["stimuli"]
    names = sorted(item["id"] for item in stimuli if item["system"] == "real")
    clips = [read_audio(DEFAULT_FOLDER / "clips" / f"{name}.wav")[0] for name in names]
    return np.resize(np.stack(clips), (count, NUM_SAMPLES))
