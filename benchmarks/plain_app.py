"""A page for a checkpoint as such pages are usually written: the baseline for ours.

A separate script, so that its process imports no more than it needs: `plain_app.py CHECKPOINT PORT`.
"""

import sys

import gradio as gr

import audiogan
from audiogan.synthesis import Synthesizer

SOUNDS = 16


def page(synthesizer: Synthesizer) -> gr.Blocks:
    """A seed, a button and sixteen players, through Gradio's queue and its files."""

    def generate(seed: int) -> list:
        return [(synthesizer.sample_rate, clip) for clip in synthesizer.generate(SOUNDS, seed)]

    with gr.Blocks() as blocks:
        gr.Markdown(f"# {synthesizer.name}")
        seed = gr.Number(0, label="Seed", precision=0)
        button = gr.Button("Generate")
        button.click(generate, seed, [gr.Audio(label=f"Sound {number + 1}") for number in range(SOUNDS)])
    return blocks


if __name__ == "__main__":
    page(audiogan.load(sys.argv[1])).launch(server_port=int(sys.argv[2]))
