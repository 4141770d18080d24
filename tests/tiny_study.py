"""A small frozen study, written by hand: four systems under test, two labels, all that a session can ask for."""

import json
from pathlib import Path

import numpy as np
import yaml

from audiogan.audio import write_wav
from audiogan.listening import study
from audiogan.listening.votes import clip_hash

LABELS = ("Flute", "Snare_drum")
SAMPLE_RATE, NUM_SAMPLES = 16000, 1600
SECONDS = NUM_SAMPLES / SAMPLE_RATE
SYSTEMS = ("real", "anchor", "secretgan-alpha", "secretgan-beta")
DESIGN = study.DEFAULT_FOLDER.parent / "default.yaml"
CONSENT = yaml.safe_load(DESIGN.read_text())["consent"]["version"]
HASHES = {"secretgan-alpha": "a1" * 32, "secretgan-beta": "b2" * 32}


def write_study(folder: Path, per_cell: int = 4, num_samples: int = NUM_SAMPLES, **changes) -> Path:
    """A study in `folder`: `per_cell` test stimuli for each system and label; `changes` are to its design."""
    document = yaml.safe_load(DESIGN.read_text()) | changes
    (folder / "clips").mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(document))
    kinds = [(system, label, "test") for system in SYSTEMS for label in LABELS for _ in range(per_cell)]
    kinds += [("real", label, "exemplar") for label in LABELS]
    kinds += [(system, label, "training") for system in ("real", *HASHES) for label in LABELS]
    kinds += [(system, LABELS[1], "gold") for system in ("noise", "real")]
    random = np.random.default_rng(0)
    rows = [_stimulus(folder, random, number, num_samples, *kind) for number, kind in enumerate(kinds)]
    tests = {
        system: [row["id"] for row in rows if (row["system"], row["role"]) == (system, "test")] for system in SYSTEMS
    }
    batches = [
        {"id": random.bytes(16).hex(), "system": system, "stimuli": (ids * 10)[:10]} for system, ids in tests.items()
    ]
    manifest = {
        "format": study.FORMAT,
        "sample_rate": SAMPLE_RATE,
        "num_samples": num_samples,
        "design_sha256": study.canonical_hash(document),
        "stimuli": [rows[index] for index in random.permutation(len(rows))],
        "batches": batches,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _stimulus(folder: Path, random, number: int, num_samples: int, system: str, label: str, role: str) -> dict:
    name = random.bytes(16).hex()
    time = np.arange(num_samples) / SAMPLE_RATE
    audio = 0.3 * np.sin(2 * np.pi * (200 + 20 * number) * time) * np.exp(-time * 3)
    write_wav(folder / f"clips/{name}.wav", audio, SAMPLE_RATE)
    model = system in HASHES
    return {
        "id": name,
        "sha256": clip_hash(audio),
        "label": label,
        "system": system,
        "role": role,
        "checkpoint_sha256": HASHES.get(system, ""),
        "seed": 7 if model else None,
        "index": number if model else None,
        "source": None if model else number,
        "pitch": None,
        "gain_db": 0.0,
        "lufs": -23.0,
        "expected": ({"quality": [1, 2]} if system == "noise" else {"real": ["real"]}) if role == "gold" else {},
    }
