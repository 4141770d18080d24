"""Scores in words that a listener understands, and whether the scores themselves can be trusted."""

from collections.abc import Callable
from dataclasses import dataclass

from audiogan.evaluation.signal import FLOOR_DB

GOOD, FAIR, BAD, NEUTRAL = "good", "fair", "bad", ""
WRONG_INPUTS = ("silence", "noise")
REPLAYED = 0.01  # share of clips that are training recordings: none by chance
NEAR_COPIES = 0.07  # share of clips as near as copies: at most 0.063 of real notes that were withheld from training
AUDIBLE_DB = -55.0  # dBFS of a whistle in a pause
CHANCE = 0.005  # of white noise's distance: real audio's own may be 0 or below


@dataclass(frozen=True)
class Finding:
    """A cell of the table: words, the number behind them, and how good it is."""

    words: str
    number: str
    tone: str = NEUTRAL


def findings(entry: dict, document: dict) -> dict[str, Finding]:
    """Findings on a model, or on real audio, by heading."""
    scores, real = entry["scores"], document["baselines"]["real_train"]["scores"]
    columns: dict[str, Callable[[dict, dict, dict], Finding]] = {
        "Right sound?": _label,
        "Like real?": _realism,
        "Varied?": _variety,
        "In tune?": _pitch,
        "Copied?": _copying,
        "Clean?": _signal,
    }
    if "class_accuracy" not in document["scores"]:
        del columns["Right sound?"]
    return {heading: write(scores, real, document) for heading, write in columns.items()}


def trusted(document: dict) -> tuple[list[str], list[str]]:
    """Do silence and noise lose to every model on every score meant to judge realism?

    Returns:
        Titles of the scores on which they do, and a sentence for each model and wrong input with exceptions.
    """
    judged = {name: about for name, about in document["scores"].items() if about["realism"]}
    kept, exceptions = {about["title"] for about in judged.values()}, []
    for model, entry in document["models"].items():
        for wrong in WRONG_INPUTS:
            other = document["baselines"][wrong]["scores"]
            lost = [
                about["title"]
                for name, about in judged.items()
                if _at_least_as_good(about["better"], other.get(name), entry["scores"].get(name))
            ]
            kept -= set(lost)
            if lost:
                exceptions.append(f"{wrong.capitalize()} is as good as {model} or better on {', '.join(lost)}.")
    return sorted(kept), exceptions


def won_by_silence(document: dict) -> list[str]:
    """Models that silence beats on plain MSE."""
    silent = document["baselines"]["silence"]["scores"]["mse"]
    return [model for model, entry in document["models"].items() if (entry["scores"]["mse"] or 0) > silent]


def copying(scores: dict, real: dict, held_out: dict) -> tuple[str, str, float]:
    """Whether sounds are copies: the worst of what the ratio and the shares of near copies and of replays say.

    The ratio counts relative to that of clips that copy nothing: held-out ones, and training notes compared with the
    other training notes. A replay is a training recording at another pitch, as a sampler plays it. Older reports lack
    the shares. Near copies alone prove nothing: a model that plays the training clips' own pitches well comes as near.

    Args:
        scores: with a `memorisation_ratio`.
        real, held_out: scores of real training clips and of held-out ones.

    Returns:
        Words, tone, and the ratio of clips that copy nothing.
    """
    usual = min(of.get("memorisation_ratio") or 1.0 for of in (real, held_out))
    if (scores.get("replayed") or 0.0) > REPLAYED:
        return "Replays training clips", BAD, usual
    steps = ((0.9, "No sign of it", GOOD), (0.75, "Leans on training", FAIR))
    words, tone = _grade(scores["memorisation_ratio"] / usual, steps, "Suspicious")
    if tone == GOOD and (scores.get("near_copies") or 0.0) > NEAR_COPIES:
        words, tone = "Some near copies", FAIR
    return words, tone, usual


def _at_least_as_good(better: str, wrong: float | None, model: float | None) -> bool:
    if wrong is None or model is None:
        return False
    return wrong <= model if better == "lower" else wrong >= model


def _label(scores: dict, real: dict, document: dict) -> Finding:
    """Against held-out clips: the classifier may have been trained on the training clips."""
    share, held_out = scores.get("class_accuracy"), document["baselines"]["real_test"]["scores"]
    if share is None:
        return Finding("Has no label", "none was asked for")
    words, tone = _grade(
        share, ((0.95, "Nearly always", GOOD), (0.8, "Mostly", FAIR), (0.4, "Often not", BAD)), "Rarely"
    )
    return Finding(words, f"{share:.0%} heard as meant; held-out real {held_out['class_accuracy']:.0%}", tone)


