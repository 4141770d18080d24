"""report.html, a self-contained page with its sounds and pictures, and the picture files."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from audiogan import figures, plots
from audiogan.audio import from_pcm16
from audiogan.evaluation import graphs, method, pairs, tables, verdict, words
from audiogan.evaluation.neighbours import Neighbour
from audiogan.files import write_atomically
from audiogan.text import few, in_words

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
PLAYED = {"griffin_lim": "real, Griffin-Lim"}  # baselines worth hearing, with their rows' titles


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
    titles = {name: words.called(name, entry) for name, entry in document["models"].items()}
    figure = plots.comparison_figure(*figure1(document, examples), sample_rate)
    write_atomically(folder / "figure1.png", figures.png_bytes(figure))
    for name, found in ((name, found) for name, found in failures.items() if found):
        write_atomically(folder / f"failures-{name}.png", pairs.picture(titles[name], found, sample_rate))
    shown += [(title, examples[name]) for name, title in PLAYED.items() if name in examples]
    page = html_page(document, shown, neighbours, failures, sample_rate)
    write_atomically(folder / "report.html", page.encode())


def figure1(document: dict, examples: dict[str, dict[int, np.ndarray]]) -> tuple[list[tuple[str, dict]], list[str]]:
    """Rows of Figure 1, real audio and then each model, as `plots.comparison_figure` takes them, and its columns."""
    models = ((words.called(name, entry), examples[name]) for name, entry in document["models"].items())
    rows = [
        (title, {number: from_pcm16(pcm) for number, pcm in clips.items()})
        for title, clips in (("real", examples["real"]), *models)
    ]
    return rows, columns(document["data"]["labels"], max(map(len, examples.values())))


def columns(labels: Sequence[str], examples: int) -> list[str]:
    """The columns of Figure 1: the labels, or for one label its clips by number, as many as `examples`."""
    return list(labels) if len(labels) > 1 else [str(number + 1) for number in range(examples)]


def html_page(document: dict, shown: list, neighbours: dict, failures: dict, sample_rate: int) -> str:
    """The whole page."""
    sections = {
        "verdict": ("Verdict", _verdict(document)),
        "figure1": ("Hear and see", _figure1(document, shown, sample_rate)),
        "scores": ("All scores", _scores(document)),
        "confusion": ("What the classifier hears", _confusions(document)),
        "failures": ("What fails", pairs.failed(_called(failures, document), sample_rate)),
        "neighbours": ("Nearest training clips", pairs.copied(_called(neighbours, document), sample_rate)),
        "distributions": ("Brightness, attack, level", graphs.distributions(document)),
        "history": ("Along the training", graphs.trainings(document)),
        "listeners": ("What listeners said", tables.ratings_table(document)),
        "method": ("How this was measured", method.section(document)),
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
<p class="quiet">{escape(_counts(document))} against {data["test_clips"]:,} held-out recordings of
{escape(data["source"])}{_labels(document)}, seed {settings["seed"]}.{_unscored(data)}</p>
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
        "Like real: the distance (KAD) to held-out recordings, relative to that of other real recordings, in the "
        "embedding that tells them apart best. Very close: up to twice as far; close: up to five times; told apart "
        f"easily: up to 25 times. Real recordings count as at least {100 * verdict.CHANCE:g} % of white noise's "
        "distance away, because by chance theirs may be 0 or below. The score says nothing about beauty."
    )
    return f'{tables.verdict_table(document)}<p class="quiet">{escape(check)}</p><p class="quiet">{escape(note)}</p>'


def _labels(document: dict) -> str:
    return f", {len(document['data']['labels'])} labels" if document["classifier"] else ""


def _unscored(data: dict) -> str:
    """A sentence that names labels without a score."""
    names = [in_words(label) for label in data.get("not_held_out", ())]  # missing in older documents
    return f" Nothing is held out of {escape(few(names))}: no score here covers such sounds." if names else ""


def _figure1(document: dict, shown: list, sample_rate: int) -> str:
    labels = columns(document["data"]["labels"], max((len(clips) for _, clips in shown), default=0))
    extent = plots.extent(document["data"]["num_samples"], sample_rate)
    head = "".join(f'<th scope="col">{escape(in_words(label))}</th>' for label in labels)
    body = ""
    for name, clips in shown:
        cells = "".join(
            f"<td>{pairs.sound(clips[number], sample_rate, f'{name}, {label}') if number in clips else ''}</td>"
            for number, label in enumerate(labels)
        )
        title = words.called(name, document["models"].get(name, {}))
        body += f'<tr><th scope="row">{escape(title)}</th>{cells}</tr>'
    colours = ", ".join(plots.scale_colours())
    return (
        f"<p>The first {'clip drawn of each label' if document['classifier'] else 'clips drawn'}, none chosen: log-mel "
        f"spectrograms, {extent}, on one scale of levels. "
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
        "An arrow shows which way is better; a score without one should be like real audio's. Shaded columns are "
        'models. The others are real audio, and sounds that are wrong on purpose: see <a href="#method">the end</a>.'
    )
    note = (
        f"Plain MSE is here because it is often asked for. {against}The expected error of two unpaired sounds is the "
        "sum of their powers, so the score rewards silence and the class mean. No verdict rests on it; the distances "
        "to the nearest clip, at the best lag and gain and in both directions, take its place."
    )
    return f'<p>{lead}</p>{tables.score_table(document)}<p class="quiet">{escape(note)}</p>'


def _confusions(document: dict) -> str:
    if document["classifier"] is None:
        return ""
    entries = {name: entry for name, entry in document["models"].items() if entry["confusion"]}
    entries["held-out recordings"] = document["baselines"]["real_test"]
    content = ""
    for number, (name, entry) in enumerate(entries.items()):
        table = tables.confusion_table(name, entry, document["data"]["labels"])
        share = entry["scores"]["class_accuracy"]
        opened = " open" if number == 0 else ""
        summary = f"{words.called(name, entry)}: {share:.1%} as {'labelled' if entry.get('sounds') else 'asked'}"
        content += f"<details{opened}><summary>{escape(summary)}</summary>{table}</details>"
    return content


def _called(found: dict, document: dict) -> dict:
    """The same by each system's title in the report."""
    return {words.called(name, document["models"].get(name, {})): value for name, value in found.items()}


def _counts(document: dict) -> str:
    """How many clips were scored; folders with fewer than were asked for are listed separately."""
    num = document["settings"]["num"]
    fewer = {name: count for name, entry in document["models"].items() if (count := entry["scores"]["clips"]) < num}
    each = f"{num:,} clips of each model" if len(fewer) < len(document["models"]) else ""
    return ", ".join(filter(None, [each, *(f"{count:,} clips of {name}" for name, count in fewer.items())]))
