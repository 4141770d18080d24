"""About: what this is, the model cards, the API, whom to cite."""

import re

import gradio as gr

from audiogan.ui.library import Library

INTRODUCTION = """
Generative adversarial networks that invent sounds. Each sound is drawn fresh from random numbers:
the same model, seed and clip number always give the same sound.

**What is kept.** A vote is stored with what was heard, how long it took, the kind of device, and random numbers for the
sitting and the listener. No name, no address. A receipt takes a sitting's votes back.
"""
API = """
```python
from gradio_client import Client

client = Client("http://127.0.0.1:7860")  # this page's address
print(client.predict(api_name="/list_models"))
files = client.predict(model="{model}", num=4, seed=0, api_name="/generate")
walk = client.predict(model="{model}", from_seed=1, to_seed=2, steps=9, api_name="/morph")
```
"""
CITATIONS = """
- *Audio Generative Adversarial Network*, report, 2024: the study that this app follows.
- C. Donahue, J. McAuley, M. Puckette. *Adversarial Audio Synthesis.* ICLR 2019 (WaveGAN, SpecGAN).
- D. Griffin, J. Lim. *Signal estimation from modified short-time Fourier transform.* IEEE TASSP 32(2), 1984.
- E. Fonseca et al. *General-purpose tagging of Freesound audio with AudioSet labels.* DCASE 2018 (FSDKaggle2018).

The cards above say which recordings each model learned from and under what licence.
"""


def build(library: Library) -> None:
    """The tab's contents."""
    gr.Markdown(INTRODUCTION)
    gr.Markdown("## Models")
    for number, entry in enumerate(library):
        with gr.Accordion(entry.synthesizer.name, open=number == 0):
            card = inert_markdown(entry.synthesizer.checkpoint.card()) or "This model has no card."
            gr.Markdown(card, sanitize_html=True, header_links=False, latex_delimiters=[])
    gr.Markdown("## From Python")
    gr.Markdown(API.format(model=library.names[0]))
    gr.Markdown("## To cite")
    gr.Markdown(CITATIONS)


def inert_markdown(text: str) -> str:
    """A card that may be a stranger's, without what would fetch or run: raw HTML, images, diagrams, front matter.

    A `<` that could open a tag gets a zero-width space after it, which keeps code readable; an image becomes a link.
    """
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"<(?=[A-Za-z/!?])", "<\u200b", text).replace("![", "[")
    return re.sub(r"(?im)^(\s*(?:`{3,}|~{3,}))\s*mermaid", r"\1text", text)
