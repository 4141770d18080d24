"""Colours and type. System fonts only: the page asks no other server for anything."""

from pathlib import Path

import gradio as gr

STATIC = Path(__file__).parent / "static"
ICON = STATIC / "icon.svg"
FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
TEXT = gr.themes.sizes.Size(  # Gradio's own, in units that follow a reader's choice of larger letters
    name="text_rem",
    xxs="0.5625rem",
    xs="0.625rem",
    sm="0.75rem",
    md="0.875rem",
    lg="1rem",
    xl="1.375rem",
    xxl="1.625rem",
)
MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")


def styles() -> list[Path]:
    """The page's sheet, then its tabs'."""
    return sorted(STATIC.glob("*.css"), key=lambda path: (path.name != "style.css", path.name))


def theme() -> gr.themes.Base:
    """One accent, thin lines, panels as round as Play's."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.cyan,
        secondary_hue=gr.themes.colors.slate,
        neutral_hue=gr.themes.colors.slate,
        text_size=TEXT,
        radius_size=gr.themes.sizes.radius_sm,
        font=FONT,
        font_mono=MONO,
    ).set(
        body_background_fill="#f6f7f9",
        body_background_fill_dark="#0d1116",
        block_background_fill="#ffffff",
        block_background_fill_dark="#151a21",
        block_border_color="#dfe3e9",
        block_border_color_dark="#2a323d",
        border_color_primary="#cfd5dd",
        border_color_primary_dark="#38424f",
        input_background_fill="#ffffff",
        input_background_fill_dark="#0f141a",
        input_border_width="1px",
        input_border_color="#cfd5dd",
        input_border_color_dark="#38424f",
        input_shadow="none",
        button_secondary_background_fill="#e6eaef",
        button_secondary_background_fill_hover="#d8dee6",
        button_secondary_background_fill_dark="#232b35",
        button_secondary_background_fill_hover_dark="#2f3945",
        button_primary_background_fill="#0e7490",
        button_primary_background_fill_hover="#155e75",
        button_primary_background_fill_dark="#22a3bd",
        button_primary_background_fill_hover_dark="#4fbdd3",
        button_primary_border_color="#0e7490",
        button_primary_border_color_dark="#22a3bd",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#06181d",
        block_shadow="none",
        block_radius="12px",
        container_radius="12px",
        input_radius="8px",
        button_small_radius="8px",
        button_medium_radius="8px",
        button_large_radius="8px",
        block_label_text_weight="500",
    )
