"""The folders `evaluation` and `evaluation-NAME` beside the checkpoints: their metrics and real clips, for the page."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audiogan import checkpoint
from audiogan.audio import read_audio
from audiogan.evaluation.verdict import BAD, FAIR, GOOD, NEAR_COPIES, REPLAYED, copying
from audiogan.evaluation.words import HIGHER, LIKE_REAL, LOWER
from audiogan.text import file_stem, in_words, read_object

SCHEMA = 1
PARTS = ("scores", "models", "baselines", "data")
MAX_BYTES = 20_000_000
MAX_SECONDS = 10.0
REAL = "real"
FLOORS = ("real_train", "real_test")  # baselines that stand for real audio; the second where the first has no value
OF_THE_JUDGE = ("class_accuracy", "class_accuracy_mean", "inception_score")  # which may have learned the first's clips
MAIN = ("class_accuracy", "inception_score", "diversity", "memorisation_ratio", "nearest_log_mel_db_back")
RANKING = ("kad_classifier", "kad_summary")  # the first that an evaluation has orders its models
COPYING = {GOOD: "No sign of copying", FAIR: "It leans on training sounds", BAD: "It may copy training sounds"}
SHARES = ("accuracy", "precision", "recall", "coverage", "ndb", "steady_pitch", "clipped", "near_copies")


class Evaluation:
    """What `python -m audiogan evaluate` wrote.

    Attributes:
        clips: paths of real clips by label, in order.
        source: origin of the real clips.
    """

    def __init__(self, folder: Path):
        document = _read(folder / "metrics.json")
        self._scores, self._models, self._baselines, data = (document[part] for part in PARTS)
        self.source = str(data.get("source", ""))
        labels = [str(label) for label in data.get("labels", ())]
        found = {label: sorted((folder / "real").glob(f"{_harmless_stem(label)}-[0-9]*.wav")) for label in labels}
        self.clips = {label: paths for label, paths in found.items() if paths}
        self._alone = len(labels) == 1

    def real(self, label: str) -> tuple[list[np.ndarray], int]:
        """The real clips of a label, float [time] each, and their sample rate in Hz; no clips and 0 if it has none."""
        sounds = [read_audio(path, path.name, MAX_SECONDS) for path in self.clips.get(label, ())]
        return [audio for audio, _ in sounds], sounds[0][1] if sounds else 0

    def best_first(self, models: Sequence[str]) -> list[str]:
        """Those models, the least KAD first; after them those that have none, and those that were not scored last."""
        name = next((name for name in RANKING if name in self._scores), "")

        def shortfall(model: str) -> tuple[bool, float]:
            kad = _number(_of(self._models.get(model, {}), name))
            return model not in self._models, math.inf if kad is None else kad

        return sorted(models, key=shortfall)

    def rows(self, label: str, models: list[str]) -> list[dict]:
        """The scores of realism and those in `MAIN`, of real audio and these models, for one label and over all.

        Each row has title, words and better; `values`, by system (`real` or a model's name) the texts `label` and
        `all`, empty without a number; `best`, the models that no other beats in the number a reader sees first; and
        `main`, whether to show it first. Scores without any value are left out; all are, if no model was scored.
        """
        scored, rows = [model for model in models if model in self._models], []
        for name, score in self._scores.items():
            if not scored or not isinstance(score, dict) or not (score.get("realism") or name in MAIN):
                continue
            entries = {REAL: self._floor(name, label)}
            entries |= {model: self._models[model] for model in scored}
            values = {system: self._values(entry, name, label) for system, entry in entries.items()}
            if any(texts["label"] or texts["all"] for texts in values.values()):
                words = {key: str(score.get(key, "")) for key in ("title", "words", "better")}
                best = _best(entries, name, label, words["better"])
                rows.append({**words, "values": values, "best": best, "main": _is_main(name)})
        return rows

    def sentences(self, model: str, label: str) -> list[str]:
        """What the scores say of a model, in words; an empty list for one that was not scored."""
        entry = self._models.get(model)
        if entry is None:
            return []
        said = [
            self._accuracy(entry, label),
            self._coverage(entry, label),
            self._variety(entry, label),
            self._copies(entry),
        ]
        return [sentence for sentence in said if sentence]

    def _floor(self, name: str, label: str) -> dict:
        floors = FLOORS[::-1] if name in OF_THE_JUDGE else FLOORS
        entries = [self._baselines[floor] for floor in floors if floor in self._baselines]
        known = [entry for entry in entries if _number(_of(entry, name)) is not None]
        return (known or entries or [{}])[0]

    def _values(self, entry: dict, name: str, label: str) -> dict[str, str]:
        """Texts for the label and over all; an only label has no number of its own."""
        own = "" if self._alone else said(name, _of(entry, name, label))
        return {"label": own, "all": said(name, _of(entry, name))}

    def _accuracy(self, entry: dict, label: str) -> str:
        name = "class_accuracy"
        share, real = (_number(_of(item, name, label)) for item in (entry, self._floor(name, label)))
        if share is None:
            return ""
        against = "" if real is None else f" ({_percent(real)} of real ones)"
        heard = in_words(label)
        return f"The classifier hears {heard} in {_percent(share)} of its sounds{against}."

    def _coverage(self, entry: dict, label: str) -> str:
        """The distance from real sounds to the model's; the reverse would flatter averages, near to all real sounds."""
        name = "nearest_log_mel_db_back"
        own, real = (_number(_of(item, name, label)) for item in (entry, self._floor(name, label)))
        if own is None or not real:
            return ""
        return (
            f"From a real sound, the nearest of its sounds is {own:.1f} dB away; "
            f"the nearest other real sound, {real:.1f}. Smaller is closer."
        )

    def _variety(self, entry: dict, label: str) -> str:
        name = "diversity"
        own, real = (_number(_of(item, name, label)) for item in (entry, self._floor(name, label)))
        if own is None or not real:
            return ""
        return f"Its sounds differ from one another {_percent(own / real)} as much as real ones do."

    def _copies(self, entry: dict) -> str:
        """The ratio beside that of real sounds, which copy nothing; graded as in the evaluation's report."""
        entries = (entry, *(self._baselines.get(floor, {}) for floor in FLOORS))
        scores, *real = (
            {name: _number(_of(one, name)) for name in ("memorisation_ratio", "near_copies", "replayed")}
            for one in entries
        )
        ratio, near, replayed = scores.values()
        if ratio is None:
            return ""
        _, tone, usual = copying(scores, *real)
        copies = f" {_percent(near)} lie as near to one as copies do." if near and near > NEAR_COPIES else ""
        replays = f" {_percent(replayed)} replay a training sound." if replayed and replayed > REPLAYED else ""
        return (
            f"{COPYING[tone]}: its sounds lie {ratio:.2f} times as far from training sounds as from unseen ones; "
            f"real sounds, {usual:.2f}.{copies}{replays}"
        )


def load(checkpoints: Path) -> list[Evaluation]:
    """The evaluations beside the checkpoints, `evaluation` first, then the others by name.

    Raises:
        ValueError: a metrics.json is damaged or of another schema; names its folder.
    """
    return [Evaluation(folder) for folder in checkpoint.evaluations(checkpoints)]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def said(name: str, value) -> str:
    """A score as text: a share in per cent, else three digits; empty if it is not a number."""
    number = _number(value)
    if number is None:
        return ""
    if any(part in name for part in SHARES) and 0 <= number <= 1:
        return _percent(number)
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.{max(0, 2 - math.floor(math.log10(abs(number))))}f}" if abs(number) >= 0.001 else f"{number:.3f}"


