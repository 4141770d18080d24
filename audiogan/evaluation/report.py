"""report.html, one page with its sounds and pictures inside, that asks no server for anything; and pictures."""

from html import escape
from pathlib import Path

import numpy as np

from audiogan import plots
from audiogan.audio import from_pcm16, write_atomically
from audiogan.evaluation import graphs, pairs, tables, verdict
from audiogan.evaluation.classifier import DEFAULT_FOLDER
from audiogan.evaluation.neighbours import Neighbour

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
PLAYED = {"griffin_lim": "real, Griffin-Lim"}  # baselines worth hearing, by what their row is called


def write(
    folder: Path,
    document: dict,
    examples: dict[str, dict[int, np.ndarray]],
    neighbours: dict[str, list[Neighbour]],
    failures: dict[str, list[Neighbour]],
    sample_rate: int,
) -> None:
    """Write report.html, figure1.png and `failures-MODEL.png`.

    Args:
        document: of metrics.json.
        examples: int16 [time] by label index by candidate; `real` first.
        neighbours, failures: by model.
    """
    shown = [("real", examples["real"]), *((name, examples[name]) for name in document["models"])]
    drawn = [(name, {number: from_pcm16(pcm) for number, pcm in clips.items()}) for name, clips in shown]
    figure = plots.comparison_figure(drawn, document["data"]["labels"], sample_rate)
    write_atomically(folder / "figure1.png", plots.png_bytes(figure))
    for name, found in ((name, found) for name, found in failures.items() if found):
        write_atomically(folder / f"failures-{name}.png", pairs.picture(name, found, sample_rate))
    shown += [(words, examples[name]) for name, words in PLAYED.items() if name in examples]
    page = html_page(document, shown, neighbours, failures, sample_rate)
    write_atomically(folder / "report.html", page.encode())


