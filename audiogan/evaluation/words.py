"""Titles of scores and systems, which way is better, and what each says: for metrics.json, report and app."""

LOWER, HIGHER, LIKE_REAL = "lower", "higher", "like real"

_EMBEDDED = {
    "kad": ("KAD", LOWER, True, "How far the sounds are from real ones, whatever the shape of the cloud. 0 is chance."),
    "kad_low": (
        "KAD, lower end",
        LOWER,
        False,
        "Of its bootstrap interval of 95 % over clips; other notes would move it further.",
    ),
    "kad_high": (
        "KAD, upper end",
        LOWER,
        False,
        "Of its bootstrap interval of 95 % over clips; other notes would move it further.",
    ),
    "fad": ("FAD", LOWER, True, "Frechet distance of Gaussians fitted to both; grows when there are few clips."),
    "fad_infinity": (
        "FAD-infinity",
        LOWER,
        True,
        "FAD extrapolated to clips without end, where there are 500; may fall a little below 0.",
    ),
    "precision": ("Precision", HIGHER, False, "Share of sounds among real ones; one good sound repeated has 1."),
    "recall": ("Recall", HIGHER, True, "Share of real sounds that lie among the model's."),
    "density": ("Density", HIGHER, False, "How thick real sounds lie around the model's; blind to repetition too."),
    "coverage": ("Coverage", HIGHER, True, "Share of real sounds with a sound of the model's nearby."),
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
    "class_accuracy_mean": ("Right label, by label", HIGHER, True, "That share's mean over labels, rare ones too."),
    "inception_score": (
        "Inception Score",
        HIGHER,
        True,
        "Clear and varied labels, as the classifier hears them, in splits of equal size.",
    ),
    "inception_score_std": ("Inception Score, deviation", LIKE_REAL, False, "Over its splits."),
    "ndb": ("NDB/K", LOWER, True, "Share of kinds of sound that come significantly more or less often than in real."),
    "mse": ("Plain MSE", LOWER, False, "Between unpaired clips. Silence wins it: see the note under the table."),
    "nearest_mse": (
        "Nearest waveform",
        LOWER,
        False,
        "Error to the nearest real clip, best lag and gain; 1 is silence. A label's mean waveform is near, too.",
    ),
    "nearest_mse_back": ("Nearest waveform, back", LOWER, True, "The same from each real clip to the model's nearest."),
    "nearest_log_mel_db": (
        "Nearest spectrum",
        LOWER,
        False,
        "Log-mel distance in dB to the nearest real clip. What is blurred is nearer than other real sounds.",
    ),
    "nearest_log_mel_db_back": ("Nearest spectrum, back", LOWER, True, "From each real clip to the model's nearest."),
    "memorisation_ratio": (
        "Memorisation ratio",
        LIKE_REAL,
        False,
        "Distance to the nearest training clip over that to the nearest held-out one: far below real's is copying.",
    ),
    "replayed": (
        "Replayed recordings",
        LOWER,
        False,
        "Share of clips that begin as a training clip does, transposed by three semitones at most, drums as they are.",
    ),
    "diversity": ("Variety within a label", LIKE_REAL, False, "Mean distance between its sounds, against real ones."),
    "diversity_median": ("Variety, median label", LIKE_REAL, False, "Which a few odd labels do not move."),
    "diversity_least": ("Variety, poorest label", LIKE_REAL, False, "The label with the least, of those that it has."),
    "diversity_one_pitch": ("Variety at one pitch", LIKE_REAL, False, "From z alone, against real clips of one pitch."),
    "diversity_from_z": ("Variety from z", LIKE_REAL, False, "At one pitch, against real clips of all pitches."),
    "steady_pitch": ("Steady pitch", HIGHER, False, "Share of tonal clips whose pitch deviates less than 20 cents."),
    "steady_pitch_of_real": ("Steady pitch, of real", HIGHER, False, "That share over real clips' of the same labels."),
    "pitch_error_cents": (
        "Pitch error",
        LOWER,
        False,
        "Median distance in cents from the pitch asked for, of the sounds that hold one.",
    ),
    "peak": ("Peak", LIKE_REAL, False, "Median; 1 is full scale."),
    "peak_most": ("Peak, largest", LIKE_REAL, False, "Of all clips."),
    "crest_db": ("Crest factor", LIKE_REAL, False, "Peak over RMS in dB, median."),
    "dc": ("DC", LIKE_REAL, False, "Median size of the constant part."),
    "dc_most": ("DC, largest", LIKE_REAL, False, "Of all clips."),
    "clipped": ("Clipped samples", LIKE_REAL, False, "Median share of its time at a flat top."),
    "clipped_clips": ("Clips that clip", LIKE_REAL, False, "Share of clips with a flat top, at whatever level."),
    "clicking_clips": (
        "Clips that click",
        LIKE_REAL,
        False,
        "Share of clips with a moment that nothing around explains, or that end before they are silent.",
    ),
    "above_7500_db": ("Above 7.5 kHz", LIKE_REAL, False, "Energy there in dB of all, median: whistle and hiss."),
    "above_7500_db_most": ("Above 7.5 kHz, worst", LIKE_REAL, False, "95th percentile."),
    "below_30_db": ("Below 30 Hz", LIKE_REAL, False, "Energy there in dB of all, median: rumble."),
    "floor_db": ("Noise floor", LIKE_REAL, False, "Level of the quietest tenth of a clip in dBFS, median."),
    "whistle_db": (
        "Whistle",
        LOWER,
        False,
        "Level in dBFS of the loudest line that ends most clips of some label at one frequency; -120 for none.",
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
        "Error to the nearest real clip, best lag and gain; 1 is silence. The mean waveform is near, too.",
    ),
    "diversity": ("Variety", LIKE_REAL, False, "Mean distance between the sounds, against real ones."),
    "steady_pitch_of_real": ("Steady pitch, of real", HIGHER, False, "That share over real clips'."),
    "whistle_db": (
        "Whistle",
        LOWER,
        False,
        "Level in dBFS of the loudest line that ends most clips at one frequency; -120 for none.",
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
