"""Cards: sounds on the page, each with a player, its picture, its identity and a download."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache

from audiogan import plots
from audiogan.audio import wav_bytes

MODULE = Path(__file__).parent / "static" / "cards.js"


@dataclass(frozen=True)
class Card:
    """A sound to show.

    Attributes:
        audio: [time] float in [-1, 1].
        sample_rate: Hz.
        title: its heading.
        detail: its identity, in words.
        file_name: what a download is called.
        boundaries: seconds between the sounds of a sequence.
    """

    audio: np.ndarray
    sample_rate: int
    title: str
    detail: str
    file_name: str
    boundaries: Sequence[float] = ()


def cards_field(name: str, empty: str) -> gr.HTML:
    """A component that shows `cards_value`.

    Args:
        name: its element's id.
        empty: what it says while there is nothing to show.
    """
    module = base64.b64encode(MODULE.read_bytes()).decode()
    return gr.HTML(
        html_template='<div class="cards"></div>',
        js_on_load=f"import('data:text/javascript;base64,{module}')"
        ".then(cards => cards.mount({ element, props, watch }));",
        apply_default_css=False,
        elem_id=name,
        empty=empty,
        plot=(plots.PLOT_LEFT, plots.PLOT_RIGHT),
    )


def cards_value(field: gr.HTML, cards: Sequence[Card]) -> list[dict]:
    """What the component shows: JSON types, with the sounds and pictures as files that the page may fetch."""
    return [_value(field, card) for card in cards]


def served_file(field: gr.HTML, data: bytes, name: str) -> dict:
    """A file that Gradio serves, under a name of our choice, until `delete_cache` removes it."""
    path = save_bytes_to_cache(data, name, field.GRADIO_CACHE)
    return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def _value(field: gr.HTML, card: Card) -> dict:
    figure = plots.clip_figure(card.audio, card.sample_rate, boundaries=card.boundaries)
    picture = card.file_name.removesuffix(".wav") + ".png"
    return {
        "title": card.title,
        "detail": card.detail,
        "file_name": card.file_name,
        "alt": f"Waveform and log-mel spectrogram: {card.title}, {card.detail}",
        "sound": served_file(field, wav_bytes(card.audio, card.sample_rate), card.file_name),
        "picture": served_file(field, plots.png_bytes(figure), picture),
    }
