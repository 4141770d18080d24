"""Play: sample sounds, hear and see them."""

import gradio as gr

from audiogan.synthesis import file_name
from audiogan.ui import fields
from audiogan.ui.cards import Card, cards_field, cards_value
from audiogan.ui.inference import INFERENCE
from audiogan.ui.library import Entry, Library
from audiogan.ui.toasts import toasts

COUNTS = (1, 2, 4, 8)
FIRST_COUNT = 4


def build(app: gr.Blocks, library: Library) -> gr.HTML:
    """The tab's contents; returns the cards."""
    with gr.Row(elem_classes="controls", equal_height=False):
        model, label = fields.model_field(library), fields.label_field(library)
        seed = fields.seed_field("Seed", "0")
        num = gr.Radio(COUNTS, value=FIRST_COUNT, label="How many", min_width=220, elem_classes="segmented")
    with gr.Row(elem_classes="actions"):
        sample = gr.Button("Sample", variant="primary", elem_id="sample")
        surprise = gr.Button("Surprise me", elem_id="surprise")
    with gr.Accordion("More", open=False, elem_classes="more"):
        truncation = gr.Slider(
            0.1, 1.0, 1.0, step=0.05, label="Truncation", info="Smaller: more typical sounds, less variety."
        )
    cards = cards_field("clips", "Choose a model, then press Sample.")
    _connect(app, library, cards, (model, label, seed, num, truncation), (sample, surprise))
    return cards


def _connect(app: gr.Blocks, library: Library, cards: gr.HTML, inputs: tuple, buttons: tuple) -> None:
    model, label, seed, _num, _truncation = inputs
    sample, surprise = buttons

    @toasts
    def show(model, label, seed, num, truncation):
        entry, number = library.get(model), fields.parse_seed(seed)
        clips = make_cards(entry, num, number, fields.parse_label(label), truncation)
        return cards_value(cards, clips)

    fields.follow_model(library, model, label)
    gr.on([sample.click, seed.submit], show, inputs, cards, **INFERENCE)
    drawn = gr.on([surprise.click, app.load], fields.random_seed, None, seed, **fields.AT_ONCE)
    drawn.then(show, inputs, cards, **INFERENCE)


def make_cards(entry: Entry, num: int, seed: int, label: str | None, truncation: float) -> list[Card]:
    """Clips 0 to num - 1 of a seed, ready to show."""
    synthesizer = entry.synthesizer
    audio = synthesizer.generate(num, seed, label, truncation=truncation)
    labels = synthesizer.clip_labels(range(num), seed, label)
    return [
        Card(
            audio=audio[index],
            sample_rate=synthesizer.sample_rate,
            title=(labels[index] or synthesizer.name).replace("_", " "),
            detail=f"{synthesizer.name} · seed {seed} · clip {index}",
            file_name=file_name(synthesizer.name, labels[index], seed, index),
        )
        for index in range(num)
    ]
