"""Titles of scores and systems, which way is better, and what each says: for metrics.json, report and app."""

LOWER, HIGHER, LIKE_REAL = "lower", "higher", "like real"

_EMBEDDED = {
    "kad": ("KAD", LOWER, True, "Kernel distance to real sounds; assumes no distribution. 0 is chance."),
    "kad_low": (
        "KAD, lower end",
        LOWER,
        False,
        "End of the 95 % bootstrap interval over clips; other notes would move it further.",
    ),
    "kad_high": (
        "KAD, upper end",
        LOWER,
        False,
        "End of the 95 % bootstrap interval over clips; other notes would move it further.",
    ),
    "fad": ("FAD", LOWER, True, "Fréchet distance of Gaussians fitted to both; too large when there are few clips."),
    "fad_infinity": (
        "FAD-infinity",
        LOWER,
        True,
        "FAD extrapolated to infinitely many clips, given at least 500; may fall a little below 0.",
    ),
    "precision": (
        "Precision",
        HIGHER,
        False,
        "Share of sounds that lie among real ones; one good sound, repeated, scores 1.",
    ),
    "recall": ("Recall", HIGHER, True, "Share of real sounds that lie among the model's."),
    "density": ("Density", HIGHER, False, "How densely real sounds surround the model's; blind to repetition as well."),
    "coverage": ("Coverage", HIGHER, True, "Share of real sounds with one of the model's nearby."),
}
_EMBEDDINGS = {"classifier": "classifier", "summary": "spectra", "vggish": "VGGish"}

_OTHERS = {
    "clips": ("Clips", LIKE_REAL, False, "How many were scored."),
    "class_accuracy": (
        "Right label",
        HIGHER,
        True,
        "Share of sounds that the classifier hears as the label asked for.",
    ),
    "class_accuracy_mean": (
        "Right label, by label",
        HIGHER,
        True,
        "Mean of that share over labels, so rare ones count as much.",
    ),
    "inception_score": (
        "Inception Score",
        HIGHER,
        True,
        "Rewards clear and varied labels, as the classifier hears them; splits of equal size.",
    ),
    "inception_score_std": ("Inception Score, deviation", LIKE_REAL, False, "Over the splits."),
    "ndb": (
        "NDB/K",
        LOWER,
        True,
        "Share of clusters of real sounds that the model makes significantly too often or too seldom.",
    ),
    "mse": ("Plain MSE", LOWER, False, "Between unpaired clips. Silence wins: see the note under the table."),
    "nearest_mse": (
        "Nearest waveform",
        LOWER,
        False,
        "Error to the nearest real clip at the best lag and gain; silence scores 1. A label's mean waveform is near, "
        "too.",
    ),
    "nearest_mse_back": (
        "Nearest waveform, back",
        LOWER,
        True,
        "The same, from each real clip to the model's nearest.",
    ),
    "nearest_log_mel_db": (
        "Nearest spectrum",
        LOWER,
        False,
        "Log-mel distance in dB to the nearest real clip. Blurred sounds score better than real ones.",
    ),
    "nearest_log_mel_db_back": (
        "Nearest spectrum, back",
        LOWER,
        True,
        "The same, from each real clip to the model's nearest.",
    ),
    "memorisation_ratio": (
        "Memorisation ratio",
        LIKE_REAL,
        False,
        "Distance to the nearest training clip over the distance to the nearest held-out one; far below that of real "
        "clips means copying.",
    ),
    "near_copies": (
        "Near copies",
        LOWER,
        False,
        "Share of sounds less than three quarters as far from a training clip as 95 % of real clips are, mean over "
        "labels; a copy's phases do not matter.",
    ),
    "replayed": (
        "Replayed recordings",
        LOWER,
        False,
        "Share of clips that begin like a training clip, transposed by up to three semitones (drums: not transposed).",
    ),
    "diversity": (
        "Variety within a label",
        LIKE_REAL,
        False,
        "Mean distance between sounds of a label, relative to real ones.",
    ),
    "diversity_median": ("Variety, median label", LIKE_REAL, False, "A few odd labels do not move it."),
    "diversity_least": ("Variety, poorest label", LIKE_REAL, False, "The label with the least variety."),
    "diversity_one_pitch": (
        "Variety at one pitch",
        LIKE_REAL,
        False,
        "From z alone, relative to real clips of one pitch.",
    ),
    "diversity_from_z": ("Variety from z", LIKE_REAL, False, "At one pitch, relative to real clips of all pitches."),
    "steady_pitch": ("Steady pitch", HIGHER, False, "Share of tonal clips whose pitch stays within 20 cents."),
    "steady_pitch_of_real": (
        "Steady pitch, of real",
        HIGHER,
        False,
        "That share, relative to real clips of the same labels.",
    ),
    "pitch_error_cents": (
        "Pitch error",
        LOWER,
        False,
        "Median distance in cents from the pitch asked for, over sounds that hold a pitch.",
    ),
    "peak": ("Peak", LIKE_REAL, False, "Median; 1 is full scale."),
    "peak_most": ("Peak, largest", LIKE_REAL, False, "Of all clips."),
    "crest_db": ("Crest factor", LIKE_REAL, False, "Peak over RMS in dB, median."),
    "dc": ("DC", LIKE_REAL, False, "Median size of the constant offset."),
    "dc_most": ("DC, largest", LIKE_REAL, False, "Of all clips."),
    "clipped": ("Clipped samples", LIKE_REAL, False, "Median share of a clip's time spent at a flat top."),
    "clipped_clips": ("Clips that clip", LIKE_REAL, False, "Share of clips with a flat top, at whatever level."),
    "clicking_clips": (
        "Clips that click",
        LIKE_REAL,
        False,
        "Share of clips with a discontinuity, or that end before they are silent.",
    ),
    "above_7500_db": (
        "Above 7.5 kHz",
        LIKE_REAL,
        False,
        "Energy there relative to all, in dB, median: whistle and hiss.",
    ),
    "above_7500_db_most": ("Above 7.5 kHz, worst", LIKE_REAL, False, "95th percentile."),
    "below_30_db": ("Below 30 Hz", LIKE_REAL, False, "Energy there relative to all, in dB, median: rumble."),
    "floor_db": ("Noise floor", LIKE_REAL, False, "Level of the quietest tenth of a clip in dBFS, median."),
    "whistle_db": (
        "Whistle",
        LOWER,
        False,
        "Level in dBFS of the loudest line at a fixed frequency that ends most clips of a label; -120 for none.",
    ),
    "level_db": ("Level", LIKE_REAL, False, "RMS in dBFS, median."),
    "level_error_db": ("Level, label by label", LOWER, False, "Mean distance in dB from real audio's median level."),
}

