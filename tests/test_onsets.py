"""Cutting recordings at their onsets: what is found, what is not, and the same in blocks as in one piece."""

import librosa
import numpy as np
import pytest
import soundfile
from conftest import NUM_SAMPLES, SAMPLE_RATE, silence, tone

from audiogan.audio import AudioFile, resample, resample_span, resampled_blocks
from training.data import recordings
from training.data.clips import ClipFormat
from training.data.onsets import Levels, cut, find_starts, piece_size, spread, take
from training.data.recordings import Recording

FORM = ClipFormat()


def clips(audio: np.ndarray, max_crops: int = 8, block: int | None = None):
    """What `find_starts` and `cut` make of audio in one piece, or in blocks of so many samples."""
    blocks = np.split(audio, range(block, len(audio), block)) if block else [audio]
    starts = spread(find_starts(blocks, SAMPLE_RATE, FORM)[0], max_crops)
    return cut(take(blocks, starts, piece_size(FORM)), starts, FORM)


class TestCut:
    def test_a_short_sound_is_found_after_silence_and_padded(self):
        ((pcm, onset),) = clips(np.concatenate([silence(2), tone(440, 0.3), silence(1)]))
        assert onset == pytest.approx(2.0, abs=0.02)
        assert pcm.shape == (NUM_SAMPLES,)
        assert np.abs(pcm[: int(0.02 * SAMPLE_RATE)]).max() > 1000
        assert not pcm[int(0.4 * SAMPLE_RATE) :].any()

    def test_two_events_are_two_clips(self):
        events = np.concatenate([tone(440, 0.3), silence(1.5), tone(880, 0.3)])
        assert [onset for _, onset in clips(events)] == pytest.approx([0.0, 1.8], abs=0.02)

    def test_each_hit_of_a_session_is_a_clip(self):
        hits = [part for pitch in (200, 400, 800, 300) for part in (tone(pitch, 0.05), silence(1.25))]
        assert [onset for _, onset in clips(np.concatenate(hits))] == pytest.approx([0.0, 1.3, 2.6, 3.9], abs=0.02)

    def test_a_knock_before_or_after_a_hit_is_none(self):
        knock = 10 ** (-26 / 20) * tone(100, 0.05)
        session = np.concatenate([knock, silence(1.5), tone(440, 0.05), silence(1.5), knock])
        assert [onset for _, onset in clips(session)] == pytest.approx([1.55], abs=0.02)

    def test_the_rest_of_a_sound_is_no_hit(self):
        assert len(clips(tone(440, 1.1))) == 1
        hits = np.concatenate([tone(440, 0.05), silence(0.95), tone(440, 0.1)])  # the second begins in the first's clip
        assert len(clips(hits)) == 1

    def test_a_long_sound_gives_several_crops_up_to_the_limit(self):
        assert len(clips(tone(440, 5.0))) == 5
        assert len(clips(tone(440, 5.0), 2)) == 2

    def test_of_more_than_the_limit_some_of_all_are_taken(self):
        hits = np.concatenate([part for pitch in range(200, 1000, 100) for part in (tone(pitch, 0.05), silence(1.25))])
        assert [onset for _, onset in clips(hits, 3)] == pytest.approx([0.0, 2.6, 6.5], abs=0.02)
        assert spread([1, 2, 3], 3) == [1, 2, 3]
        assert spread(list(range(300)), 8)[::7] == [0, 262]

    def test_what_fades_away_gives_no_clip_that_begins_in_its_middle(self):
        decay = np.exp(-np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
        fading = tone(440, 3.0) * decay
        assert len(clips(fading)) == 1
        assert [onset for _, onset in clips(np.concatenate([fading, fading]))] == pytest.approx([0.0, 3.0], abs=0.1)
        assert len(clips(tone(440, 3.0) * np.sqrt(np.sqrt(decay)))) == 3  # 2 dB a second

    def test_a_very_short_sound_is_kept(self):
        assert len(clips(tone(440, 0.01))) == 1

    @pytest.mark.parametrize("audio", [silence(1), silence(0), tone(440) * 1e-4])
    def test_silence_gives_nothing(self, audio):
        assert clips(audio) == []


class TestOffset:
    @pytest.mark.parametrize("offset", [0.005, -0.02, 0.3])
    @pytest.mark.parametrize("rate", [SAMPLE_RATE, 44100])
    def test_a_recording_with_an_offset_gives_the_clips_of_one_without(self, tmp_path, monkeypatch, offset, rate):
        """Eight hits with pauses, in one piece and in blocks."""
        hits = [np.pad(tone(pitch, 0.1, rate), (0, 2 * rate)) for pitch in range(200, 1000, 100)]
        session = np.pad(np.concatenate(hits), (rate // 2, 0))
        recording, heard = Recording(tmp_path / "a.wav", "a"), []
        for added, block in ((0, 10**6), (offset, 10**6), (offset, 10**4)):
            monkeypatch.setattr(recordings, "BLOCK", block)
            monkeypatch.setattr("audiogan.audio.BLOCK", block)
            soundfile.write(recording.path, session + added, rate, subtype="FLOAT")
            heard.append(recordings._hear(recording, FORM, 8)[0])
        without, *others = heard
        assert [onset for _, onset in without] == pytest.approx(np.arange(8) * 2.1 + 0.5, abs=0.02)
        for cut_out in others:
            assert [onset for _, onset in cut_out] == [onset for _, onset in without]
            np.testing.assert_allclose([pcm for pcm, _ in cut_out], [pcm for pcm, _ in without], atol=3)

    def test_an_offset_alone_is_silent(self, tmp_path):
        soundfile.write(tmp_path / "a.wav", np.full(SAMPLE_RATE, 0.4), SAMPLE_RATE)
        assert recordings._hear(Recording(tmp_path / "a.wav", "a"), FORM, 8) == "is silent"

    @pytest.mark.parametrize("decay", [0, 5])
    @pytest.mark.parametrize("hz", [20, 30.3, 41, 50])
    @pytest.mark.parametrize("seconds", [0.05, 0.15, 0.3, 1.0])
    def test_low_sounds_have_none(self, hz, seconds, decay):
        sound = tone(hz, seconds)
        assert Levels.of([sound * np.exp(-decay * np.arange(len(sound)) / SAMPLE_RATE)], 64).offset == 0

    @pytest.mark.parametrize("hz", [31, 41.2, 55, 110])
    @pytest.mark.parametrize("offset", [0.05, -0.02])
    def test_a_low_sound_that_lasts_loses_its_own(self, tmp_path, hz, offset):
        note = tone(hz, 3.0) * np.exp(-np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE / 4) + offset
        soundfile.write(tmp_path / "a.wav", note, SAMPLE_RATE, subtype="FLOAT")
        heard, *_ = recordings._hear(Recording(tmp_path / "a.wav", "a"), FORM, 8)
        assert len(heard) == 3
        assert Levels.of([note.astype(np.float32)], 64).offset == pytest.approx(offset, abs=0.003)

    @pytest.mark.parametrize("added", [0, 0.1])
    def test_the_peaks_of_a_low_sound_are_none(self, added):
        """They fill its quietest hops."""
        angle = 2 * np.pi * 40 * np.arange(int(1.51 * SAMPLE_RATE)) / SAMPLE_RATE
        lopsided = (0.5 * np.cos(angle) - 0.125 * np.cos(2 * angle) + added).astype(np.float32)  # flat above, not below
        assert Levels.of([lopsided], 64).offset == pytest.approx(added, abs=0.003)

    def test_a_pause_without_an_offset_says_so(self):
        lopsided = np.abs(tone(300, 3.0))
        assert Levels.of([np.concatenate([lopsided, silence(2)])], 64).offset == 0

    def test_a_lopsided_click_has_none(self):
        assert Levels.of([np.pad(np.abs(tone(900, 0.05)), (0, SAMPLE_RATE))], 64).offset == 0


class TestBlocks:
    @pytest.mark.parametrize("block", [1, 37, 64, 5000, 16384])
    def test_clips_are_the_same_in_blocks(self, block):
        random = np.random.default_rng(0)
        audio = np.concatenate([silence(0.7), tone(440, 2.2), silence(1.1), 0.2 * tone(330, 0.4), silence(0.5)])
        audio = (audio + 1e-4 * random.standard_normal(len(audio))).astype(np.float32)[: 6000 if block == 1 else None]
        whole, parts = clips(audio), clips(audio, block=block)
        assert [onset for _, onset in parts] == [onset for _, onset in whole]
        np.testing.assert_array_equal([pcm for pcm, _ in parts], [pcm for pcm, _ in whole])

    @pytest.mark.parametrize("size", [1, 10, 33])
    def test_take(self, size):
        audio, starts = np.arange(100, dtype=np.float32), [0, 33, 40, 95]
        for block in (1, 7, 33, 100):
            taken = list(take(np.split(audio, range(block, 100, block)), starts, size))
            assert [piece.tolist() for piece in taken] == [audio[start : start + size].tolist() for start in starts]

    def test_take_reads_no_further_than_it_must(self):
        blocks = iter([np.zeros(10, np.float32)] * 5)
        assert len(list(take(blocks, [3, 12], 5))) == 2
        assert len(list(blocks)) == 3

    @pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
    @pytest.mark.parametrize("rate", [16000, 44100])
    def test_files_decode_and_resample_the_same_in_blocks_and_twice(self, tmp_path, monkeypatch, suffix, rate):
        path = tmp_path / f"a.{suffix}"
        soundfile.write(path, np.stack([tone(440, 1.5, rate), tone(660, 1.5, rate)], axis=1), rate)
        with AudioFile(path) as sound:
            (whole,) = sound.blocks()
            expected = resample(whole, rate, SAMPLE_RATE)
            monkeypatch.setattr("audiogan.audio.BLOCK", 5000)
            for _ in range(2):
                blocks = list(resampled_blocks(sound, SAMPLE_RATE))
                assert len(blocks) > 5
                np.testing.assert_allclose(np.concatenate(blocks), expected, atol=1e-6)

    @pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 44101, 48000, 96000, 192000])
    def test_a_span_is_resampled_as_in_the_whole(self, rate):
        audio = 0.3 * np.random.default_rng(rate).standard_normal(3 * rate).astype(np.float32)
        whole = resample(audio, rate, SAMPLE_RATE)
        for begin, end in ((0, 10), (5, 16389), (20011, 36396), (47000, 50000), (0, 48000)):
            span = resample_span(audio, rate, SAMPLE_RATE, begin, end)
            np.testing.assert_allclose(span, whole[begin:end], atol=2e-6)

    @pytest.mark.parametrize(("rate", "target"), [(1000, 96000), (2000, 16000), (8000, 48000), (8000, 96000)])
    def test_a_span_is_resampled_far_upward_as_in_the_whole(self, rate, target):
        audio = 0.3 * np.random.default_rng(rate).standard_normal(3 * rate).astype(np.float32)
        span = resample_span(audio, rate, target, target, target + 9000)
        np.testing.assert_allclose(span, resample(audio, rate, target)[target : target + 9000], atol=1e-6)

    @pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
    def test_onsets_are_the_same_at_any_rate(self, rate):
        audio = np.concatenate([np.zeros(rate // 2), tone(440, 0.5, rate), np.zeros(rate), tone(660, 1.5, rate)])
        starts = np.array(find_starts([audio.astype(np.float32)], rate, FORM)[0]) / SAMPLE_RATE
        assert starts == pytest.approx([0.5, 2.0, 2.0 + NUM_SAMPLES / SAMPLE_RATE], abs=0.01)

    def test_a_long_file_is_decoded_in_blocks_and_gives_the_same_clips(self, tmp_path, monkeypatch):
        audio = np.stack([np.concatenate([silence(1), tone(440, 3.0), silence(1), tone(220, 2.0)])] * 2, axis=1)
        soundfile.write(tmp_path / "long.wav", audio, SAMPLE_RATE * 2)
        recording = Recording(tmp_path / "long.wav", "long.wav", split="test")
        whole, *_ = recordings._hear(recording, FORM, 8)
        sizes = []
        read = soundfile.SoundFile.read
        monkeypatch.setattr(
            soundfile.SoundFile, "read", lambda *args, **kwargs: sizes.append(args[1]) or read(*args, **kwargs)
        )
        monkeypatch.setattr("audiogan.audio.BLOCK", 10000)
        monkeypatch.setattr(recordings, "BLOCK", 10000)
        blocks, *rest = recordings._hear(recording, FORM, 8)
        assert (max(sizes), rest) == (5000, [2, 0, False])
        assert [onset for _, onset in blocks] == [onset for _, onset in whole]
        for in_blocks, as_span in zip(blocks, whole, strict=True):
            np.testing.assert_allclose(in_blocks[0], as_span[0], atol=1)


def test_sounding_parts_are_librosas():
    random = np.random.default_rng(0)
    for _ in range(20):
        size = int(random.integers(SAMPLE_RATE, 6 * SAMPLE_RATE))
        swell = np.sin(np.arange(size) / SAMPLE_RATE * random.uniform(1, 8)) ** 10
        audio = (swell * random.standard_normal(size)).astype(np.float32)
        theirs = librosa.effects.split(audio, top_db=40, frame_length=256, hop_length=64)
        np.testing.assert_array_equal(Levels.of([audio], 64).sounding_parts(), theirs)
