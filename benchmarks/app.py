"""A listener's waiting times: our page against a plain Gradio page on the same checkpoint, over HTTP on one machine."""

import itertools
from pathlib import Path

from audiogan import checkpoint
from benchmarks.pages import SOUNDS, OurPage, PlainPage, serve
from benchmarks.timing import alternate, row

ROUNDS = 15
LEFT_OUT = "no browser, no network delay"


def run(checkpoints: Path = checkpoint.FOLDER, rounds: int = ROUNDS) -> list[dict]:
    """Three rows: new sounds, the page, and the page with its first sounds."""
    with serve(Path(checkpoints)) as (ours, plain):
        return compare(ours, plain, rounds)


def compare(ours: OurPage, plain: PlainPage, rounds: int) -> list[dict]:
    """Both sides make the same clips with the same `Synthesizer`, each clip once: no answer comes from a cache."""
    seeds, plain_seeds, first_seeds = itertools.count(), itertools.count(), itertools.count(1_000_000)
    new, plain_new, page, plain_page, plain_first = alternate(
        [
            lambda: ours.sounds(next(seeds)),
            lambda: plain.sounds(next(plain_seeds)),
            ours.open,
            plain.open,
            lambda: (plain.open(), plain.sounds(next(first_seeds))),
        ],
        rounds,
    )
    sound_bytes = {"ours_bytes": ours.sounds(next(seeds))[1], "baseline_bytes": plain.sounds(next(plain_seeds))[1]}
    page_bytes = {"ours_bytes": ours.open(), "baseline_bytes": plain.open()}
    return [
        row(
            f"{SOUNDS} new sounds, {ours.model}, from the request to the last sample",
            new,
            plain_new,
            f"a plain gr.Blocks with {SOUNDS} gr.Audio: the same clips through Gradio's queue, then {SOUNDS} WAV files "
            f"whole, six at once; ours end where silence begins; {LEFT_OUT}",
            **sound_bytes,
        ),
        row(
            "the page: its document, and the scripts and styles that this names",
            page,
            plain_page,
            f"the same of the plain gr.Blocks, whose document brings no sounds, ours {SOUNDS}; what the scripts go on "
            f"to ask for is left out; {LEFT_OUT}",
            **page_bytes,
        ),
        row(
            f"the page with its first {SOUNDS} sounds",
            page,
            plain_first,
            f"the plain gr.Blocks' page, then {SOUNDS} new sounds as above; ours came in the document, made when the "
            f"app started and alike for all; {LEFT_OUT}",
        ),
    ]
