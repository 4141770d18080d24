"""Explore: a map spanned by four seeds, directions that change the sound, morphs, and a close look at a sound."""

import logging
import math
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np

from audiogan import latent, resemblance
from audiogan.descriptors import DESCRIPTORS
from audiogan.directions import COUNT, Directions
from audiogan.synthesis import Synthesizer
from audiogan.tiles import TILE
from audiogan.ui import scripts
from audiogan.ui.fields import field, parse_seed
from audiogan.ui.gate import Gate, guarded
from audiogan.ui.library import Entry, Library
from audiogan.ui.places import line_of
from audiogan.ui.sounds import Sounds, pcm_text
from audiogan.ui.sounds import describe as describe_sound
from audiogan.ui.visitors import visitor

MAX_POINTS = TILE
MAX_MOVE = 3.0  # standard deviations
FIRST_CORNERS = ("1", "2", "3", "4")
LOG = logging.getLogger(__name__)


def build(library: Library, gate: Gate) -> gr.HTML:
    """The tab's contents, drawn by `static/explore.js`."""
    explorer = Explorer(library)

    async def points(request: dict, http: gr.Request) -> dict:
        return await gate.serve(explorer.points, request, await visitor(http), shares=True)

    async def direction(request: dict, http: gr.Request) -> dict:
        return await gate.serve(explorer.direction, request, await visitor(http))

    async def sound(request: dict, http: gr.Request) -> dict:
        return await gate.serve(explorer.sound, request, await visitor(http))

    async def nearest(request: dict, http: gr.Request) -> dict:
        return await gate.serve(explorer.nearest, request, await visitor(http))

    return gr.HTML(
        html_template='<div class="explore"></div>',
        js_on_load=scripts.mounting("explore.js"),
        apply_default_css=False,
        elem_id="explore",
        server_functions=[points, sound, direction, nearest, line_of(gate)],
        models=[describe(entry, entry.synthesizer.name in explorer.indexed) for entry in library],
        corners=FIRST_CORNERS,
        directions={"steered": [item.name for item in DESCRIPTORS], "principal": COUNT, "reach": MAX_MOVE},
        batch=MAX_POINTS,
    )


def describe(entry: Entry, indexed: bool = False) -> dict:
    """What the page needs to know about a model; `indexed` if it has an index of its training sounds."""
    return entry.facts() | {"sample_rate": entry.synthesizer.sample_rate, "indexed": indexed}


@dataclass(frozen=True)
class Place:
    """A request's model, and its inputs besides z.

    Attributes:
        pitch: MIDI number; None for labels without pitch.
    """

    synthesizer: Synthesizer
    label: str | None
    pitch: float | None


