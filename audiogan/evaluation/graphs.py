"""The report's line charts: distributions over clips, and scores along the training."""

from audiogan.evaluation import charts
from audiogan.evaluation.words import called

MEASURES = {
    "centroid_hz": ("Brightness", "Hz", "centre of the spectrum"),
    "attack_s": ("Attack", "seconds", "time until the envelope has nearly reached its peak"),
    "level_db": ("Level", "dBFS", "RMS of the clip"),
}
CURVES = (("scores", "floor", "distance (Frechet)"), ("kads", "kad_floor", "KAD"))  # of a run, with real audio's


def distributions(document: dict) -> str:
    """HTML of the distributions of basic measures: each model's clips against held-out ones."""
    models, figures = document["models"], ""
    titles = [called(name, entry) for name, entry in models.items()]
    for name, (title, unit, words) in MEASURES.items():
        real = document["baselines"]["real_test"]["histograms"][name]
        lines = [
            charts.Line(model, (), _percent(entry["histograms"][name]["counts"]), number)
            for number, (model, entry) in enumerate(models.items())
        ]
        label = f"{title} of {', '.join(titles)} against held-out recordings"
        chart = charts.distribution(real["edges"], _percent(real["counts"]), lines, label, unit)
        figures += f"<figure>{chart}<figcaption><strong>{title}</strong>: {words}</figcaption></figure>"
    return (
        "<p>Values beyond either end of an axis are drawn at that end.</p>"
        f'{charts.legend(titles, "held-out recordings")}<div class="charts">{figures}</div>'
    )


def trainings(document: dict) -> str:
    """HTML of the scores along the trainings; empty if no run was given."""
    histories = {name: entry["history"] for name, entry in document["models"].items() if entry.get("history")}
    if not histories:
        return ""
    figures = "".join(f"<figure>{chart}</figure>" for chart in (_curve(histories, *curve) for curve in CURVES) if chart)
    return (
        "<p>Quick scores of each run's checkpoints, each run on its own clips. Smaller is better; values of 0 or less "
        "lie at the bottom. The distance chose the best checkpoint.</p>"
        f'{charts.legend(list(histories))}<div class="charts">{figures}</div>'
    )


def _curve(histories: dict, key: str, floor: str, height: str) -> str:
    """A chart of one score along the trainings that kept it; empty if none did."""
    lines = []
    for number, (name, history) in enumerate(histories.items()):
        kept = [
            (step, value)
            for step, value in zip(history["steps"], history.get(key) or (), strict=False)
            if value is not None
        ]
        if any(value > 0 for _, value in kept):
            lines.append(charts.Line(name, *zip(*kept, strict=True), number))
    if not lines:
        return ""
    title = f"{height[0].upper()}{height[1:]} to held-out audio along the training of "
    title += ", ".join(line.name for line in lines)
    return charts.progress(lines, histories[lines[0].name].get(floor), title, "generator steps", f"{height}, spectra")


def _percent(counts: list[int]) -> list[float]:
    return [100 * count / max(1, sum(counts)) for count in counts]