_JUDGED = {"class_accuracy", "class_accuracy_mean", "inception_score", "inception_score_std"}
_OF_LABELS = _JUDGED | {"diversity_median", "diversity_least"}
_OF_ONE_KIND = {  # in words for data without labels
    "nearest_mse": (
        "Nearest waveform",
        LOWER,
        False,
        "Error to the nearest real clip at the best lag and gain; silence scores 1. The mean waveform is near, too.",
    ),
    "near_copies": (
        "Near copies",
        LOWER,
        False,
        "Share of sounds less than three quarters as far from a training clip as 95 % of real clips are; a copy's "
        "phases do not matter.",
    ),
    "diversity": ("Variety", LIKE_REAL, False, "Mean distance between sounds, relative to real ones."),
    "steady_pitch_of_real": ("Steady pitch, of real", HIGHER, False, "That share, relative to real clips."),
    "whistle_db": (
        "Whistle",
        LOWER,
        False,
        "Level in dBFS of the loudest line at a fixed frequency that ends most clips; -120 for none.",
    ),
    "level_error_db": ("Level, off by", LOWER, False, "Distance in dB from real audio's median level."),
}


def called(name: str, entry: dict) -> str:
    """Title in the report of a system of metrics.json: its name, and a note if its sounds came as files."""
    return f"{name} (sounds from a folder)" if entry.get("sounds") else name


def describe(embeddings: tuple[str, ...]) -> dict[str, dict]:
    """Title, direction, whether it judges realism, and words of each score, by name.

    Args:
        embeddings: those in use; without the classifier's, scores that compare labels are left out.
    """
    rows = dict(_OTHERS)
    if "classifier" not in embeddings:
        rows = {name: row for name, row in (rows | _OF_ONE_KIND).items() if name not in _OF_LABELS}
    for embedding in embeddings:
        named = _EMBEDDINGS.get(embedding, embedding)
        rows |= {f"{key}_{embedding}": (f"{title} ({named})", *rest) for key, (title, *rest) in _EMBEDDED.items()}
    keys = ("title", "better", "realism", "words")
    return {name: dict(zip(keys, row, strict=True)) for name, row in rows.items()}