def html_page(document: dict, shown: list, neighbours: dict, failures: dict, sample_rate: int) -> str:
    """The whole page."""
    sections = {
        "verdict": ("Verdict", _verdict(document)),
        "figure1": ("Hear and see", _figure1(document, shown, sample_rate)),
        "scores": ("All scores", _scores(document)),
        "confusion": ("What the classifier hears", _confusions(document)),
        "failures": ("What fails", pairs.failed(failures, sample_rate)),
        "neighbours": ("Nearest training clips", pairs.copied(neighbours, sample_rate)),
        "distributions": ("Brightness, attack, level", graphs.distributions(document)),
        "history": ("Along the training", graphs.trainings(document)),
        "listeners": ("What listeners said", tables.ratings_table(document)),
        "method": ("How this was measured", _method(document)),
    }
    kept = {name: pair for name, pair in sections.items() if pair[1]}
    links = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, (title, _) in kept.items())
    body = "".join(
        f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{escape(title)}</h2>'
        f"{content}</section>"
        for name, (title, content) in kept.items()
    )
    data, settings = document["data"], document["settings"]
    models = " and ".join(document["models"])
    made_with = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    style, script = (STATIC / "report.css").read_text("utf-8"), (STATIC / "report.js").read_text("utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>audiogan: evaluation of {escape(models)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>How good are these sounds?</h1>
<p class="quiet">{settings["num"]:,} clips of each model against {data["test_clips"]:,} held-out recordings of
{escape(data["source"])}, {len(data["labels"])} labels, seed {settings["seed"]}.</p>
<nav aria-label="Sections"><ul>{links}</ul></nav>
</header>
<main>
{body}
</main>
<footer><p>audiogan {escape(document["audiogan"])} with {escape(made_with)}. The numbers are in metrics.json beside this
page.</p></footer>
<script>
{script}</script>
</body>
</html>
"""


def _verdict(document: dict) -> str:
    kept, exceptions = verdict.trusted(document)
    if exceptions:
        check = f"Read with care. {' '.join(exceptions)}"
    else:
        check = (
            f"Silence and white noise lose to every model on all {len(kept)} scores that are meant to judge realism."
        )
    note = (
        "Like real: the distance (KAD) to held-out recordings against that of other real recordings, by the embedding "
        "that tells them apart best: very close up to twice as far, close up to five times, told apart easily up to "
        f"25 times. Real recordings count as no nearer than {100 * verdict.CHANCE:g} % of white noise's distance, for "
        "by chance theirs may be 0 or below. It says nothing of beauty."
    )
    return f'{tables.verdict_table(document)}<p class="quiet">{escape(check)}</p><p class="quiet">{escape(note)}</p>'


def _figure1(document: dict, shown: list, sample_rate: int) -> str:
    labels, extent = document["data"]["labels"], plots.extent(document["data"]["num_samples"], sample_rate)
    head = "".join(f'<th scope="col">{escape(label.replace("_", " "))}</th>' for label in labels)
    body = ""
    for name, clips in shown:
        cells = "".join(
            f"<td>{pairs.sound(clips[number], sample_rate, f'{name}, {label}') if number in clips else ''}</td>"
            for number, label in enumerate(labels)
        )
        body += f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    colours = ", ".join(plots.scale_colours())
    return (
        f"<p>The first clip drawn of each label, none chosen: log-mel spectrograms, {extent}, on one scale of levels. "
        "Press a picture's button to hear it.</p>"
        f'<div class="scale"><span>\N{MINUS SIGN}{plots.RANGE_DB:.0f} dBFS</span>'
        f'<i style="background:linear-gradient(90deg,{colours})"></i><span>0</span></div>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Figure 1"><table class="figure1">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _scores(document: dict) -> str:
    beaten = verdict.won_by_silence(document)
    against = f"Silence beats {' and '.join(beaten)} on it here. " if beaten else ""
    lead = (
        "Arrows say which way is better; scores without one should be like real audio's. Shaded columns are models; "
        'what the others are, <a href="#method">the end</a> says: real audio, and sounds that are wrong on purpose.'
    )
    note = (
        f"Plain MSE is here because it is often asked for. {against}For sounds that are not paired, the expected error "
        "is the power of the one plus the power of the other, so that the best guess is to say nothing: it rewards "
        "silence and the class mean. No verdict rests on it; the distances to the nearest clip, after best lag and "
        "gain and both ways, take its place."
    )
    return f'<p>{lead}</p>{tables.score_table(document)}<p class="quiet">{escape(note)}</p>'


def _confusions(document: dict) -> str:
    entries = {name: entry for name, entry in document["models"].items() if entry["confusion"]}
    entries["held-out recordings"] = document["baselines"]["real_test"]
    content = ""
    for number, (name, entry) in enumerate(entries.items()):
        table = tables.confusion_table(name, entry, document["data"]["labels"])
        share = entry["scores"]["class_accuracy"]
        opened = " open" if number == 0 else ""
        content += f"<details{opened}><summary>{escape(name)}: {share:.1%} as asked</summary>{table}</details>"
    return content


def _method(document: dict) -> str:
    judge, settings, data = document["classifier"], document["settings"], document["data"]
    same = judge["data_sha256"] == data["sha256"]
    trained = "the training split of these data" if same else "other data than these"
    accuracy = judge["test_accuracy"]
    known = f", {accuracy:.1%} right on {judge['test_clips']} clips that it never saw" if accuracy else ""
    taught = " It was taught the real training clips: what real audio's accuracy is, held-out ones say." if same else ""
    intro = (
        "Labels, and pitches where a model takes them, follow the held-out recordings. The classifier "
        f"({judge['name']}) was trained apart from any GAN on {trained}{known}.{taught} Embeddings: "
        f"{', '.join(settings['embeddings'])}; the summary is the log-mel spectrum on a grid of 16 bands and 8 time "
        "slices. KAD uses all clips, and its interval is over clips: other held-out notes would move it further. FAD, "
        "the neighbourhood scores, NDB/K and nearest spectra look at as many clips of each, since they depend on their "
        "number, and Inception Scores at splits of equal size. Real training "
        "clips are other notes of the same instruments: a model that is asked for the held-out notes' own pitches can "
        "come closer than they do. "
        f"Waveform distances and pitch are measured on the first {settings['audio_clips']} clips. Memorisation "
        "compares the distance to the nearest training clip with that to the nearest held-out one of another note than "
        "was asked for; that of clips that copy nothing, held-out ones and other training notes, is what is usual. "
        "Replayed recordings are clips whose first half second is a training clip's, transposed by at most three "
        f"semitones.{_recordings(document)} Of a training's previews the one nearest to the held-out recordings is "
        "kept, so that models score a little better here than on recordings that nobody chose by."
    )
    rows = "".join(
        f"<dt>{escape(tables.BASELINE_TITLES[name])}</dt><dd>{escape(entry['words'])}</dd>"
        for name, entry in document["baselines"].items()
    )
    models = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(entry['architecture'])}, {entry['parameters']:,} parameters, "
        f"{entry['steps']:,} steps on {escape(entry['data'])}{_begun(entry)}; weights "
        f"{entry['checkpoint_sha256'][:12]}</dd>"
        for name, entry in document["models"].items()
    )
    command = (
        f"python -m audiogan evaluate {' '.join(document['models'])} --data DATA --out DIR --num {settings['num']} "
        f"--seed {settings['seed']}"
    )
    command += f" --classifier {judge['name']}" if judge["name"] != DEFAULT_FOLDER.name else ""
    command += " --embedding vggish" if "vggish" in settings["embeddings"] else ""
    command += " --ratings VOTES" if any(entry["ratings"] for entry in document["models"].values()) else ""
    return f"<p>{escape(intro)}</p><dl>{models}{rows}</dl><p>Made by <code>{escape(command)}</code></p>"


def _recordings(document: dict) -> str:
    """What held-out notes are where a sampler plays several from one recording."""
    share = document["baselines"]["real_test"]["scores"].get("replayed") or 0.0
    if share <= verdict.REPLAYED:
        return ""
    return (
        f" So are {share:.0%} of the held-out clips: other notes, not other recordings. No score here says how a model "
        "or the classifier does on instruments that neither has heard."
    )


def _begun(entry: dict) -> str:
    """What a model's steps came on top of, where it did not begin with random weights."""
    return f", begun with the weights of {escape(entry['start'])}" if entry["start"] else ""
