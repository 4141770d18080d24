"""Input fields that more than one tab has: model, label, seed."""

import secrets

import gradio as gr

from audiogan.latent import MAX_SEED
from audiogan.ui.library import Library

ANY_LABEL = ""
RANDOM_SEEDS = 1_000_000
AT_ONCE = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def model_field(library: Library) -> gr.Dropdown:
    """A choice of the library's models."""
    return gr.Dropdown(library.names, value=library.names[0], label="Model", filterable=False, min_width=200)


def label_field(library: Library) -> gr.Dropdown:
    """A choice of the first model's labels; `follow_model` keeps it in step."""
    return gr.Dropdown(label="Label", min_width=160, **_label_choices(library, library.names[0]))


def follow_model(library: Library, model: gr.Dropdown, label: gr.Dropdown) -> None:
    """Offer the chosen model's labels."""
    model.change(
        lambda name: gr.update(**_label_choices(library, name)),
        model,
        label,
        **AT_ONCE,
    )


def seed_field(label: str, value: str, minimum_width: int = 140) -> gr.Textbox:
    """Text, because a number in the browser is exact only up to 2**53."""
    return gr.Textbox(value, label=label, max_lines=1, max_length=64, min_width=minimum_width)


def parse_seed(text: str, name: str = "seed") -> int:
    """A seed from a text field.

    Raises:
        ValueError: not a whole number from 0 to `MAX_SEED`.
    """
    digits = str(text).strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) <= MAX_SEED:
        return int(digits)
    raise ValueError(f"{name} must be a whole number from 0 to {MAX_SEED}, not {digits[:40]!r}")


def parse_label(value: str | None) -> str | None:
    return value or None


def random_seed() -> str:
    """A seed short enough to read out."""
    return str(secrets.randbelow(RANDOM_SEEDS))


def _label_choices(library: Library, name: str) -> dict:
    labels = library.get(name).synthesizer.labels
    choices = [("Any", ANY_LABEL), *((label.replace("_", " "), label) for label in labels)]
    return {"choices": choices, "value": ANY_LABEL, "visible": bool(labels)}
