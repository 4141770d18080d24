"""The model card of an imported checkpoint: what is known about it, and what is not."""

from audiogan.models import count_parameters
from audiogan.models.base import Generator

FORMS = {
    "transposed": "transposed convolutions, weights as they were",
    "nearest": "nearest upsampling and convolution, merged exactly into transposed convolutions of 28 taps",
}


def card(name: str, generator: Generator, training: dict, command: str) -> str:
    """Markdown with the Hub's metadata.

    Args:
        training: the checkpoint's origin, as in its config.json.
        command: the command that imported it.
    """
    model = generator.config
    return f"""---
library_name: audiogan
pipeline_tag: text-to-audio
license: unknown
tags: [audio, gan, {model.architecture}]
---
# {name}

A `{model.architecture}` of width {model.dim} that makes clips of {model.num_samples:,} samples at
{model.sample_rate:,} Hz ({model.num_samples / model.sample_rate:.3f} s). {count_parameters(generator):,} parameters, \
stored in float32.
Another program trained it.

| | |
| --- | --- |
| imported from | {training["source"]}, SHA-256 `{training["source_sha256"]}` |
| layers | {FORMS[training["layers"]]} |
| labels | none: unconditional |
| latent | {model.latent_dim} numbers, standard normal |
| sample rate | as given at import; the file does not say |
| data | unknown |
| licence | unknown, of the weights and of the data: ask whoever trained it before publishing either |
| iterations | {f"{training['steps']:,}" if training["steps"] else "unknown"} |

## How it sounds

Nobody has described or measured how this checkpoint sounds.

## Made by

    {command}
"""