class Explorer:
    """Answers the tab's requests, or replies `{"error": one sentence}`.

    Attributes:
        indexed: indexes of training sounds, by name of the models that ship one.
    """

    def __init__(self, library: Library):
        self._library = library
        self._directions: dict[tuple[str, str | None], Directions] = {}
        found = {entry.synthesizer.name: _index(entry.synthesizer.checkpoint.folder) for entry in library}
        self.indexed = {name: index for name, index in found.items() if index}

    @guarded
    def points(self, request: dict) -> dict:
        """`{"sounds": [PCM16 as base64]}` of at most `MAX_POINTS` points of a plane.

        A request has model, label, pitch, truncation, corners (four seeds as text), points (pairs [across, down] from
        0 to 1) and moves (for each point, standard deviations along each direction).
        """
        return {"sounds": [pcm_text(clip) for clip in self._render(request)]}

    @guarded
    def sound(self, request: dict) -> dict:
        """`{"sound": {...}}`, the request's one point as in `sounds.describe`, for a pad."""
        place = self._place(request)
        z = self._latents(place, request)
        exact = {"model": place.synthesizer.name, "label": place.label, "pitch": place.pitch, "z": z[0].tolist()}
        [made] = Sounds(self._library).make({"sounds": [exact]})
        return {"sound": describe_sound(*made)}

    @guarded
    def direction(self, request: dict) -> dict:
        """What direction `number` changes for a model and label: the fields of `directions.Meaning`."""
        number, directions = field(request, "number"), self._of(self._place(request))
        if type(number) is not int or not 0 <= number < len(directions):
            raise ValueError(f"number must be a whole number from 0 to {len(directions) - 1}, not {number!r}")
        return vars(directions.meaning(number))

    @guarded
    def nearest(self, request: dict) -> dict:
        """The training sounds nearest to the request's one point: `{"neighbours": [...], "typical_db": ...}`.

        Without an index, neighbours is None.
        """
        place = self._place(request)
        index = self.indexed.get(place.synthesizer.name)
        if index is None:
            return {"neighbours": None, "typical_db": None}
        audio = self._render(request)[0]
        found = index.nearest(audio, place.synthesizer.sample_rate, place.label)
        typical = index.typical(place.label)
        return {"neighbours": [vars(item) for item in found], "typical_db": None if math.isnan(typical) else typical}

    def _render(self, request: dict) -> np.ndarray:
        """The audio of a request's points, [points, time]."""
        place = self._place(request)
        z = self._latents(place, request)
        return place.synthesizer.render(z, [place.label] * len(z), [place.pitch] * len(z))

    def _latents(self, place: Place, request: dict) -> np.ndarray:
        """The latents of a request's points, [points, latent_dim]."""
        corners = np.concatenate([place.synthesizer.latents([0], seed) for seed in _seeds(field(request, "corners"))])
        z = latent.truncate(latent.plane(corners, *_pairs(field(request, "points"))), field(request, "truncation"))
        moves = _moves(field(request, "moves"), len(z))
        if moves.any():
            z = z + moves @ self._of(place).vectors()
        return z

    def _of(self, place: Place) -> Directions:
        """The directions of a place, whatever its pitch: they are measured in the middle of the label's range."""
        key = place.synthesizer.name, place.label
        if key not in self._directions:
            usual = place.synthesizer.usual_pitch(place.label)
            self._directions.setdefault(key, Directions(place.synthesizer, place.label, usual))
        return self._directions[key]

    def _place(self, request: dict) -> Place:
        synthesizer = self._library.get(field(request, "model")).synthesizer
        label, pitch = field(request, "label") or None, field(request, "pitch")
        if (label is None) == bool(synthesizer.labels):
            raise ValueError(f"label must be {'one of the labels' if synthesizer.labels else 'empty'}, not {label!r}")
        return Place(synthesizer, label, synthesizer.heard_pitch(label, pitch))


def _seeds(values) -> list[int]:
    if not isinstance(values, list) or len(values) != 4:
        raise ValueError("corners must be four seeds")
    return [parse_seed(value) for value in values]


def _pairs(values) -> tuple[np.ndarray, np.ndarray]:
    """[across, down] pairs from 0 to 1 as two arrays [points]."""
    if not isinstance(values, list) or not 1 <= len(values) <= MAX_POINTS:
        raise ValueError(f"points must be a list of 1 to {MAX_POINTS} pairs")
    pairs = np.stack([_numbers("each point", pair, 2, 1.0) for pair in values])
    if (pairs < 0).any():
        raise ValueError("each point must lie between 0 and 1")
    return pairs[:, 0], pairs[:, 1]


def _moves(values, points: int) -> np.ndarray:
    """[points, directions] in standard deviations."""
    if not isinstance(values, list) or len(values) != points:
        raise ValueError("moves must be a list with as many items as points")
    return np.stack([_numbers("each of moves", row, len(DESCRIPTORS) + COUNT, MAX_MOVE) for row in values])


def _numbers(name: str, values, count: int, most: float) -> np.ndarray:
    if isinstance(values, list) and len(values) == count and all(_is_number(value, most) for value in values):
        return np.array(values, np.float32)
    raise ValueError(f"{name} must be {count} numbers from {-most:g} to {most:g}")


def _is_number(value, most: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= most


def _index(folder: Path) -> resemblance.Index | None:
    """A checkpoint's index; with a damaged one, perhaps a stranger's, only this model's neighbours are missing."""
    try:
        return resemblance.load(folder)
    except ValueError as error:
        LOG.warning("%s", error)
        return None
