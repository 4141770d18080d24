"""Audio as numbers and as files: PCM16, WAV, resampling. Mono float audio is [time] in [-1, 1]."""

import contextlib
import io
import math
import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from audiogan.files import write_atomically

PCM16_SCALE = 32768.0
FADE_SECONDS = 0.016  # length of the fade-out where a sound is cut off
SOURCE_RATES = (1000, 768000)  # Hz; a header outside this range is wrong
QUALITY = "HQ"  # of soxr's filter
FILTER_REACH = 512  # samples at the lower of the two rates; more than half that filter's length
NO_MPEG = 7  # libsndfile's error code for a .mp3 file that is not MPEG; its own text claims that the file is missing
CANCELLED = 10 ** (-40 / 20)  # of the loudest channel's peak; a fainter mix means that channels cancel
BLOCK = 2**22  # values decoded at once, all channels together: 16 MiB as float32


def to_pcm16(audio: np.ndarray) -> np.ndarray:
    """Round float audio to int16, clipping at full scale. `from_pcm16` then `to_pcm16` is exact."""
    scaled = np.asarray(audio) * PCM16_SCALE
    return np.clip(np.rint(scaled, out=scaled), -32768, 32767, out=scaled).astype(np.int16)


def from_pcm16(pcm: np.ndarray) -> np.ndarray:
    """int16 to float32 in [-1, 1)."""
    audio = pcm.astype(np.float32)
    audio *= np.float32(1 / PCM16_SCALE)
    return audio


def wav_bytes(audio: np.ndarray, sample_rate: int) -> bytes:
    """A PCM16 WAV file in memory."""
    buffer = io.BytesIO()
    soundfile.write(buffer, to_pcm16(audio), sample_rate, subtype="PCM_16", format="WAV")
    return buffer.getvalue()


def write_wav(path: str | os.PathLike, audio: np.ndarray, sample_rate: int) -> None:
    """Write a PCM16 WAV whole or not at all."""
    write_atomically(path, wav_bytes(audio, sample_rate))


def read_audio(
    file: str | os.PathLike | BinaryIO, name: str = "", max_seconds: float = math.inf
) -> tuple[np.ndarray, int]:
    """Decode any file that libsndfile reads and mix it down to mono: an `AudioFile` in one piece.

    Returns:
        float32 [time] and the sample rate in Hz.

    Raises:
        ValueError: as `AudioFile`; or the file has no samples, or some that are not finite.
    """
    with AudioFile(file, name, max_seconds) as sound:
        blocks = list(sound.blocks())
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks), sound.sample_rate


