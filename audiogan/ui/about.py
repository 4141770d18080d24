"""About: what this is, the API, how to cite, the model cards."""

import html
import re
from collections.abc import Sequence

import gradio as gr

from audiogan import __version__
from audiogan.ui import scripts
from audiogan.ui.kit import default_model
from audiogan.ui.library import Library

INTRODUCTION = """
Every sound on Play and Explore was invented by a generative adversarial network. A GAN is two networks: one invents
sounds, the other learns to tell them from recordings, and both train until it hardly can. Afterwards the first invents
alone. Each of its sounds is drawn fresh from random numbers: the same model, seed and clip number always give the same
sound.

**What is kept.** A vote is stored with what was heard, how long it took, the kind of device, and random numbers for the
session and the listener. No name, no address. A receipt withdraws a session's votes.
"""
ADDRESS = "http://127.0.0.1:7860"  # about.js replaces it with the page's own
API = """
Three functions: `/list_models`, `/generate` and `/morph`. A mistake is answered with one
sentence that names the argument, its value and what is accepted.

From Python, with `pip install gradio_client`:

```python
{python}
```

There is no MCP server: a tool for a language model is a few lines around the Python client.

From a shell, in two calls: the first asks and prints an event's id, the second waits for its answer, which lists
each sound with a `url` to fetch it from:

```sh
{shell}
```
"""
PYTHON = """
from gradio_client import Client

client = Client("{address}")
print(client.predict(api_name="/list_models"))
files = client.predict(model="{model}", num=4, seed=0, api_name="/generate")
walk = client.predict(model="{model}", from_seed=1, to_seed=2, steps=9, api_name="/morph")
print(files, walk)  # paths of WAV files
"""
SHELL = """
ask=$(curl -s {address}/gradio_api/call/generate -H "Content-Type: application/json" \\
  -d '{{"data": ["{model}", 4, 0, null, null, 1.0]}}')
event=$(printf %s "$ask" | cut -d '"' -f 4)
curl -sN {address}/gradio_api/call/generate/$event
"""
CITATIONS = """
Cite audiogan for the hybrid, the listening test and the evaluation, the report for the study that it follows, the
papers for the other networks, and the card below for the data that a model learned from.

```bibtex
@software{audiogan,
  title   = {audiogan: play, see and judge sounds invented by {GANs}},
  author  = {{The audiogan authors}},
  version = {VERSION},
  year    = {2026}
}

@techreport{audiogan2024,
  title = {Audio Generative Adversarial Network},
  year  = {2024}
}

@inproceedings{donahue2019wavegan,
  title     = {Adversarial Audio Synthesis},
  author    = {Donahue, Chris and McAuley, Julian and Puckette, Miller},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year      = {2019}
}

@article{griffin1984signal,
  title   = {Signal estimation from modified short-time {Fourier} transform},
  author  = {Griffin, Daniel W. and Lim, Jae S.},
  journal = {IEEE Transactions on Acoustics, Speech, and Signal Processing},
  volume  = {32},
  number  = {2},
  pages   = {236--243},
  year    = {1984}
}

@inproceedings{harkonen2020ganspace,
  title     = {{GANSpace}: Discovering Interpretable {GAN} Controls},
  author    = {H{\\"a}rk{\\"o}nen, Erik and Hertzmann, Aaron and Lehtinen, Jaakko and Paris, Sylvain},
  booktitle = {Advances in Neural Information Processing Systems (NeurIPS)},
  year      = {2020}
}

@inproceedings{fonseca2018general,
  title     = {General-purpose tagging of {Freesound} audio with {AudioSet} labels},
  author    = {Fonseca, Eduardo and others},
  booktitle = {Detection and Classification of Acoustic Scenes and Events (DCASE) Workshop},
  year      = {2018},
  note      = {FSDKaggle2018, Zenodo record 2552860}
}
```
"""


def build(library: Library) -> None:
    """The tab's contents."""
    gr.Markdown(INTRODUCTION)
    gr.Markdown("## From a program")
    gr.Markdown(api_text(default_model(library)))
    gr.Markdown("## To cite")
    gr.Markdown(CITATIONS.replace("VERSION", __version__), latex_delimiters=[])
    gr.Markdown("## Models")
    if library.problems:
        gr.HTML(f'<p id="missing-models" role="status">{html.escape(missing(library.problems))}</p>')
    for entry in library:
        with gr.Accordion(entry.synthesizer.name, open=False):
            card = untitled(inert_markdown(entry.synthesizer.checkpoint.card()))
            gr.Markdown(card or "This model has no card.", sanitize_html=True, header_links=False, latex_delimiters=[])
    gr.HTML(js_on_load=scripts.mounting("about.js"), apply_default_css=False, elem_id="about")


def missing(problems: Sequence[str]) -> str:
    """A sentence for visitors about models that could not be fetched; the log has the reasons."""
    return f"{len(problems)} more could not be fetched from the Hugging Face Hub when this page started."


def api_text(model: str, address: str = ADDRESS) -> str:
    """How to call the page, with snippets that run as they are."""
    python, shell = (snippet.strip().format(model=model, address=address) for snippet in (PYTHON, SHELL))
    return API.format(python=python, shell=shell)


def inert_markdown(text: str) -> str:
    """An untrusted card without anything that would fetch or run: raw HTML, images, diagrams, front matter.

    A `<` that could open a tag gets a zero-width space after it, which keeps code readable. An image becomes a link; it
    is dropped if its file lies beside the card.
    """
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"!\[[^\]]*\]\([\w.-]+\)\n?", "", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", "<\u200b", text).replace("![", "[")
    return re.sub(r"(?im)^(\s*(?:`{3,}|~{3,}))\s*mermaid", r"\1text", text)


def untitled(card: str) -> str:
    """A card without the title that opens it: the page has just named the model."""
    return re.sub(r"\A\s*# .*\n?", "", card)
