"""Pictures of sounds, dark, to be legible on light and dark pages."""

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from audiogan import dsp, figures
from audiogan.fonts import legible
from audiogan.log_mel import N_FFT, N_MELS, RANGE_DB, log_mel_db
from audiogan.text import in_words

if TYPE_CHECKING:
    from audiogan.figures import Figure

SIZE_INCHES, DPI = (4.4, 3.3), 150
PLOT_LEFT, PLOT_RIGHT = 0.135, 0.855  # where the time axis begins and ends, as fractions of the width
BACKGROUND, INK, FAINT, TRACE = "#12161c", "#d5dce6", "#39424f", "#5cc8d7"
TICKS_HZ = (250, 500, 1000, 2000, 4000, 8000, 16000, 32000)


def clip_figure(
    audio: np.ndarray, sample_rate: int, title: str | None = None, boundaries: Sequence[float] = ()
) -> "Figure":
    """Waveform over log-mel spectrogram, one time axis.

    Args:
        audio: [time] in [-1, 1].
        sample_rate: Hz.
        boundaries: seconds at which one sound of a sequence ends and the next begins.
    """
    seconds = len(audio) / sample_rate
    figure = figures.blank(SIZE_INCHES, DPI, facecolor=BACKGROUND)
    width = PLOT_RIGHT - PLOT_LEFT
    wave = _axes(figure, (PLOT_LEFT, 0.73, width, 0.195 if title else 0.24), seconds)
    mel = _axes(figure, (PLOT_LEFT, 0.125, width, 0.56), seconds)
    _draw_wave(wave, audio, seconds)
    image = _draw_mel(mel, audio, sample_rate, seconds)
    _draw_scale(figure.add_axes((PLOT_RIGHT + 0.02, 0.125, 0.025, 0.56)), image)
    for axes in (wave, mel):
        axes.vlines(boundaries, *axes.get_ylim(), color=INK, alpha=0.35, linewidth=0.7)
    if title:
        figure.text(PLOT_LEFT, 0.945, title, color=INK, fontsize=9)
    return figure


def _axes(figure: "Figure", place: tuple[float, float, float, float], seconds: float):
    axes = figure.add_axes(place, facecolor=BACKGROUND)
    axes.set_xlim(0.0, seconds)
    _style(axes)
    return axes


def _style(axes) -> None:
    axes.tick_params(colors=INK, labelsize=8, length=2.5, width=0.6, pad=2)
    for spine in axes.spines.values():
        spine.set_color(FAINT)


def _draw_wave(axes, audio: np.ndarray, seconds: float) -> None:
    """Fill each pixel column's range: the same picture as a line through every sample, at a fraction of the cost."""
    columns = min(len(audio), int(SIZE_INCHES[0] * DPI))
    starts = np.linspace(0, len(audio), columns, endpoint=False).astype(int)
    low, high = np.minimum.reduceat(audio, starts), np.maximum.reduceat(audio, starts)
    thickness = 0.006  # so that silence shows as a line
    axes.fill_between(starts / len(audio) * seconds, low - thickness, high + thickness, color=TRACE, linewidth=0)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks((-1, 0, 1))
    axes.tick_params(labelbottom=False)
    axes.set_ylabel("Amplitude", color=INK, fontsize=8, labelpad=7)


def _draw_mel(axes, audio: np.ndarray, sample_rate: int, seconds: float):
    levels = log_mel_db(audio, sample_rate)
    place = (0.0, seconds, -0.5, N_MELS - 0.5)
    image = axes.imshow(levels, aspect="auto", origin="lower", cmap="magma", vmin=-RANGE_DB, vmax=0.0, extent=place)
    ticks = [hz for hz in TICKS_HZ if hz <= sample_rate / 2]
    axes.set_yticks(np.interp(ticks, _mel_centres(sample_rate), np.arange(N_MELS)), [_short_hz(hz) for hz in ticks])
    axes.set_ylim(-0.5, N_MELS - 0.5)
    axes.set_xlabel("Seconds", color=INK, fontsize=8, labelpad=2)
    axes.set_ylabel("Hz", color=INK, fontsize=8, labelpad=2)
    return image


def _draw_scale(axes, image) -> None:
    ramp = np.linspace(-RANGE_DB, 0.0, 128)[:, None]
    axes.imshow(ramp, aspect="auto", origin="lower", cmap=image.cmap, norm=image.norm, extent=(0, 1, -RANGE_DB, 0))
    _style(axes)
    axes.set_xticks(())
    axes.yaxis.tick_right()
    axes.set_yticks((-80, -60, -40, -20, 0))
    axes.set_title("dBFS", color=INK, fontsize=8, pad=4, loc="left")


