"""Does a clip hold a pitch, and the one asked for?"""

import numpy as np

LOWEST_HZ, HIGHEST_HZ = 36.0, 2200.0
HIGHEST = 69 + 12 * np.log2(HIGHEST_HZ / 440)  # MIDI number
FRAME_SECONDS = 0.128  # over four periods of the lowest pitch, rounded up to a power of two of samples
LOUD_DB = 20.0  # frames this far below the loudest do not count
EDGE_SECONDS = 0.064  # dropped at either end of the loud part: the attack, and frames that reach beyond the sound
MIN_FRAMES = 4
STEADY_CENTS = 20.0


def track(audio: np.ndarray, sample_rate: int) -> tuple[float, float]:
    """Median pitch over the sustained part and its standard deviation, by YIN (de Cheveigne and Kawahara 2002).

    Its error grows with pitch, to about ten cents for 1.8 kHz at a rate of 16 kHz; above `HIGHEST_HZ` it finds an
    octave below.

    Args:
        audio: float [time].
        sample_rate: Hz.

    Returns:
        A MIDI number with cents as decimals, and cents; NaN for both if the clip is silent or too short.
    """
    import librosa  # takes a second, so only when needed

    frame = 2 ** int(np.ceil(np.log2(FRAME_SECONDS * sample_rate)))
    hop = frame // 8
    level = librosa.feature.rms(y=audio, frame_length=frame, hop_length=hop)[0]
    if level.max() < 1e-5:
        return float("nan"), float("nan")
    loud = np.flatnonzero(level > level.max() * 10 ** (-LOUD_DB / 20))
    edge = round(EDGE_SECONDS * sample_rate / hop)
    sustained = slice(loud[0] + edge, loud[-1] + 1 - edge)
    highest = min(HIGHEST_HZ, 0.45 * sample_rate)
    hz = librosa.yin(audio, fmin=LOWEST_HZ, fmax=highest, sr=sample_rate, frame_length=frame, hop_length=hop)[sustained]
    if len(hz) < MIN_FRAMES:
        return float("nan"), float("nan")
    pitch = librosa.hz_to_midi(hz)
    return float(np.median(pitch)), float(100 * np.std(pitch))


def tracks(clips: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """`track` of clips [n, time]: MIDI numbers [n] and cents [n]."""
    pairs = [track(audio, sample_rate) for audio in clips]
    return tuple(np.array(pairs, np.float64).reshape(len(pairs), 2).T)


def steady(cents: np.ndarray) -> np.ndarray:
    """Which deviations mean a steady pitch; NaN does not."""
    return np.nan_to_num(cents, nan=np.inf) < STEADY_CENTS
