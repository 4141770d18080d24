"""The kit that the page opens with: which instrument is on which pad."""

from audiogan.ui.library import Library
from audiogan.ui.sounds import Sounds, describe

PADS = 16
FIRST_SEED = 5228  # of 6,000: its notes are all of one pentatonic scale, C sharp major, and its kick is at 72 Hz
FLAGSHIP = "hybrid-instruments"
ROLES = {
    "Bass_drum": "kick",
    "Snare_drum": "snare",
    "Hi-hat": "hat",
    "Tambourine": "shaker",
    "Cowbell": "bell",
    "Clap": "clap",
    "Side_stick": "stick",
    "Tom": "tom",
    "Hand_drum": "hand",
    "Woodblock": "block",
    "Crash_cymbal": "crash",
    "Ride_cymbal": "ride",
    "Gong": "gong",
    "Chime": "chime",
    "Glockenspiel": "mallet",
    "Double_bass": "bass",
    "Electric_piano": "key",
    "Acoustic_guitar": "pluck",
    "Flute": "lead",
}
ORDER = (*ROLES, "Trumpet", "Saxophone", "Violin_or_fiddle", "Cello", "Clarinet", "Oboe", "Harmonica")


def default_model(library: Library) -> str:
    """The model that the page opens with: the flagship if it is here, else the first."""
    return FLAGSHIP if FLAGSHIP in library.names else library.names[0]


def pad_labels(labels: tuple[str, ...]) -> list[str | None]:
    """A label for each pad: drums first, then melodic instruments."""
    if not labels:
        return [None] * PADS
    known = [name for name in ORDER if name in labels]
    order = known + [name for name in labels if name not in known]
    return [order[pad % len(order)] for pad in range(PADS)]


def models(library: Library) -> list[dict]:
    """What the page needs to know about each model."""
    return [entry.facts() | {"pad_labels": pad_labels(entry.synthesizer.labels)} for entry in library]


def first_kit(library: Library, sounds: Sounds) -> list[dict]:
    """The opening kit, made once at start, so that the page comes with its sounds."""
    name = default_model(library)
    labels = pad_labels(library.get(name).synthesizer.labels)
    wanted = [{"model": name, "label": label, "seed": FIRST_SEED, "index": pad} for pad, label in enumerate(labels)]
    return [describe(*made) for made in sounds.make({"sounds": wanted})]
