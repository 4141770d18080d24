"""The report's last section: what was measured, how, and by which command."""

from html import escape

from audiogan.evaluation.classifier import DEFAULT_FOLDER
from audiogan.evaluation.tables import BASELINE_TITLES
from audiogan.evaluation.verdict import REPLAYED


def section(document: dict) -> str:
    """HTML of what was scored, how, and by which command."""
    judge, settings = document["classifier"], document["settings"]
    intro = " ".join([*_judge(document), _likeness(document), *_copies(document)])
    rows = "".join(
        f"<dt>{escape(BASELINE_TITLES[name])}</dt><dd>{escape(entry['words'])}</dd>"
        for name, entry in document["baselines"].items()
    )
    systems = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(_files(entry) if entry.get('sounds') else _network(entry))}</dd>"
        for name, entry in document["models"].items()
    )
    given = [name for name, entry in document["models"].items() if not entry.get("sounds")]
    given += [f"--sounds {name}=SOUNDS" for name, entry in document["models"].items() if entry.get("sounds")]
    command = (
        f"python -m audiogan evaluate {' '.join(given)} --data DATA --out DIR --num {settings['num']} "
        f"--seed {settings['seed']}"
    )
    command += f" --classifier {judge['name']}" if judge and judge["name"] != DEFAULT_FOLDER.name else ""
    command += " --embedding vggish" if "vggish" in settings["embeddings"] else ""
    command += " --ratings VOTES" if any(entry["ratings"] for entry in document["models"].values()) else ""
    return f"<p>{escape(intro)}</p><dl>{systems}{rows}</dl><p>Made by <code>{escape(command)}</code></p>"


def _judge(document: dict) -> list[str]:
    """The classifier that judged labels, and what models were asked for."""
    judge, data = document["classifier"], document["data"]
    if judge is None:
        return ["Models that take a pitch are asked for those of the held-out recordings."]
    same = judge["data_sha256"] == data["sha256"]
    trained = "the training split of these data" if same else "other data"
    accuracy = judge["test_accuracy"]
    known = f", {accuracy:.1%} right on {judge['test_clips']} clips it never saw" if accuracy else ""
    taught = (
        " It was trained on the real training clips, so only held-out clips show its accuracy on real audio."
        if same
        else ""
    )
    asked = (
        "Models are asked for the labels of the held-out recordings, and for their pitches if they take one; folders "
        "of sounds are asked for no pitch and for no label that they lack."
    )
    return [
        asked,
        f"The classifier ({judge['name']}) was trained independently of any GAN on {trained}{known}.{taught}",
    ]


def _likeness(document: dict) -> str:
    """What the distances compare; with a classifier, also what real training clips are."""
    judge, embeddings = document["classifier"], document["settings"]["embeddings"]
    words = (
        f"Embeddings: {', '.join(embeddings)}; the summary is the log-mel spectrum on a grid of 16 bands and 8 time "
        f"slices. KAD uses all clips, and its interval is over clips: other held-out {'notes' if judge else 'clips'} "
        "would move it further. FAD, the neighbourhood scores, NDB/K and nearest spectra depend on the number of "
        f"clips, so they take equally many of each{', and Inception Scores use splits of equal size' if judge else ''}."
    )
    asked = (
        " Real training clips are other notes of the same instruments, so a model that is asked for the held-out "
        "notes' own pitches can score better than they do."
    )
    return words + asked if judge else words


def _copies(document: dict) -> list[str]:
    """How copies of training clips are found."""
    judge, sounds = document["classifier"], any(entry.get("sounds") for entry in document["models"].values())
    usual = (
        " of another note than was asked for. Clips that copy nothing, held-out ones and other training notes, show "
        "which ratio is usual."
    )
    words = [
        f"Waveform distances and pitch are measured on the first {document['settings']['audio_clips']} clips.",
        "Memorisation compares the distance to the nearest training clip with that to the nearest held-out one"
        + (usual if judge else ". Real clips show which ratio is usual."),
        "Near copies are clips less than three quarters as far from a training clip as 95 % of the held-out and of the "
        f"training clips{' of their label' if judge else ''} are; where these are as near to one another as copies, "
        "none is found.",
        "Replayed recordings are clips whose first half second is that of a training clip, transposed by at most three "
        f"semitones (whole semitones if no pitch was asked for).{_recordings(document)}",
        "Training keeps the preview that is nearest to the held-out recordings, so models score a little better here "
        "than on recordings that played no part in that choice.",
    ]
    if sounds and judge:
        words.append(
            "Which notes a folder's sounds play is unknown; if they are those of the training clips, the ratio is "
            "lower even without copying, and more sounds are near copies."
        )
    return words


def _recordings(document: dict) -> str:
    """A caveat if a sampler plays held-out and training notes from the same recordings."""
    share = document["baselines"]["real_test"]["scores"].get("replayed") or 0.0
    if share <= REPLAYED:
        return ""
    if document["classifier"] is None:
        return f" So are {share:.0%} of the held-out clips: they are other clips, but not other recordings."
    return (
        f" So are {share:.0%} of the held-out clips: they are other notes, but not other recordings. No score here "
        "says how a model or the classifier does on instruments that it has never heard."
    )


def _network(entry: dict) -> str:
    """What a checkpoint is, and the weights its last run started from, unless random."""
    before = entry.get("steps_before")  # files of older versions count only the last run's steps
    after = f" after {before:,} of them" if before else ""
    begun = f", started from the weights of {entry['start']}{after}" if entry["start"] else ""
    return (
        f"{entry['architecture']}, {entry['parameters']:,} parameters, {entry['steps']:,} steps on {entry['data']}"
        f"{begun}; weights {entry['checkpoint_sha256'][:12]}"
    )


def _files(entry: dict) -> str:
    """What a folder of sounds is: all that is known about the system that made them."""
    sounds, clips = entry["sounds"], entry["scores"]["clips"]
    labels = f"of {len(sounds['labels'])} labels" if sounds["labels"] else "without labels"
    return (
        f"sounds from a folder: {sounds['files']:,} files {labels}, {clips:,} of them scored, none twice; "
        f"SHA-256 {sounds['sha256'][:12]}"
    )