def _realism(scores: dict, real: dict, document: dict) -> Finding:
    """KAD relative to real audio's, in the embedding that best tells the model's sounds from real ones."""
    noise, found = document["baselines"]["noise"]["scores"], []
    for embedding in document["settings"]["embeddings"]:
        name = f"kad_{embedding}"
        if scores.get(name) is not None:
            floor = max(real[name], CHANCE * noise[name])
            found.append((scores[name] / floor, scores[name], real[name], floor, document["scores"][name]["title"]))
    if not found:
        return Finding("", "")
    times, distance, of_real, floor, title = max(found)
    steps = ((-2.0, "Very close", GOOD), (-5.0, "Close", FAIR), (-25.0, "Told apart easily", BAD))
    words, tone = _grade(-times, steps, "Far from it")
    counted = f", counted as {floor:.2g}" if floor > of_real else ""
    return Finding(words, f"{title} {distance:.3g}; real {of_real:.2g}{counted}", tone)


def _variety(scores: dict, real: dict, document: dict) -> Finding:
    share = scores.get("diversity")
    if share is None:
        return Finding("", "")
    steps = ((1.5, "Too scattered", FAIR), (0.75, "Yes", GOOD), (0.5, "Somewhat", FAIR))
    words, tone = _grade(share, steps, "All alike")
    poorest = f"; poorest label {scores['diversity_least']:.0%}" if "diversity_least" in document["scores"] else ""
    return Finding(words, f"{share:.0%} of real audio's variety{poorest}", tone)


def _pitch(scores: dict, real: dict, document: dict) -> Finding:
    """Against held-out clips, whose labels and pitches models are asked for."""
    share, held_out = scores.get("steady_pitch_of_real"), document["baselines"]["real_test"]["scores"]
    if share is None:
        return Finding("Not tonal", "")
    words, tone = _grade(share, ((0.8, "Holds its pitch", GOOD), (0.4, "Sometimes", FAIR)), "Hardly ever steady")
    error = scores.get("pitch_error_cents")
    more = f", {error:.1f} cents off" if error is not None else ""
    steady = f"{scores['steady_pitch']:.0%} steady{more}; held-out real {held_out['steady_pitch']:.0%}"
    return Finding(words, steady, tone)


def _copying(scores: dict, real: dict, document: dict) -> Finding:
    ratio, replayed = scores.get("memorisation_ratio"), scores.get("replayed")
    if ratio is None:
        return Finding("", "")
    words, tone, usual = copying(scores, real, document["baselines"]["real_test"]["scores"])
    number = f"ratio {ratio:.2f}; real {usual:.2f}"
    if scores.get("near_copies") is not None:
        number += f"; {scores['near_copies']:.0%} near copies"
    if replayed is not None:
        number += f"; {replayed:.0%} replay a training clip"
    return Finding(words, number, tone)


def _signal(scores: dict, real: dict, document: dict) -> Finding:
    """Technical faults: clipping, clicks, DC, hiss, a noise floor, whistles, uneven levels."""
    faults = []
    if scores["clipped_clips"] > real["clipped_clips"] + 0.01:
        faults.append("clipping")
    if scores.get("clicking_clips", 0) > real.get("clicking_clips", 0) + 0.05:  # older reports lack it
        faults.append("clicks")
    if scores["dc_most"] > 0.02:
        faults.append("DC")
    if scores["above_7500_db"] > real["above_7500_db"] + 10:
        faults.append("hiss")
    if scores["floor_db"] > real["floor_db"] + 15:
        faults.append("no silence")
    if _whistles(scores, document):
        faults.append("whistle")
    if scores["level_error_db"] > real["level_error_db"] + 3:
        faults.append("uneven level")
    number = f"floor {scores['floor_db']:.0f} dBFS; real {real['floor_db']:.0f}"
    words = ", ".join(faults) or "yes"
    tone = BAD if len(faults) > 1 else FAIR if faults else GOOD
    return Finding(words[0].upper() + words[1:], number, tone)


def _whistles(scores: dict, document: dict) -> bool:
    """Whether a line is audible that no real audio has; held-out audio has the pitches that models are asked for."""
    real = [document["baselines"][name]["scores"] for name in ("real_train", "real_test")]
    own, *theirs = (FLOOR_DB if level is None else level for level in (of.get("whistle_db") for of in (scores, *real)))
    return own > max(AUDIBLE_DB, max(theirs) + 10)


def _grade(value: float, steps: tuple[tuple[float, str, str], ...], below: str) -> tuple[str, str]:
    for least, words, tone in steps:
        if value >= least:
            return words, tone
    return below, BAD
