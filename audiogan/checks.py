"""Range checks of seeds, pitches and counts; errors name the value and what is accepted."""

import operator
from numbers import Real

from audiogan import latent


def check_seed(seed, name: str = "seed") -> int:
    """The seed as an int.

    Raises:
        ValueError: not a whole number from 0 to `latent.MAX_SEED`.
    """
    return check_whole(name, seed, 0, latent.MAX_SEED)


def check_pitch(pitch: float | None) -> float | None:
    """The MIDI pitch as a float, or None.

    Raises:
        ValueError: not a number from 0 to 127.
    """
    if pitch is None:
        return None
    if isinstance(pitch, Real) and not isinstance(pitch, bool) and 0 <= pitch <= 127:
        return float(pitch)
    raise ValueError(f"pitch must be a MIDI number from 0 to 127, not {pitch!r}")


def check_whole(name: str, value, low: int, high: int) -> int:
    """The value as an int.

    Raises:
        ValueError: not a whole number from `low` to `high`.
    """
    try:
        whole = operator.index(value)
    except TypeError:
        whole = int(value) if isinstance(value, float) and value.is_integer() else None
    if whole is None or isinstance(value, bool) or not low <= whole <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    return whole
