"""All scores of one set of clips against a reference, as JSON types. The same code for models and for baselines."""

from collections.abc import Sequence

import numpy as np

from audiogan.evaluation import manifold, metrics, nearest, pitch, whistle
from audiogan.evaluation.clips import Clips
from audiogan.evaluation.reference import Reference, share_by_label

HEALTH = ("peak", "crest_db", "dc", "clipped", "above_7500_db", "below_30_db", "floor_db", "level_db")
HISTOGRAMS = {"centroid_hz": (0.0, 8000.0), "attack_s": (0.0, 0.5), "level_db": (-50.0, 0.0)}
HISTOGRAM_BINS = 24
SPLITS = 10  # of the held-out clips, for the Inception Score
SPLIT_A_LABEL = 2  # least clips per label in a split: fewer would make the score depend on chance


def score(
    candidate: Clips, reference: Reference, split: int | None, conditional: bool = True, distances: bool = True
) -> dict:
    """Scores by name, overall and, where they exist, label by label.

    Args:
        split: clips in a split of the Inception Score, the same for all candidates; None for no such score.
        conditional: the candidate's labels were asked for; otherwise they are what the classifier hears and agree with
            it by definition. With one label, no score says what was heard.
        distances: False leaves out scores that would compare the reference with itself.

    Returns:
        `scores`, numbers or None; `labels`, the same by label; `confusion`, rows asked, columns heard;
        `histograms`, counts between equally spaced edges.
    """
    count = len(reference.labels)
    conditional = conditional and count > 1
    heard = candidate.features.posterior.argmax(1)
    scores = {"clips": len(candidate)} | _posterior(candidate, split)
    labels = {"clips": np.bincount(candidate.label, minlength=count)}
    if conditional:
        scores["class_accuracy"] = (heard == candidate.label).mean()
        labels["class_accuracy"] = share_by_label(heard == candidate.label, candidate.label, count)
        scores["class_accuracy_mean"] = _nanmean(labels["class_accuracy"])
    for part in ((_embedded, _distances) if distances else ()) + (_memorised, _varied, _healthy, _pitched):
        of_all, of_labels = part(candidate, reference)
        scores |= of_all
        labels |= of_labels
    confused = metrics.confusion(candidate.label, heard, count).tolist() if conditional else None
    per_label = {
        label: {name: plain(values[number]) for name, values in labels.items()}
        for number, label in enumerate(reference.labels)
    }
    scores = {name: plain(value) for name, value in scores.items()}
    return {"scores": scores, "labels": per_label, "confusion": confused, "histograms": histograms(candidate)}


def plain(value):
    """A number for JSON, with six digits; None if not finite."""
    value = float(value)
    if not np.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else float(f"{value:.6g}")


def add(entry: dict, of_all: dict[str, float], of_labels: dict[str, np.ndarray], labels: Sequence[str]) -> None:
    """Add overall scores, and scores by label, [labels], to an entry of metrics.json."""
    entry["scores"] |= {name: plain(value) for name, value in of_all.items()}
    for name, values in of_labels.items():
        for label, value in zip(labels, values, strict=True):
            entry["labels"][label][name] = plain(value)


def add_labelled(entry: dict, of_labels: dict[str, np.ndarray], labels: Sequence[str]) -> None:
    """Add scores by label, [labels], and their means to an entry of metrics.json."""
    add(entry, {name: _nanmean(values) for name, values in of_labels.items()}, of_labels, labels)


def histograms(clips: Clips) -> dict:
    """Counts of the measures that the report draws; values beyond the ends fall in the outermost bins."""
    drawn = {}
    for name, (low, high) in HISTOGRAMS.items():
        edges = np.linspace(low, high, HISTOGRAM_BINS + 1)
        values = clips.features.measures[name].clip(low, high)
        drawn[name] = {"edges": edges.tolist(), "counts": np.histogram(values, edges)[0].tolist()}
    return drawn


