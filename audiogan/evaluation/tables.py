"""The report's tables as HTML; every text is escaped."""

from html import escape

from audiogan.evaluation.verdict import findings
from audiogan.evaluation.words import called
from audiogan.listening.votes import SCALES
from audiogan.text import in_words

GROUPS = {
    "How many?": ("clips",),
    "Is it the right sound?": ("class_accuracy", "class_accuracy_mean", "inception_score"),
    "How far from real audio?": ("kad", "fad", "fad_infinity", "ndb"),
    "Among real sounds, and covering them?": ("precision", "recall", "density", "coverage"),
    "Clip by clip": (
        "nearest_log_mel_db",
        "nearest_log_mel_db_back",
        "nearest_mse",
        "nearest_mse_back",
        "mse",
        "memorisation_ratio",
        "near_copies",
        "replayed",
    ),
    "Variety": ("diversity", "diversity_median", "diversity_least", "diversity_one_pitch", "diversity_from_z"),
    "Pitch of tonal sounds": ("steady_pitch", "steady_pitch_of_real", "pitch_error_cents"),
    "Signal": (
        "level_db",
        "level_error_db",
        "peak",
        "peak_most",
        "clipped_clips",
        "clicking_clips",
        "crest_db",
        "dc_most",
        "above_7500_db",
        "above_7500_db_most",
        "below_30_db",
        "floor_db",
        "whistle_db",
    ),
}
DASH = "\N{EN DASH}"
ARROWS = {"lower": " \N{DOWNWARDS ARROW}", "higher": " \N{UPWARDS ARROW}", "like real": ""}
BASELINE_TITLES = {
    "real_train": "real (train)",
    "real_halves": "real halves",
    "real_test": "real (test)",
    "griffin_lim": "Griffin-Lim",
    "class_mean": "class mean",
    "noise": "noise",
    "silence": "silence",
}