def _is_main(name: str) -> bool:
    return name in MAIN or name.startswith("kad_")


def _best(entries: dict[str, dict], name: str, label: str, better: str) -> list[str]:
    """The models that no other beats: by the label's number if any system has one, else by that over all."""
    numbers = {system: _number(_of(entry, name, label)) for system, entry in entries.items()}
    if not any(number is not None for number in numbers.values()):
        numbers = {system: _number(_of(entry, name)) for system, entry in entries.items()}
    real = numbers.pop(REAL)
    shortfalls = {
        LOWER: lambda number: number,
        HIGHER: lambda number: -number,
        LIKE_REAL: lambda number: math.nan if real is None else abs(number - real),
    }
    if better not in shortfalls:
        return []
    short = {system: shortfalls[better](number) for system, number in numbers.items() if number is not None}
    return [system for system, by in short.items() if len(short) > 1 and by == min(short.values())]


def _read(path: Path) -> dict:
    try:
        document = read_object(path, MAX_BYTES, schema=SCHEMA)
        found = {part: document.get(part, {}) for part in PARTS}
        for part, value in found.items():
            if not isinstance(value, dict):
                raise ValueError(f"its {part} is not an object")
        return found
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.parent.name}/metrics.json cannot be used: {error}") from None


def _of(entry: dict, name: str, label: str | None = None):
    """A score of a model or baseline, over all labels or for one."""
    scores = entry.get("scores") if label is None else (entry.get("labels") or {}).get(label)
    return scores.get(name) if isinstance(scores, dict) else None


def _number(value) -> float | None:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None


def _harmless_stem(label: str) -> str:
    """The evaluation's file name for a label; empty, to match nothing, if it would leave the folder or is a pattern."""
    name = file_stem(label)
    return "" if any(letter in name for letter in "/\\*?[]") or name.startswith(".") else name