def _mel_centres(sample_rate: int) -> np.ndarray:
    """Frequency in Hz of each filter's centre of mass: [N_MELS]."""
    filters = dsp.mel_filters(N_FFT, N_MELS, sample_rate).numpy()
    bins = np.linspace(0.0, sample_rate / 2, len(filters))
    return np.maximum.accumulate(bins @ filters / np.maximum(filters.sum(0), 1e-12))


def _short_hz(hz: int) -> str:
    return f"{hz // 1000}k" if hz >= 1000 else str(hz)


def thumbnail_png(audio: np.ndarray, sample_rate: int) -> bytes:
    """The log-mel spectrogram of a clip, [time] in [-1, 1], as a small PNG file: no axes, same dB scale for all."""
    levels = log_mel_db(audio, sample_rate)[::-1]  # high frequencies on top
    shades = np.rint((levels / RANGE_DB + 1) * 255).astype(np.uint8)
    image = Image.fromarray(shades).convert("P")
    image.putpalette(np.rint(np.asarray(figures.colour_map()(np.arange(256)))[:, :3] * 255).astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def scale_colours(count: int = 9) -> list[str]:
    """Colours of the dB scale from `-RANGE_DB` to 0, as #rrggbb."""
    shades = np.asarray(figures.colour_map()(np.linspace(0, 1, count)))[:, :3]
    return ["#" + "".join(f"{round(channel * 255):02x}" for channel in shade) for shade in shades]


def comparison_figure(
    rows: Sequence[tuple[str, dict[int, np.ndarray]]], labels: Sequence[str], sample_rate: int
) -> "Figure":
    """The report's Figure 1: a row for real audio and for each model, a column for each label, one dB scale.

    Args:
        rows: (name, audio [time] by label index); a missing label leaves its place empty.
    """
    size = 1.8 + 1.05 * len(labels), 1.1 + 1.05 * len(rows)
    figure = figures.blank(size, 110, facecolor=BACKGROUND)
    grid = figure.subplots(len(rows), len(labels), squeeze=False)
    image = None
    for axes_of_row, (name, clips) in zip(grid, rows, strict=True):
        for column, axes in enumerate(axes_of_row):
            _style(axes)
            axes.set_facecolor(BACKGROUND)
            axes.set_xticks(())
            axes.set_yticks(())
            if column in clips:
                levels = log_mel_db(clips[column], sample_rate)
                image = axes.imshow(levels, aspect="auto", origin="lower", cmap="magma", vmin=-RANGE_DB, vmax=0.0)
        axes_of_row[0].set_ylabel(
            folded(legible(name)), color=INK, fontsize=9, rotation=0, ha="right", va="center", labelpad=8
        )
    for axes, label in zip(grid[0], labels, strict=True):
        axes.set_title(folded(legible(in_words(label))), color=INK, fontsize=8, pad=5)
    left, right = 1.45 / figure.get_figwidth(), 1 - 0.65 / figure.get_figwidth()
    bottom, top = 0.25 / figure.get_figheight(), 1 - 0.6 / figure.get_figheight()
    figure.subplots_adjust(left, bottom, right, top, 0.06, 0.08)
    if image is not None:
        num_samples = max(len(audio) for _, clips in rows for audio in clips.values())
        figure.text(0.1 / figure.get_figwidth(), 0.35 * bottom, extent(num_samples, sample_rate), color=INK, fontsize=7)
        _draw_scale(figure.add_axes((right + 0.006, bottom, 0.12 / figure.get_figwidth(), top - bottom)), image)
    return figure


def extent(num_samples: int, sample_rate: int) -> str:
    """Caption of a picture without ticks: its length and its range of frequencies."""
    return f"{num_samples / sample_rate:.2f} s across, 0 to {sample_rate / 2000:g} kHz upwards, mel scale"


def folded(name: str, width: float = 14, measure: Callable[[str], float] = len) -> str:
    """A name on as many lines as it needs, broken at spaces and dashes.

    Args:
        width: the most, as given by `measure`, for a line of more than one part.
    """
    lines = [""]
    for part in name.replace("-", "- ").replace(" -", "-").split(" "):
        joined = f"{lines[-1]}{'' if lines[-1].endswith('-') or not lines[-1] else ' '}{part}"
        lines = [*lines[:-1], joined] if measure(joined) <= width or not lines[-1] else [*lines, part]
    return "\n".join(lines)
