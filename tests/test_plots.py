"""Pictures: axes carry real units, files are PNG."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import SAMPLE_RATE, tone
from PIL import Image

from audiogan import figures, plots


@pytest.mark.parametrize("sample_rate", [4000, 16000, 44100])
def test_axes_are_in_hz_seconds_and_db(sample_rate):
    audio = tone(440.0, seconds=1.5, sample_rate=sample_rate)
    wave, mel, scale = plots.clip_figure(audio, sample_rate, "A tone").axes
    assert wave.get_xlim() == mel.get_xlim() == (0.0, 1.5)
    assert (mel.get_xlabel(), mel.get_ylabel(), wave.get_ylabel()) == ("Seconds", "Hz", "Amplitude")
    assert scale.get_title(loc="left") == "dBFS"
    names = [text.get_text() for text in mel.get_yticklabels()]
    top = max(hz for hz in plots.TICKS_HZ if hz <= sample_rate / 2)
    assert (names[0], names[-1]) == ("250", f"{top // 1000}k")
    places = mel.get_yticks()
    assert (np.diff(places) > 3).all()
    assert places[-1] <= plots.N_MELS - 0.5


def test_waveform_shows_every_peak():
    audio = np.zeros(16000, np.float32)
    audio[12345] = -0.9
    wave = plots.clip_figure(audio, SAMPLE_RATE).axes[0]
    outline = wave.collections[0].get_paths()[0].vertices
    lowest = outline[outline[:, 1].argmin()]
    assert lowest[1] == pytest.approx(-0.9, abs=0.01)
    assert lowest[0] == pytest.approx(12345 / SAMPLE_RATE, abs=0.002)


def test_boundaries_of_a_sequence_are_drawn():
    wave = plots.clip_figure(tone(440.0), SAMPLE_RATE, boundaries=(0.25, 0.5)).axes[0]
    assert [segment[0][0] for segment in wave.collections[-1].get_segments()] == [0.25, 0.5]


@pytest.mark.parametrize("length", [1, 100, 16384])
def test_png_is_a_whole_picture_of_any_length(length):
    picture = figures.png_bytes(plots.clip_figure(np.zeros(length, np.float32), SAMPLE_RATE))
    image = Image.open(io.BytesIO(picture))
    image.load()
    assert (image.format, image.size) == ("PNG", (660, 495))
    assert picture == figures.png_bytes(plots.clip_figure(np.zeros(length, np.float32), SAMPLE_RATE))


def test_pyplot_is_never_loaded():
    script = "import sys, audiogan.plots, audiogan.forest_plot; print('matplotlib.pyplot' in sys.modules)"
    root = Path(__file__).parent.parent
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert run.stdout.strip() == "False"


def test_a_forest_plot_needs_nothing_of_sounds():
    script = "import sys, audiogan.forest_plot; print({'torch', 'matplotlib'} & set(sys.modules))"
    root = Path(__file__).parent.parent
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert run.stdout.strip() == "set()"


def test_thumbnail_is_the_spectrogram_with_high_frequencies_on_top():
    with Image.open(io.BytesIO(plots.thumbnail_png(tone(250.0), SAMPLE_RATE))) as image:
        assert image.height == plots.N_MELS
        shades = np.asarray(image.convert("L"), float)
    brightest = shades[:, shades.shape[1] // 2].argmax()
    assert brightest > 0.8 * plots.N_MELS


def test_scale_goes_from_dark_to_light():
    colours = plots.scale_colours()
    assert colours[0] == "#000004"  # magma's
    lightness = [sum(int(colour[place : place + 2], 16) for place in (1, 3, 5)) for colour in colours]
    assert lightness == sorted(lightness)


def test_comparison_has_a_row_a_candidate_and_a_column_a_label():
    rows = [("real", {0: tone(300.0), 1: tone(900.0)}), ("a-model", {1: tone(600.0)})]
    figure = plots.comparison_figure(rows, ("Flute", "Snare_drum"), SAMPLE_RATE)
    pictures = [axes for axes in figure.axes if axes.images]
    assert len(pictures) == 4  # three clips and the scale; the label that is missing stays empty
    assert {axes.images[0].get_clim() for axes in pictures} == {(-plots.RANGE_DB, 0.0)}
    assert {axes.get_title() for axes in figure.axes} >= {"Flute", "Snare drum"}
    assert figure.texts[0].get_text() == "1.02 s across, 0 to 8 kHz upwards, mel scale"
    assert figures.png_bytes(figure)[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("name", "lines"), [("real", "real"), ("wavegan-instruments", "wavegan-\ninstruments"), ("a b c", "a b c")]
)
def test_long_names_are_folded(name, lines):
    assert plots.folded(name) == lines