def verdict_table(document: dict) -> str:
    """The verdict for a listener: a row for each model, and one for real audio."""
    rows = [(called(name, entry), entry, "") for name, entry in document["models"].items()]
    rows.append(("real audio", document["baselines"]["real_train"], "real"))
    body = ""
    for name, entry, kind in rows:
        found = findings(entry, document)
        cells = "".join(
            f'<td data-heading="{escape(heading)}"><b class="{item.tone}">{escape(item.words)}</b> '
            f"<span>{escape(item.number)}</span></td>"
            for heading, item in found.items()
        )
        body += f'<tr class="{kind}"><th scope="row">{escape(name)}</th>{cells}</tr>'
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in ("", *found))
    caption = "Each model compared with held-out recordings; the last row shows how other real recordings score."
    return (
        f'<table class="verdict"><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def score_table(document: dict) -> str:
    """Every score, a column for each model and each baseline."""
    columns = [("model", called(name, entry), entry) for name, entry in document["models"].items()]
    columns += [("", BASELINE_TITLES[name], document["baselines"][name]) for name in BASELINE_TITLES]
    head = "".join(f'<th scope="col" class="{kind}">{escape(name)}</th>' for kind, name, _ in columns)
    body = ""
    for group, names in GROUPS.items():
        listed = [found for name in names for found in _spelled(name, document)]
        rows = "".join(_score_row(name, document["scores"][name], columns) for name in listed)
        if rows:
            body += (
                f'<tr class="group"><th colspan="{len(columns) + 1}" scope="colgroup">{escape(group)}</th></tr>{rows}'
            )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="All scores"><table class="scores">'
        f'<thead><tr><th scope="col">Score</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def confusion_table(name: str, entry: dict, labels: list[str]) -> str:
    """Shares of the clips of each label asked for (row) by the label heard (column)."""
    head = "".join(f'<th scope="col"><span>{escape(in_words(label))}</span></th>' for label in labels)
    body = ""
    for label, counts in zip(labels, entry["confusion"], strict=True):
        total = sum(counts)
        cells = "".join(_confusion_cell(count / total if total else 0) for count in counts)
        body += f'<tr><th scope="row">{escape(in_words(label))}</th>{cells}</tr>'
    given = "of the folder" if entry.get("sounds") else "asked for"
    return (
        f'<p class="quiet">Rows: the label {given}; columns: the label heard; percent of the row.</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Confusion of {escape(name)}">'
        f'<table class="confusion"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def ratings_table(document: dict) -> str:
    """Mean opinion scores of rated models, and of real recordings as the same studies rated them; empty if none is."""
    rated = _rated(document)
    if not rated:
        return ""
    head = "".join(
        f'<th scope="col">{title}</th>' for title in ("Model", "Study", "Votes", "Listeners", *map(str.title, SCALES))
    )
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(rating["study_hash"][:8]) or DASH}</td>'
        f"<td>{rating['votes']}</td><td>{rating['raters']}</td>"
        + "".join(f"<td>{_opinion(rating.get(question))}</td>" for question in SCALES)
        + "</tr>"
        for name, rating in rated
    )
    note = "Means of listeners' means with 95 % intervals, without the sessions that the study's rules exclude."
    if any(rating.get("without_rules") for _, rating in rated):
        note += " NOT SCREENED: the export does not describe the study of some votes, so no rule was applied to them."
    if len({rating["study_hash"] for _, rating in rated}) > 1:
        note += " Compare within a study only: other studies have other listeners and other sounds."
    if any(rating["preliminary"] for _, rating in rated):
        note += " Preliminary: some system has fewer listeners than the study asks for."
    return (
        f'<p class="quiet">{note}</p>'
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _rated(document: dict) -> list[tuple[str, dict]]:
    """Titles and ratings, study by study: its models, then its real recordings, if it had any."""
    entries = [(called(name, entry), entry.get("ratings")) for name, entry in document["models"].items()]
    models = [(title, rating) for title, rating in entries if rating]
    reals = [document["baselines"]["real_test"].get("ratings"), *(rating.get("real") for _, rating in models)]
    real_of = {real["study_hash"]: real for real in reals if real}
    rows = []
    for study in dict.fromkeys(rating["study_hash"] for _, rating in models):
        rows += [(title, rating) for title, rating in models if rating["study_hash"] == study]
        rows += [("real recordings", real_of[study])] if study in real_of else []
    return rows


def number(value: float | None) -> str:
    """Three digits, or a dash."""
    if value is None:
        return DASH
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return (f"{float(text):g}" if "e" in text else text).replace("-", "\N{MINUS SIGN}")


def _spelled(name: str, document: dict) -> list[str]:
    """A score's name, or its names with each embedding."""
    suffixed = [f"{name}_{embedding}" for embedding in reversed(document["settings"]["embeddings"])]
    return [found for found in (name, *suffixed) if found in document["scores"]]


def _score_row(name: str, about: dict, columns: list[tuple[str, str, dict]]) -> str:
    values = [(kind, entry["scores"]) for kind, _, entry in columns]
    if all(scores.get(name) is None for _, scores in values):
        return ""
    cells = "".join(f'<td class="{kind}">{_value(name, scores)}</td>' for kind, scores in values)
    title = f"{escape(about['title'])}{ARROWS[about['better']]}"
    return f'<tr><th scope="row">{title}<small>{escape(about["words"])}</small></th>{cells}</tr>'


def _value(name: str, scores: dict) -> str:
    text = number(scores.get(name))
    key, _, embedding = name.partition("_")
    if key == "kad" and scores.get(name) is not None:
        ends = [number(scores[f"kad_{end}_{embedding}"]) for end in ("low", "high")]
        return f"{text}<small>{ends[0]} to {ends[1]}</small>"
    if name == "inception_score" and scores.get(name) is not None:
        return f"{text}<small>\N{PLUS-MINUS SIGN} {number(scores['inception_score_std'])}</small>"
    return text


def _confusion_cell(share: float) -> str:
    if share < 0.005:
        return "<td></td>"
    dark = ' class="dark"' if share > 0.55 else ""
    return f'<td{dark} style="--share:{share:.0%}">{share * 100:.0f}</td>'


def _opinion(value: dict | None) -> str:
    if not value:
        return DASH
    if value["low"] is None:
        return f"{value['mean']:.2f}"
    return f"{value['mean']:.2f}<small> ({value['low']:.2f} to {value['high']:.2f})</small>"
