"""Audio as numbers and as files: PCM16, WAV, resampling. Mono float audio is [time] in [-1, 1]."""

import io
import math
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

PCM16_SCALE = 32768.0
SOURCE_RATES = (1000, 768000)  # Hz; beyond them a header lies


def to_pcm16(audio: np.ndarray) -> np.ndarray:
    """Round float audio to int16, clipping at full scale. `from_pcm16` then `to_pcm16` is exact."""
    return np.clip(np.rint(np.asarray(audio) * PCM16_SCALE), -32768, 32767).astype(np.int16)


def from_pcm16(pcm: np.ndarray) -> np.ndarray:
    """int16 to float32 in [-1, 1)."""
    return pcm.astype(np.float32) / np.float32(PCM16_SCALE)


def wav_bytes(audio: np.ndarray, sample_rate: int) -> bytes:
    """A PCM16 WAV file in memory."""
    buffer = io.BytesIO()
    soundfile.write(buffer, to_pcm16(audio), sample_rate, subtype="PCM_16", format="WAV")
    return buffer.getvalue()


def write_wav(path: str | os.PathLike, audio: np.ndarray, sample_rate: int) -> None:
    """Write a PCM16 WAV whole or not at all."""
    write_atomically(path, wav_bytes(audio, sample_rate))


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write a file that is either complete and on disk, or not there (or as it was before)."""
    path = Path(path)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def read_audio(
    file: str | os.PathLike | BinaryIO, name: str = "", max_seconds: float = math.inf
) -> tuple[np.ndarray, int]:
    """Decode any file that libsndfile reads and mix it down to mono.

    Args:
        file: a path, or an open binary file.
        name: what errors call the file; by default its path.
        max_seconds: refuse what says it is longer, before a sample of it is decoded.

    Returns:
        float32 [time] and the sample rate in Hz.

    Raises:
        ValueError: not audio, truncated, empty, too long, at an absurd rate, or with values that are not finite.
    """
    name = name or file
    try:
        with soundfile.SoundFile(file) as sound:
            _check_extent(name, sound, max_seconds)
            audio, sample_rate = sound.read(dtype="float32", always_2d=True), sound.samplerate
    except (soundfile.LibsndfileError, OSError) as error:
        reason = getattr(error, "error_string", error)  # without libsndfile's own prefix, which names the file again
        raise ValueError(f"{name} cannot be read as audio: {str(reason).rstrip('.')}") from None
    if not len(audio):
        raise ValueError(f"{name} holds no samples")
    if not np.isfinite(audio).all():
        raise ValueError(f"{name} holds samples that are not finite numbers")
    return audio.mean(axis=1), sample_rate


def _check_extent(name, sound: soundfile.SoundFile, max_seconds: float) -> None:
    low, high = SOURCE_RATES
    if not low <= sound.samplerate <= high:
        raise ValueError(f"{name} has a sample rate of {sound.samplerate} Hz, not one from {low} to {high}")
    if sound.frames > max_seconds * sound.samplerate:
        raise ValueError(f"{name} is {sound.frames / sound.samplerate:.0f} s long, more than {max_seconds:g} s")


def resample(audio: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Resample along the first axis with soxr's high-quality filter; rates in Hz."""
    return audio if source_rate == target_rate else soxr.resample(audio, source_rate, target_rate, quality="HQ")
