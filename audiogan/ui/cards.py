"""Cards: sounds on the page, each with a player, its picture, its identity, a download and, with a ticket, a rating."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache

from audiogan import plots
from audiogan.audio import wav_bytes
from audiogan.listening.store import SCALE

MODULE = Path(__file__).parent / "static" / "cards.js"
QUESTIONS = (
    {"name": "quality", "label": "Quality", "hint": "Clean, or noisy and distorted?"},
    {"name": "intelligibility", "label": "Intelligibility", "hint": "Can you tell what it is meant to be?"},
    {"name": "resemblance", "label": "Resemblance", "hint": "Like a recording of a real instrument?"},
)


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
        ticket: what a vote hands back; None for a card without a rating.
    """

    audio: np.ndarray
    sample_rate: int
    title: str
    detail: str
    file_name: str
    boundaries: Sequence[float] = ()
    ticket: str | None = None


def cards_field(name: str, empty: str, rate: Callable[[dict], dict] | None = None) -> gr.HTML:
    """A component that shows `cards_value`.

    Args:
        name: its element's id.
        empty: what it says while there is nothing to show.
        rate: called from the page with a vote; needed where cards have tickets. The page's event is `rated`.
    """
    module = base64.b64encode(MODULE.read_bytes()).decode()
    return gr.HTML(
        html_template='<div class="cards"></div>',
        js_on_load=f"import('data:text/javascript;base64,{module}')"
        ".then(cards => cards.mount({ element, props, server, watch, rated: () => trigger('rated') }));",
        apply_default_css=False,
        elem_id=name,
        server_functions=[rate] if rate else None,
        empty=empty,
        questions=QUESTIONS,
        scale_words=list(SCALE.values()),
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
        "ticket": card.ticket,
    }
