"""Signal measures of sounds whose answers are known, and the pitch tracker on tones."""

import librosa
import numpy as np
import pytest
from conftest import NUM_SAMPLES, SAMPLE_RATE, tone

from audiogan import dsp
from audiogan.evaluation import clicks, pitch, signal, whistle

FADED = dsp.edges(NUM_SAMPLES, SAMPLE_RATE).numpy()


def measured(audio: np.ndarray) -> dict[str, float]:
    return {name: float(values[0]) for name, values in signal.measure(audio[None], SAMPLE_RATE).items()}


def noise(seed: int) -> np.ndarray:
    """White, of RMS 0.1."""
    return (0.1 * np.random.default_rng(seed).standard_normal(NUM_SAMPLES)).astype(np.float32)


class TestMeasure:
    def test_of_a_sine(self):
        of = measured(tone(1000))  # amplitude 0.5
        assert of["peak"] == pytest.approx(0.5, abs=1e-3)
        assert of["crest_db"] == pytest.approx(3.01, abs=0.02)
        assert of["level_db"] == pytest.approx(20 * np.log10(0.5) - 3.01, abs=0.02)
        assert of["centroid_hz"] == pytest.approx(1000, abs=5)
        assert of["floor_db"] == pytest.approx(of["level_db"], abs=0.1)
        assert of["clipped"] == 0

    def test_dc_is_the_mean_and_no_rumble(self):
        of = measured(tone(1000) + 0.1)
        assert of["dc"] == pytest.approx(0.1, abs=1e-3)
        assert of["below_30_db"] < -40

    @pytest.mark.parametrize(("hz", "name"), [(7800, "above_7500_db"), (15.625, "below_30_db")])
    def test_bands_hold_their_tones(self, hz, name):
        assert measured(tone(hz))[name] == pytest.approx(0, abs=0.1)
        assert measured(tone(1000))[name] < -40

    def test_equal_powers_share_the_energy(self):
        assert measured(tone(1000) + tone(7800))["above_7500_db"] == pytest.approx(-3.01, abs=0.1)

    def test_clipping_is_counted(self):
        of = measured(np.clip(4 * tone(100), -1, 1))
        assert of["peak"] == 1
        assert of["clipped"] > 0.5

    @pytest.mark.parametrize("rate", [8000, SAMPLE_RATE, 44100, 96000])
    def test_clipping_is_counted_at_any_level_and_rate(self, rate):
        for level in (0.95, 0.1):
            clipped = FADED * level * np.clip(3 * tone(220, NUM_SAMPLES / rate, rate)[:NUM_SAMPLES], -1, 1)
            assert signal.measure(clipped[None], rate)["clipped"][0] > 0.2

    @pytest.mark.parametrize("rate", [8000, SAMPLE_RATE, 44100, 96000])
    @pytest.mark.parametrize("hz", [32.7, 41.2, 110, 440, 3500])
    def test_tones_are_not_clipped(self, hz, rate):
        assert signal.measure(tone(hz, 1.0, rate)[None], rate)["clipped"][0] == 0

    @pytest.mark.parametrize("flat", [-0.3, 0.0])
    def test_what_is_flat_below_the_peak_is_not_clipped(self, flat):
        audio = tone(1000)
        audio[3000:4000] = flat
        assert measured(audio)["clipped"] == 0

    def test_a_peak_that_touches_full_scale_does_not_clip(self):
        touching = tone(1000)
        touching[5000] = 1.0
        assert measured(touching)["clipped"] == 0

    def test_attack_is_the_time_to_the_top(self):
        ramp = np.minimum(np.arange(NUM_SAMPLES) / SAMPLE_RATE / 0.2, 1).astype(np.float32) * tone(1000)
        assert measured(ramp)["attack_s"] == pytest.approx(0.18, abs=0.025)
        assert measured(tone(1000))["attack_s"] == 0

    def test_noise_floor_is_that_of_the_quiet_end(self):
        audio = tone(1000)
        audio[NUM_SAMPLES // 2 :] *= 1e-3
        assert measured(audio)["floor_db"] == pytest.approx(20 * np.log10(0.5e-3) - 3.01, abs=0.5)

    def test_silence_is_finite(self):
        assert np.isfinite(list(measured(np.zeros(NUM_SAMPLES, np.float32)).values())).all()
        assert measured(np.zeros(NUM_SAMPLES, np.float32))["level_db"] == signal.FLOOR_DB


def clicks_of(audio: np.ndarray) -> int:
    return int(clicks.count(audio[None], SAMPLE_RATE)[0])


class TestClicks:
    @pytest.mark.parametrize("height", [0.005, 0.1, 1.0])
    def test_an_impulse_within_a_note_is_one(self, height):
        audio = FADED * tone(440) + 1e-4 * noise(0)
        assert clicks_of(audio) == 0
        audio[NUM_SAMPLES // 2] += height
        assert clicks_of(audio) >= 1

    def test_a_note_that_breaks_off_is_one(self):
        audio = FADED * tone(440) + 1e-4 * noise(0)
        audio[NUM_SAMPLES // 2 :] = 0
        assert clicks_of(audio) >= 1

    def test_a_note_that_sounds_to_the_last_sample_is_one(self):
        assert clicks_of(tone(440)) >= 1
        assert clicks_of(FADED * tone(440)) == 0

    def test_attacks_noise_pulses_and_silence_are_none(self):
        began = np.arange(NUM_SAMPLES) >= 3000
        pulses = np.zeros(NUM_SAMPLES, np.float32)
        pulses[::200] = 0.5
        drum = 0.5 * noise(2) * np.exp(-np.arange(NUM_SAMPLES) / 800).astype(np.float32)
        silence = np.zeros(NUM_SAMPLES, np.float32)
        for audio in (began * noise(1), FADED * began * tone(440), pulses, drum, noise(3), silence):
            assert clicks_of(audio) == 0


class TestWhistle:
    def test_a_line_that_stands_is_found_under_notes_that_move(self):
        notes = np.stack([tone(hz) for hz in np.geomspace(200, 4000, 12)]) + 1e-4 * np.stack(
            [noise(n) for n in range(12)]
        )
        assert whistle.loudest(whistle.tail_spectra(notes)) == signal.FLOOR_DB
        level = whistle.loudest(whistle.tail_spectra(notes + 0.02 * tone(1000)))  # amplitude 0.01
        assert level == pytest.approx(-43.0, abs=0.5)

    def test_silence_has_none_and_few_clips_have_no_answer(self):
        silent = whistle.tail_spectra(np.zeros((8, NUM_SAMPLES), np.float32))
        assert whistle.loudest(silent) == signal.FLOOR_DB
        assert np.isnan(whistle.loudest(silent[:4]))

    def test_a_constant_is_no_whistle(self):
        assert whistle.loudest(whistle.tail_spectra(np.full((8, NUM_SAMPLES), 0.1, np.float32))) == signal.FLOOR_DB


class TestPitch:
    @pytest.mark.parametrize("midi", [36.0, 57.3, 69.0, 88.0])
    def test_of_a_harmonic_tone_is_found_to_a_few_cents(self, midi):
        hz = librosa.midi_to_hz(midi)
        audio = sum(tone(hz * n) / n for n in range(1, 4) if hz * n < 8000)
        found, cents = pitch.track(audio, SAMPLE_RATE)
        assert 100 * abs(found - midi) < 10
        assert cents < 5

    def test_noise_and_a_glide_are_not_steady(self):
        noise = np.random.default_rng(0).standard_normal(NUM_SAMPLES).astype(np.float32)
        time = np.arange(NUM_SAMPLES) / SAMPLE_RATE
        glide = np.sin(2 * np.pi * 300 * time * (1 + 0.2 * time)).astype(np.float32)
        cents = pitch.tracks(np.stack([noise, glide, tone(440)]), SAMPLE_RATE)[1]
        assert pitch.steady(cents).tolist() == [False, False, True]

    def test_silence_and_a_click_have_none(self):
        click = np.zeros(NUM_SAMPLES, np.float32)
        click[10:20] = 1
        for audio in (np.zeros(NUM_SAMPLES, np.float32), click):
            found, cents = pitch.track(audio, SAMPLE_RATE)
            assert np.isnan(found)
            assert np.isnan(cents)
        assert not pitch.steady(np.array([np.nan]))[0]
