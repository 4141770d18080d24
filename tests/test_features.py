"""Features of clips, sets of them, and the public embedding's arithmetic."""

import numpy as np
import pytest
import torch
import torchaudio.functional as taf
from conftest import LABELS, NUM_SAMPLES, tone

from audiogan.audio import from_pcm16
from audiogan.dataset import PreparedData
from audiogan.evaluation import embedding
from audiogan.evaluation.classifier import Classifier, ClassifierConfig
from audiogan.evaluation.clips import KEPT, RealClips, gather, note, repeat
from audiogan.evaluation.features import Extractor


@pytest.fixture(scope="module")
def extractor():
    torch.manual_seed(0)
    return Extractor(Classifier(ClassifierConfig(LABELS, width=4)).eval(), LABELS, 16000)


def test_embeddings_are_named_and_gain_is_no_part_of_spectra(extractor):
    features = extractor(np.stack([tone(440), 0.1 * tone(440), np.zeros(NUM_SAMPLES)]))
    assert {name: values.shape for name, values in features.embeddings.items()} == {
        "classifier": (3, 128),
        "summary": (3, 128),
    }
    assert features.posterior.sum(1) == pytest.approx(1, abs=1e-5)
    assert features.spectra[0].astype(float) == pytest.approx(features.spectra[1].astype(float), abs=0.1)
    assert np.abs(features.embeddings["summary"][0] - features.embeddings["summary"][1]).max() > 1


def test_posterior_follows_the_datas_order_of_labels(extractor):
    turned = Extractor(extractor.classifier, LABELS[::-1], 16000)
    audio = tone(440)[None]
    assert turned(audio).posterior[0].tolist() == extractor(audio).posterior[0, ::-1].tolist()


def test_gathering_a_stream_is_as_one_batch_and_keeps_the_first(extractor):
    audio = np.stack([tone(300 + 10 * number) for number in range(5)])
    label, done = np.array([0, 1, 1, 0, 1]), []
    clips = gather(iter([audio[:2], audio[2:]]), extractor, label, np.full(5, np.nan), done.append)
    assert sum(done) == len(clips) == 5
    assert clips.features.posterior == pytest.approx(extractor(audio).posterior, abs=1e-3)
    assert clips.heard == pytest.approx(audio, abs=1e-4)
    assert from_pcm16(clips.examples[1]) == pytest.approx(audio[1], abs=1e-4)


def test_without_labels_a_clip_has_the_one_that_is_heard(extractor):
    clips = gather([tone(440)[None]], extractor, None, np.full(1, np.nan), lambda count: None)
    assert clips.label[0] == clips.features.posterior[0].argmax()


def test_a_set_of_repeated_clips(extractor):
    few = gather([np.stack([tone(300), tone(600)])], extractor, np.arange(2), np.full(2, np.nan), lambda count: None)
    rows = np.arange(600) % 2
    many = repeat(few, rows, rows)
    assert len(many) == 600
    assert len(many.audio) == KEPT
    assert (many.features.embeddings["summary"][4] == few.features.embeddings["summary"][0]).all()


def test_real_clips_are_taken_by_their_numbers(extractor, prepared):
    data = PreparedData(prepared)
    real = RealClips(data, data.rows("test"), extractor, lambda count: None)
    rows = data.rows("test")[[3, 0]]
    clips = real.take(rows)
    assert (clips.audio == data.clips[rows]).all()
    assert clips.features.posterior == pytest.approx(extractor(from_pcm16(data.clips[rows])).posterior, abs=1e-5)
    assert clips.note.tolist() == [note(data.index[row]) for row in rows]


def test_a_note_is_shared_by_velocities_and_soundfonts():
    source = "{} bank 0 program 24 key {} velocity {} tuning 0"
    rows = [
        {"label": "Guitar", "source": source.format(*values)}
        for values in (("a.sf2", 40, 50), ("b.sf3", 40, 85), ("a.sf2", 41, 50))
    ]
    notes = [note(row) for row in rows]
    assert notes[0] == notes[1] != notes[2]
    assert note({"label": "Gong", "source": "gong.wav"}) != note({"label": "Bell", "source": "gong.wav"})
    tunings = [{"label": "Tom", "source": f"kit/tom.flac tuning {cents}"} for cents in ("-200", "+0", "+200")]
    assert len(set(map(note, tunings))) == 1  # of one recording


class TestVGGish:
    def test_joins_the_embeddings_that_are_always_there(self, extractor):
        both = Extractor(extractor.classifier, LABELS, 16000, embedding.VGGish().eval())
        assert both.embedding_names == ("classifier", "summary", "vggish")
        assert both(tone(440)[None]).embeddings["vggish"].shape == (1, 128)

    def test_shapes_of_short_and_long_clips(self):
        torch.manual_seed(0)
        network = embedding.VGGish().eval()
        with torch.inference_mode():
            for seconds in (0.5, 1.1, 2.5):
                assert network(torch.zeros(2, int(16000 * seconds)), 16000).shape == (2, 128)

    def test_filters_are_nearly_torchaudios(self):
        """Straight on the mel scale instead of in Hz: the same centres, slightly other slopes."""
        ours, theirs = embedding._filters(), taf.melscale_fbanks(257, 125.0, 7500.0, 64, 16000, mel_scale="htk")
        assert (ours.argmax(0) - theirs.argmax(0)).abs().max() <= 1
        assert (ours - theirs).abs().mean() < 0.005

    def test_a_tone_lights_its_band(self):
        logs = embedding.log_mel(torch.from_numpy(tone(1000))[None])[0, 0]
        centre = np.interp(1127 * np.log1p(1000 / 700), 1127 * np.log1p(np.array([125, 7500]) / 700), (-1, 64))
        assert abs(int(logs.mean(0).argmax()) - centre) <= 1

    def test_says_in_one_sentence_that_weights_cannot_be_had(self, monkeypatch, tmp_path):
        monkeypatch.setattr(embedding, "VGGISH_URL", "http://127.0.0.1:9/vggish.pt")
        monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
        with pytest.raises(ValueError, match="needs the public weights at http") as error:
            embedding.load_vggish()
        assert "\n" not in str(error.value)