class AudioFile:
    """A file that libsndfile reads, decoded block by block, so that memory does not grow with its length.

    Args:
        file: a path, or an open binary file.
        name: the file's name in errors; by default its path.
        max_seconds: refuse a file whose header says it is longer, before decoding any of it.

    Attributes:
        sample_rate: Hz.
        channels: their number.
        frames: samples in each channel, as the header says.
        channel: index of the only channel to read; None mixes all of them down.

    Raises:
        ValueError: not audio, too long, or at an absurd rate.
    """

    def __init__(self, file: str | os.PathLike | BinaryIO, name: str = "", max_seconds: float = math.inf):
        self.file, self.name, self.channel = file, name or file, None
        with self._translated():
            self._sound: soundfile.SoundFile | None = _Stream(file)
        self.sample_rate, self.channels, self.frames = self._sound.samplerate, self._sound.channels, self._sound.frames
        self._check_extent(max_seconds)

    def __enter__(self) -> "AudioFile":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if self._sound is not None:
            self._sound.close()

    def blocks(self, size: int | None = None) -> Iterator[np.ndarray]:
        """All of it from the start, mono (see `channel`): float32 [time], `size` values of all channels at a time.

        A truncated file yields the samples it has; a truncated FLAC raises.

        Raises:
            ValueError: damaged, no samples, or values that are not finite.
        """
        left, total = self.frames, 0
        with self._translated(), self._opened() as sound:
            while len(block := self._read(sound, min(left, max(1, (size or BLOCK) // self.channels)))):
                left, total = left - len(block), total + len(block)
                if sound.subtype != "PCM_16" and not _all_finite(block):
                    raise ValueError(f"{self.name} holds samples that are not finite numbers")
                yield block
        if not total:
            raise ValueError(f"{self.name} holds no samples")

    def unmix(self, peak: float) -> bool:
        """Read only the loudest channel from now on if the mix's `peak` is 40 dB below that one's: they cancel.

        Looks only if `peak` is below 0.01: no channel goes far beyond full scale. Returns whether it switched.
        """
        if self.channels == 1 or self.channel is not None or peak >= CANCELLED:
            return False
        peaks = []
        for channel in range(self.channels):  # one by one: slow, but rarely needed
            self.channel = channel
            peaks.append(max(float(np.ptp(block)) / 2 for block in self.blocks()))  # whatever its offset
        cancelled = peak < CANCELLED * max(peaks)
        self.channel = int(np.argmax(peaks)) if cancelled else None
        return cancelled

    def _opened(self) -> soundfile.SoundFile:
        """The file at its start: reopened if it was read before, since seeking is not exact in every format."""
        sound, self._sound = self._sound, None
        if sound is None:
            if not isinstance(self.file, (str, os.PathLike)):
                self.file.seek(0)
            sound = _Stream(self.file)
        return sound

    def _read(self, sound: soundfile.SoundFile, frames: int) -> np.ndarray:
        """The next samples, mono float32 [time]. Scales 16-bit ones itself: libsndfile is slow at it."""
        plain = sound.subtype == "PCM_16"
        samples = sound.read(frames, "int16" if plain else "float32", always_2d=True)
        audio = from_pcm16(samples) if plain else samples
        if self.channels == 1 or self.channel is not None:
            return np.ascontiguousarray(audio[:, self.channel or 0])
        return audio @ np.full(self.channels, 1 / self.channels, np.float32)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (soundfile.LibsndfileError, OSError) as error:
            reason = getattr(error, "error_string", error)  # without libsndfile's prefix, which names the file again
            if getattr(error, "code", None) == NO_MPEG:
                reason = "it is not MPEG audio"
            raise ValueError(f"{self.name} cannot be read as audio: {str(reason).rstrip('.')}") from None

    def _check_extent(self, max_seconds: float) -> None:
        low, high = SOURCE_RATES
        if not low <= self.sample_rate <= high:
            raise ValueError(f"{self.name} has a sample rate of {self.sample_rate} Hz, not one from {low} to {high}")
        seconds = self.frames / self.sample_rate
        if seconds > max_seconds:
            raise ValueError(f"{self.name} is {seconds:.0f} s long, more than {max_seconds:g} s")


def _all_finite(block: np.ndarray) -> bool:
    """Whether every sample is finite. A finite sum proves it quickly; an infinite one may be an overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = block.sum()
    return bool(np.isfinite(total) or np.isfinite(block).all())


class _Stream(soundfile.SoundFile):
    """A file read only forwards: soundfile seeks to its position after each read, which makes MP3s glitch audibly."""

    def seekable(self) -> bool:
        return False


def resample(audio: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Resample along the first axis with soxr's high-quality filter; rates in Hz."""
    return audio if source_rate == target_rate else soxr.resample(audio, source_rate, target_rate, quality=QUALITY)


def resample_span(audio: np.ndarray, source_rate: int, target_rate: int, begin: int, end: int) -> np.ndarray:
    """Samples `begin` to `end` of `resample`'s output for mono audio, to about 1e-6, without computing the rest."""
    common = math.gcd(source_rate, target_rate)
    step, target_step = source_rate // common, target_rate // common  # samples of equal duration
    margin = math.ceil(FILTER_REACH / min(step, target_step))
    first, last = max(0, begin // target_step - margin), math.ceil(end / target_step) + margin
    span = resample(audio[first * step : last * step], source_rate, target_rate)
    return span[begin - first * target_step : end - first * target_step]


def resampled_blocks(sound: AudioFile, target_rate: int, offset: float = 0.0) -> Iterator[np.ndarray]:
    """The file minus `offset`, resampled, in blocks: mono float32 [time] at `target_rate` Hz."""
    same = sound.sample_rate == target_rate
    stream = None if same else soxr.ResampleStream(sound.sample_rate, target_rate, 1, dtype="float32", quality=QUALITY)
    for block in sound.blocks(None if same else min(BLOCK, BLOCK * sound.sample_rate // target_rate)):
        if offset:
            block -= np.float32(offset)
        yield block if same else stream.resample_chunk(block)
    if not same:
        yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def momentary_lufs(audio: np.ndarray, sample_rate: int) -> float:
    """Maximum momentary loudness, LUFS: K-weighted power of the loudest 400 ms (ITU-R BS.1770-4, EBU Tech 3341).

    Gated loudness is meant for programmes; a note of a second has one loud part, which this measures.

    Args:
        audio: float [time] in [-1, 1]; padded with silence to 400 ms if shorter.

    Returns:
        -inf for silence.
    """
    import pyloudnorm  # imports scipy.signal; only freezing a study needs it

    meter = pyloudnorm.Meter(sample_rate)
    missing = math.ceil(meter.block_size * sample_rate) - len(audio)
    meter.integrated_loudness(np.pad(np.asarray(audio, np.float64), (0, max(0, missing))))
    return float(max(meter.blockwise_loudness))
