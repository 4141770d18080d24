"""Explore: a walk through the latent space from one seed to another."""

import gradio as gr
import numpy as np

from audiogan.ui import fields
from audiogan.ui.cards import Card, cards_field, cards_value
from audiogan.ui.inference import INFERENCE
from audiogan.ui.library import Library
from audiogan.ui.toasts import toasts

STEPS = (2, 16)


def build(library: Library) -> None:
    """The tab's contents."""
    gr.Markdown("Hear one sound turn into another: the sounds on the way lie between the two seeds.")
    with gr.Row(elem_classes="controls", equal_height=False):
        model, label = fields.model_field(library), fields.label_field(library)
        from_seed, to_seed = fields.seed_field("From seed", "1", 110), fields.seed_field("To seed", "2", 110)
        steps = gr.Slider(*STEPS, 9, step=1, label="Steps", min_width=200)
    with gr.Row(elem_classes="actions"):
        morph = gr.Button("Morph", variant="primary", elem_id="morph")
    cards = cards_field("walk", "Choose two seeds, then press Morph.")

    @toasts
    def walk(model, label, from_seed, to_seed, steps):
        ends = fields.parse_seed(from_seed, "from seed"), fields.parse_seed(to_seed, "to seed")
        return cards_value(cards, [make_card(library, model, *ends, steps, fields.parse_label(label))])

    fields.follow_model(library, model, label)
    inputs = [model, label, from_seed, to_seed, steps]
    gr.on([morph.click, from_seed.submit, to_seed.submit], walk, inputs, cards, **INFERENCE)


def make_card(library: Library, model: str, from_seed: int, to_seed: int, steps: int, label: str | None) -> Card:
    """The whole walk as one sound."""
    synthesizer = library.get(model).synthesizer
    clips = synthesizer.morph(from_seed, to_seed, steps, label)
    (drawn,) = synthesizer.clip_labels([0], from_seed, label)
    return Card(
        audio=np.concatenate(clips),
        sample_rate=synthesizer.sample_rate,
        title=f"{(drawn or synthesizer.name).replace('_', ' ')}: {from_seed} to {to_seed}",
        detail=f"{synthesizer.name} · {len(clips)} steps",
        file_name=morph_name(synthesizer.name, drawn, from_seed, to_seed),
        boundaries=[number * synthesizer.num_samples / synthesizer.sample_rate for number in range(1, len(clips))],
    )


def morph_name(name: str, label: str | None, from_seed: int, to_seed: int) -> str:
    """`NAME-LABEL-FROM-to-TO.wav`."""
    return f"{name}-{(label or 'any').replace(' ', '_')}-{from_seed}-to-{to_seed}.wav"