def _posterior(candidate: Clips, split: int | None) -> dict:
    """The Inception Score in splits of so many clips: it grows with them."""
    posterior = candidate.features.posterior
    if posterior.shape[1] < 2:
        return {}
    if split is None:
        return {"inception_score": np.nan, "inception_score_std": np.nan}
    splits = len(posterior) // split
    mean, deviation = metrics.inception_score(posterior[: splits * split], splits)
    return {"inception_score": mean, "inception_score_std": deviation}


def split_size(reference: Reference) -> int | None:
    """Clips in a split: a tenth of the held-out ones, more if those are few, at most as many as the smallest set has.

    None if that set is too small for `SPLIT_A_LABEL` clips per label, or if there are fewer than two labels.
    """
    least, there = SPLIT_A_LABEL * len(reference.labels), min(reference.fewest, len(reference.held_out))
    if len(reference.labels) < 2 or there < least:
        return None
    return min(max(len(reference.held_out) // SPLITS, least), there)


def _embedded(candidate: Clips, reference: Reference) -> tuple[dict, dict]:
    """Distances of each embedding, with its name as suffix; KAD uses all clips, the others equally many of each set."""
    scores, real = {}, reference.held_out.features.embeddings
    equal = min(reference.fewest, len(reference.held_out))
    for name, embeddings in candidate.features.embeddings.items():
        pair = embeddings[:equal], real[name][:equal]
        values = {"fad": metrics.frechet_distance(*pair)}
        values["fad_infinity"] = metrics.frechet_infinity(*pair, reference.seed)
        kad = metrics.kernel_distance(embeddings, real[name], reference.seed)
        values |= dict(zip(("kad", "kad_low", "kad_high"), kad, strict=True)) | manifold.neighbourhoods(*pair)
        scores |= {f"{key}_{name}": value for key, value in values.items()}
    few = candidate.features.embeddings["summary"][: reference.fewest]
    return scores | {"ndb": reference.bins.different(few)}, {}


def _distances(candidate: Clips, reference: Reference) -> tuple[dict, dict]:
    """Plain MSE, and distances to the nearest real clip of the label and back, which shrink with more clips.

    A real clip of a label that the candidate lacks is compared with its clips of any label: missing labels cost.
    """
    audio, real = candidate.heard[: reference.fewest], reference.held_out.heard
    label, real_label = candidate.label[: len(audio)], reference.held_out.label[: len(real)]
    square, wave = np.full(len(audio), np.nan), [np.full(len(rows), np.nan) for rows in (audio, real)]
    for rows, columns in nearest.by_label(label, real_label):
        square[rows] = mean_squared_error(audio[rows], real[columns])
        error = nearest.waveform_error(audio[rows], real[columns], reference.sample_rate)
        wave[0][rows], wave[1][columns] = error.min(1), error.min(0)
    if (lacking := np.isnan(wave[1])).any():
        wave[1][lacking] = nearest.waveform_error(audio, real[lacking], reference.sample_rate).min(0)
    count, clips = len(reference.labels), reference.held_out
    label = candidate.label[: reference.fewest]
    spectral = [np.full(len(rows), np.nan) for rows in (label, clips)]
    for rows, columns in nearest.by_label(label, clips.label):
        distance = nearest.spectral_distance(candidate.features.spectra[rows], clips.features.spectra[columns])
        spectral[0][rows], spectral[1][columns] = distance.min(1), distance.min(0)
    of_labels = {
        "nearest_log_mel_db": share_by_label(spectral[0], label, count),
        "nearest_log_mel_db_back": share_by_label(spectral[1], clips.label, count),
    }
    if (lacking := np.isnan(spectral[1])).any():
        spectra = candidate.features.spectra[: reference.fewest]
        spectral[1][lacking] = nearest.spectral_distance(spectra, clips.features.spectra[lacking]).min(0)
    scores = {
        "mse": np.nanmean(square),
        "nearest_mse": np.nanmean(wave[0]),
        "nearest_mse_back": np.nanmean(wave[1]),
        "nearest_log_mel_db": np.nanmean(spectral[0]),
        "nearest_log_mel_db_back": np.nanmean(spectral[1]),
    }
    return scores, of_labels


def mean_squared_error(audio: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Mean over all real clips [m, time] of the mean squared difference from each clip [n, time]: [n]."""
    power = np.square(audio).mean(1) + np.square(real).mean()
    return power - 2 * audio @ real.mean(0) / audio.shape[1]


def _memorised(candidate: Clips, reference: Reference) -> tuple[dict, dict]:
    """How much nearer the nearest training clip is than the nearest held-out one, and how many are as near as copies.

    Training clips outnumber held-out ones, so one is nearer by chance: real held-out clips' ratio says how much.
    """
    count = len(reference.labels)
    to_train = reference.distances(candidate, reference.train)
    to_held_out = reference.distances(candidate, reference.held_out)
    both = np.isfinite(to_train) & np.isfinite(to_held_out)
    ratio = to_train[both].mean() / max(to_held_out[both].mean(), 1e-9) if both.any() else np.nan
    near = share_by_label(to_train < reference.near_db[candidate.label], candidate.label, count)
    near[np.isnan(reference.near_db)] = np.nan
    return {"memorisation_ratio": ratio, "near_copies": _nanmean(near)}, {"near_copies": near}


def _varied(candidate: Clips, reference: Reference) -> tuple[dict, dict]:
    """Mean pairwise distance within each label relative to real clips', in the embedding that no network learned."""
    summary, count = candidate.features.embeddings["summary"], len(reference.labels)
    ratio = manifold.spread(summary, candidate.label, count) / np.maximum(reference.spread, 1e-9)
    scores = {"diversity": _nanmean(ratio)}
    if count > 1:
        scores |= {"diversity_median": _nanmedian(ratio), "diversity_least": _nanmin(ratio)}
    return scores, {"diversity": ratio}


def _healthy(candidate: Clips, reference: Reference) -> tuple[dict, dict]:
    """Medians of possible signal faults, their worst cases, and level and whistles by label."""
    measures, labels = candidate.features.measures, range(len(reference.labels))
    level = np.array([_nanmedian(measures["level_db"][candidate.label == number]) for number in labels])
    whistles = np.array([whistle.loudest(candidate.features.tails[candidate.label == number]) for number in labels])
    scores = {name: np.median(measures[name]) for name in HEALTH}
    scores |= {
        "peak_most": measures["peak"].max(),
        "dc_most": measures["dc"].max(),
        "clipped_clips": (measures["clipped"] > 0).mean(),
        "clicking_clips": (measures["clicks"] > 0).mean(),
        "whistle_db": np.fmax.reduce(whistles),
        "above_7500_db_most": np.percentile(measures["above_7500_db"], 95),
        "level_error_db": _nanmean(np.abs(level - reference.level_db)),
    }
    return scores, {"level_db": level, "whistle_db": whistles}


def _pitched(candidate: Clips, reference: Reference) -> tuple[dict, dict]:
    """Share of clips of tonal labels that hold a steady pitch, and how far it is from the one asked for."""
    count, label = len(reference.labels), candidate.label[: len(candidate.audio)]
    tonal = np.flatnonzero(reference.tonal[label])
    if not len(tonal):
        return {}, {}
    pitches, cents = pitch.tracks(candidate.heard[tonal], reference.sample_rate)
    steady = pitch.steady(cents)
    error = 100 * np.abs(pitches - candidate.pitch[tonal])
    known = steady & np.isfinite(error) & (candidate.pitch[tonal] < pitch.HIGHEST)
    expected = reference.steady[label[tonal]]
    scores = {
        "steady_pitch": steady.mean(),
        "steady_pitch_of_real": steady.mean() / max(_nanmean(expected), 1e-9),
        "pitch_error_cents": np.median(error[known]) if known.any() else np.nan,
    }
    return scores, {
        "steady_pitch": share_by_label(steady, label[tonal], count),
        "pitch_error_cents": np.array([_nanmedian(error[known & (label[tonal] == n)]) for n in range(count)]),
    }


def _nanmean(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")


def _nanmin(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values.min()) if len(values) else float("nan")


def _nanmedian(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else float("nan")
