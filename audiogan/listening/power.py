"""Forecast what a number of listeners could find, from simulated answers to the study's plan and its results' tests."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy import stats

from audiogan.listening import records
from audiogan.listening.design import POINTS
from audiogan.listening.exclusions import kept
from audiogan.listening.plan import choose_tests, trial_counts
from audiogan.listening.statistics.analysis import RATED
from audiogan.listening.statistics.answers import Answers, answers_of
from audiogan.listening.statistics.comparisons import FEWEST_PAIRS
from audiogan.listening.statistics.components import Components, estimate
from audiogan.listening.statistics.intervals import FEWEST_CLIPS, LEVEL, headline, two_way_error
from audiogan.listening.study import Study

SPAN = POINTS - 1  # the most that two answers can differ by
POWER = 0.8
STUDIES = 1000
MOST_LISTENERS = 2000


@dataclass(frozen=True)
class Forecast:
    """What a number of listeners could find, in scale points.

    Attributes:
        listeners: how many finish a sitting and count.
        margin: half the 95 % interval of a system's mean, median of simulated studies; None where it has no interval.
        pair: the difference between two systems that `POWER` of simulated studies find; None if wider than the scale.
        any_pair: the same with p corrected over all pairs of the study, at worst: Holm's first step.
    """

    listeners: int
    margin: float | None
    pair: float | None
    any_pair: float | None


@dataclass(frozen=True)
class Pilot:
    """What a pilot's votes show.

    Attributes:
        spread: standard deviations of the answers by cause.
        listeners, answers: the numbers that count.
        listeners_excluded, answers_excluded: listeners without an answer that counts, and answers that do not count.
    """

    spread: Components
    listeners: int
    answers: int
    listeners_excluded: int
    answers_excluded: int


def forecast(
    study: Study, listeners: Sequence[int], spread: Components | None = None, studies: int = STUDIES, seed: int = 0
) -> Iterator[Forecast]:
    """A forecast for each number of listeners, in order.

    Answers are simulated as normal, with equal means and no ends of the scale: a pilot's spread includes the effect of
    the ends.

    Args:
        spread: standard deviations of the answers by cause; None takes the defaults of `Components`.
        studies: simulated for each number.

    Raises:
        ValueError: too few or too many listeners, a study of one system, or one that rates nothing on a scale.
    """
    for number in listeners:
        if not FEWEST_PAIRS <= number <= MOST_LISTENERS:
            raise ValueError(f"listeners must be {FEWEST_PAIRS} to {MOST_LISTENERS}, not {number}")
    if len(study.systems) < 2:
        raise ValueError(f"the study has one system, {study.systems[0]}: there is nothing to compare it with")
    if not study.design.trials.test or not any(question.kind == "scale" for question in study.design.questions):
        raise ValueError("the study has no test trials with a question on a scale: there is nothing to forecast")
    crowd, spread = _Crowd(study, max(listeners), seed), spread or Components()
    return (_forecast(crowd, number, spread, studies, seed) for number in listeners)


def pilot(file: Path, question: str, study: Study) -> Pilot:
    """Standard deviations by cause of the answers to a question that count in the results of an export of votes.

    Args:
        study: its exclusion rules apply if the export lacks their exclusions.

    Raises:
        ValueError: not an export, or too few answers or listeners for that question in it.
    """
    rows = records.completed(records.read(file), [study])
    given, counted = (
        [row for row in votes if row["role"] in RATED and row["question"] == question]
        for votes in ((row for row in rows if row["kind"] == "vote"), kept(rows))
    )
    everyone, listeners = ({row["rater"] for row in some} for some in (given, counted))
    by_system: dict[tuple, list[dict]] = {}
    for row in counted:
        by_system.setdefault((row["study_hash"], row["system"]), []).append(row)
    try:
        if 0 < len(listeners) < FEWEST_PAIRS:
            raise ValueError(f"listeners whose answers count must be at least {FEWEST_PAIRS}, not {len(listeners)}")
        spread = estimate({system: answers_of(some) for system, some in by_system.items()})
    except ValueError as error:
        raise ValueError(f"{file} does not show how far answers on {question} differ: {error}") from None
    return Pilot(spread, len(listeners), len(counted), len(everyone - listeners), len(given) - len(counted))


def text(study: Study, pilot: Pilot | None, forecasts: Iterable[Forecast], file: Path | None) -> Iterator[str]:
    """A forecast for a terminal, line by line."""
    spread = pilot.spread if pilot else Components()
    tests, rated = study.of_role("test"), trial_counts(study)["test"]
    yield f"{len(study.systems)} systems, {len(tests)} test clips of {len(study.labels)} labels"
    yield f"each listener rates {rated} of them, {rated / len(study.systems):.1f} per system"
    parts = ", ".join(f"{name.replace('_', ' by ')} {value:.2f}" for name, value in asdict(spread).items())
    yield f"standard deviations, in points of {POINTS}, {f'as in {file}' if file else 'assumed'}: {parts}"
    if pilot:
        listeners = f"{pilot.listeners} listeners ({pilot.listeners_excluded} more excluded)"
        yield f"estimated from {listeners} and {pilot.answers:,} answers ({pilot.answers_excluded:,} more excluded)"
    pairs = len(study.systems) * (len(study.systems) - 1) // 2
    yield f"a mean's median margin in simulated studies, and the differences that {POWER:.0%} of them find:"
    yield f"{'listeners':>9}  {'a mean, give or take':>20}  {'two systems apart by':>20}  {f'any of {pairs} pairs':>16}"
    for one in forecasts:
        yield f"{one.listeners:>9}  {_points(one.margin):>20}  {_points(one.pair):>20}  {_points(one.any_pair):>16}"


def _points(value: float | None) -> str:
    return f"over {SPAN}" if value is None else f"{value:.2f}"


class _Crowd:
    """Who rates what, planned sitting after sitting as in the app.

    Attributes:
        rater, clip, label, system: numbers from 0, [ratings], in order of sittings.
        pairs: every pair of systems.
    """

    def __init__(self, study: Study, listeners: int, seed: int):
        random, counts, rows = np.random.default_rng(seed), Counter(), []
        tests = study.of_role("test")
        place = {one.id: number for number, one in enumerate(tests)}
        for listener in range(listeners):
            rank = {one.id: (False, counts[one.id], random.random()) for one in tests}
            for one in choose_tests(study, study.design.trials.test, rank):
                counts[one.id] += 1
                system, label = study.systems.index(one.system), study.labels.index(one.label)
                rows.append((listener, place[one.id], label, system))
        self.rater, self.clip, self.label, self.system = np.array(rows).T
        self.pairs = list(combinations(range(len(study.systems)), 2))

    def answers(
        self, pair: tuple[int, int], listeners: int, spread: Components, random: np.random.Generator
    ) -> list[Answers]:
        """Simulated answers of the first `listeners` about two equally good systems."""
        rater = random.normal(0, spread.rater, self.rater.max() + 1)
        label = random.normal(0, spread.label, self.label.max() + 1)
        clip = random.normal(0, spread.clip, self.clip.max() + 1)
        found = []
        for system in pair:
            felt = rater + random.normal(0, spread.rater_system, len(rater))
            made = label + random.normal(0, spread.label_system, len(label))
            of = (self.system == system) & (self.rater < listeners)
            values = felt[self.rater[of]] + made[self.label[of]] + clip[self.clip[of]]
            values += random.normal(0, spread.rest, len(values))
            found.append(Answers(values, self.rater[of], self.clip[of], self.label[of]))
        return found


def _forecast(crowd: _Crowd, listeners: int, spread: Components, studies: int, seed: int) -> Forecast:
    """Simulate studies of one pair each; pairs take turns."""
    margins, least, least_of_all = [], [], []
    for number in range(studies):
        pair = crowd.pairs[number % len(crowd.pairs)]
        first, second = crowd.answers(pair, listeners, spread, np.random.default_rng((seed, number)))
        interval, _ = headline(first)
        margins.append((interval.high - interval.low) / 2 if interval else np.inf)
        needed = _needed(first, second, (1 - LEVEL, (1 - LEVEL) / len(crowd.pairs)))
        least.append(needed[0])
        least_of_all.append(needed[1])
    found = np.median(margins), *(np.quantile(some, POWER, method="higher") for some in (least, least_of_all))
    margin, *differences = (float(value) if np.isfinite(value) else None for value in found)
    return Forecast(listeners, margin, *(None if value is None or value > SPAN else value for value in differences))


def _needed(first: Answers, second: Answers, levels: Sequence[float]) -> list[float]:
    """How much better the first system must be for the results to show it, at each level of p.

    Uses Student's t even where, for want of clips, the results use Wilcoxon's test.
    """
    both = np.intersect1d(first.rater_names, second.rater_names)
    if len(both) < FEWEST_PAIRS:
        return [np.inf] * len(levels)
    first, second = first.of(both), second.of(both)
    if min(first.num_clips, second.num_clips) >= FEWEST_CLIPS:
        error, freedom = two_way_error(first, second)
    else:
        error, freedom = (first.rater_means - second.rater_means).std(ddof=1) / np.sqrt(len(both)), len(both) - 1
    return [stats.t.isf(level / 2, freedom) * error - (first.mean - second.mean) for level in levels]
