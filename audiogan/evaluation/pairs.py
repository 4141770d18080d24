"""A model's sounds beside real ones: the report's sections on copies and failures, to hear and see."""

import base64
import io
from html import escape

import numpy as np
import soundfile

from audiogan import figures, plots
from audiogan.audio import from_pcm16
from audiogan.evaluation.neighbours import FAILURES, SAMPLES, Neighbour
from audiogan.text import in_words

COPIED = (
    f"For each model, the {SAMPLES} sounds that lie nearest to any training clip{{spread}}: copying would show here "
    "first. Left: the model's sound. Right: the training clip."
)
FAILED = (
    f"For each model, the {FAILURES} sounds that are least like any held-out clip{{spread}}. Left: the model's sound. "
    "Right: the held-out clip nearest to it."
)


def copied(pairs: dict[str, list[Neighbour]], sample_rate: int) -> str:
    """HTML of `neighbours.closest` by the model's title."""
    return _section(COPIED.format(spread=_spread(pairs)), pairs, "training", sample_rate)


def failed(pairs: dict[str, list[Neighbour]], sample_rate: int) -> str:
    """HTML of `neighbours.farthest` by the model's title."""
    return _section(FAILED.format(spread=_spread(pairs, " of their label")), pairs, "held-out", sample_rate)


def picture(name: str, pairs: list[Neighbour], sample_rate: int) -> bytes:
    """A PNG: the real clips above, the model's below."""
    rows = [("nearest real clip", [pair.real for pair in pairs]), (name, [pair.audio for pair in pairs])]
    drawn = [(title, {place: from_pcm16(pcm) for place, pcm in enumerate(clips)}) for title, clips in rows]
    return figures.png_bytes(plots.comparison_figure(drawn, [pair.label for pair in pairs], sample_rate))


def _spread(pairs: dict[str, list[Neighbour]], lead: str = "") -> str:
    """Words for sounds spread over all labels, after `lead`; empty for one label."""
    labels = {pair.label for found in pairs.values() for pair in found}
    return f"{lead}, spread over the labels" if len(labels) > 1 else ""


def _section(words: str, pairs: dict[str, list[Neighbour]], kind: str, sample_rate: int) -> str:
    """HTML of each model's sounds beside real ones of one `kind`."""
    content = f"<p>{words}</p>"
    for name, found in pairs.items():
        cards = "".join(_pair(name, pair, kind, sample_rate) for pair in found)
        content += f'<h3>{escape(name)}</h3><div class="pairs">{cards}</div>'
    return content


def _pair(name: str, pair: Neighbour, kind: str, sample_rate: int) -> str:
    label, origin = in_words(pair.label), "from the folder" if pair.file else "invented"
    file = f'<br><span class="quiet">file {escape(pair.file)}</span>' if pair.file else ""
    return (
        f'<div class="pair"><h4>{escape(label)}</h4><div class="two">'
        f"<figure>{sound(pair.audio, sample_rate, f'{name}, {label}, sample {pair.sample}')}"
        f"<figcaption>{origin}</figcaption></figure>"
        f"<figure>{sound(pair.real, sample_rate, f'{kind} clip {pair.clip}, {label}')}"
        f"<figcaption>{kind}</figcaption></figure></div>"
        f"<p>{pair.distance_db:.1f} dB apart<br>"
        f'<span class="quiet">clip {pair.clip}: {escape(pair.source)}</span>{file}</p></div>'
    )


def sound(pcm: np.ndarray, sample_rate: int, name: str) -> str:
    """A picture, and a button under it that plays the clip, int16 [time]."""
    picture = _data_url("image/png", plots.thumbnail_png(from_pcm16(pcm), sample_rate))
    buffer = io.BytesIO()
    soundfile.write(buffer, pcm, sample_rate, subtype="PCM_16", format="FLAC")
    return (
        f'<div class="sound"><img src="{picture}" alt="Spectrogram: {escape(name)}" width="129" height="96">'
        f'<button class="play" type="button" aria-label="Play {escape(name)}">'
        f'<audio preload="none" src="{_data_url("audio/flac", buffer.getvalue())}"></audio></button></div>'
    )


def _data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
