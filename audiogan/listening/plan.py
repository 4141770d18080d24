"""Plan what one listener hears: the least rated first, balanced over systems and labels, in an order without clues.

A plan is a list of steps, JSON types: `kind` (`questionnaire`, `level`, `headphones`, `rating`, `naming`, `preference`,
`diversity`) and, by kind, `role`, `clips` (ids of the stimuli that must be heard), `exemplar`, `batch`, and `rated`
(stimuli that count as rated once the step is answered).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from math import ceil

import numpy as np

from audiogan.listening import questionnaire
from audiogan.listening.study import Batch, Stimulus, Study

HEADPHONE_TRIALS = 6
REPEAT_DISTANCE = 5  # trials from a stimulus to its repeat, at least
UNHEARD = ("level", "headphones", questionnaire.KIND)  # steps that are not trials


def make_plan(study: Study, counts: Mapping[str, int], heard: Iterable[str], random: np.random.Generator) -> list[dict]:
    """The steps of a session.

    Args:
        counts: how often each stimulus was rated; 0 if missing.
        heard: stimuli of this rater's earlier sessions, chosen last.
    """
    trials, design, heard = study.design.trials, study.design, set(heard)
    rank = {
        stimulus.id: (stimulus.id in heard, counts.get(stimulus.id, 0), random.random()) for stimulus in study.stimuli
    }
    tests = choose_tests(study, trials.test, rank)
    ordered = in_blocks(tests, random)
    sequence = [("test", stimulus) for stimulus in ordered]
    early = ordered[: _repeatable(study, len(ordered))]
    for stimulus in _drawn(early, trials.repeat, random):
        after = sequence.index(("test", stimulus)) + REPEAT_DISTANCE
        _insert(sequence, "repeat", stimulus, random, after)
    latest = _latest_gold(study, sequence)
    for stimulus in _by_turns(study.of_role("gold"), trials.gold, random, kind=_expectation):
        _insert(sequence, "gold", stimulus, random, after=1, latest=latest)
        latest = None
    training = [("training", stimulus) for stimulus in _alternating(study, trials.training, random)]
    if training and sequence and training[-1][1].system == sequence[0][1].system:
        training.reverse()
    return [
        *([{"kind": questionnaire.KIND, "clips": []}] if design.questionnaire else []),
        {"kind": "level", "clips": [_any_real(study, random).id]},
        *([{"kind": "headphones"}] if design.headphone_check else []),
        *(_rating(study, role, stimulus) for role, stimulus in training + sequence),
        *_modules(study, heard, {stimulus.id for stimulus in tests}, random),
    ]


def trial_counts(study: Study) -> dict[str, int]:
    """Number of trials of each role and module in a sitting: what the design asks for, capped by the pool."""
    tests = study.of_role("test")
    test = min(study.design.trials.test, len(tests))
    pool = {
        "training": len(study.of_role("training")),
        "test": test,
        "gold": len(study.of_role("gold")),
        "repeat": min(_repeatable(study, test), test),
        "naming": len(tests),
        "preference": len(_meetable(study)),
        "diversity": len(study.batches),
    }
    asked = vars(study.design.trials) | vars(study.design.modules)
    return {name: min(asked[name], pool[name]) for name in asked}


def has_another(study: Study, heard: Iterable[str]) -> bool:
    """Whether a sitting can be planned that rates none of the stimuli heard."""
    rank = {stimulus.id: (stimulus.id in heard, 0, 0.0) for stimulus in study.stimuli}
    return not any(rank[one.id][0] for one in choose_tests(study, study.design.trials.test, rank))


def choose_tests(study: Study, num: int, rank: Mapping[str, tuple]) -> list[Stimulus]:
    """Choose the stimuli to rate: all systems equally often, give or take one, and labels as evenly as possible."""
    pools: dict[str, list[Stimulus]] = {}
    for stimulus in study.of_role("test"):
        pools.setdefault(stimulus.system, []).append(stimulus)
    labels: Counter = Counter()
    chosen: list[Stimulus] = []
    while len(chosen) < num and any(pools.values()):
        # A short round leaves out the systems whose next stimulus was rated most.
        left = [system for system in pools if pools[system]]
        left.sort(key=lambda system: min(rank[stimulus.id] for stimulus in pools[system]))
        for system in left[: num - len(chosen)]:
            best = min(pools[system], key=lambda one: (*rank[one.id][:2], labels[one.label], rank[one.id][2]))
            pools[system].remove(best)
            labels[best.label] += 1
            chosen.append(best)
    return chosen


def in_blocks(chosen: Sequence[Stimulus], random: np.random.Generator) -> list[Stimulus]:
    """Randomised blocks: every system once before any comes again, and none twice in a row while others remain."""
    queues: dict[str, list[Stimulus]] = {}
    for index in random.permutation(len(chosen)):
        queues.setdefault(chosen[index].system, []).append(chosen[index])
    ordered: list[Stimulus] = []
    while queues:
        names = [list(queues)[index] for index in random.permutation(len(queues))]
        if ordered and len(names) > 1 and names[0] == ordered[-1].system:
            swap = int(random.integers(1, len(names)))
            names[0], names[swap] = names[swap], names[0]
        ordered += [queues[name].pop() for name in names]
        queues = {name: queue for name, queue in queues.items() if queue}
    return ordered


def _repeatable(study: Study, tests: int) -> int:
    """How many of a sitting's test stimuli come early enough to be repeated."""
    return max(tests - REPEAT_DISTANCE, study.design.trials.repeat)


def _latest_gold(study: Study, sequence: Sequence[tuple[str, Stimulus]]) -> int | None:
    """The latest place of the first gold trial: nobody who answers enough test trials to count leaves before it."""
    enough = study.design.exclusions.min_test_trials
    if enough is None:
        return None
    tests = [place for place, (role, _) in enumerate(sequence) if role == "test"]
    return tests[max(ceil(enough), 1) - 1] if enough <= len(tests) else None


def _insert(
    sequence: list, role: str, stimulus: Stimulus, random: np.random.Generator, after: int, latest: int | None = None
) -> None:
    """Put a trial at a random place from `after` to `latest`, between trials of other systems if possible."""
    latest = len(sequence) if latest is None else latest
    places = range(min(after, latest), latest + 1)

    def clashes(place: int) -> int:
        around = sequence[max(place - 1, 0) : place + 1]
        return sum(other.system == stimulus.system for _, other in around)

    fewest = min(map(clashes, places))
    free = [place for place in places if clashes(place) == fewest]
    sequence.insert(free[int(random.integers(len(free)))], (role, stimulus))


def _alternating(study: Study, num: int, random: np.random.Generator) -> list[Stimulus]:
    """Training stimuli, alternately real and invented, starting with either; on each side, systems take turns."""
    pool = _by_turns(study.of_role("training"), len(study.of_role("training")), random, kind=_system)
    sides = [[one for one in pool if not one.model], [one for one in pool if one.model]]
    turn, found = int(random.integers(2)), []
    while len(found) < min(num, len(pool)):
        side = sides[turn] or sides[1 - turn]
        found.append(side.pop(0))
        turn = 1 - turn
    return found


def _drawn(pool: Sequence, num: int, random: np.random.Generator) -> list:
    return [pool[index] for index in random.permutation(len(pool))[:num]]


def _by_turns(
    pool: Sequence, num: int, random: np.random.Generator, kind: Callable, last: Callable = lambda _: 0
) -> list:
    """Draw at random, all kinds equally often, give or take one, while they last.

    Args:
        kind: gives an item's kind.
        last: gives an item's rank within its kind; the lowest are drawn first.
    """
    groups: dict[Hashable, list] = {}
    for one in _drawn(pool, len(pool), random):
        groups.setdefault(kind(one), []).append(one)
    ranked = []
    for group in groups.values():
        ranked += [(turn, random.random(), one) for turn, one in enumerate(sorted(group, key=last))]
    return [one for _, _, one in sorted(ranked, key=lambda item: item[:2])][:num]


def _expectation(gold: Stimulus) -> str:
    """A gold trial's expected answers: one is to be called bad, another a good likeness."""
    return repr(sorted(gold.expected.items()))


def _any_real(study: Study, random: np.random.Generator) -> Stimulus:
    """A sound for setting the volume, real if possible. All are equally loud."""
    pool = study.of_role("exemplar") or study.of_role("training") or study.of_role("test")
    return pool[int(random.integers(len(pool)))]


def _rating(study: Study, role: str, stimulus: Stimulus) -> dict:
    step = {"kind": "rating", "role": role, "clips": [stimulus.id], "exemplar": None}
    if any(question.exemplar for question in study.design.questions):
        labels = {one.label for one in study.of_role("exemplar")}
        step["exemplar"] = study.exemplar(stimulus.label).id if stimulus.label in labels else None
    return step | ({"rated": [stimulus.id]} if role == "test" else {})


def _modules(study: Study, heard: set[str], used: set[str], random: np.random.Generator) -> list[dict]:
    """The optional trials. Naming comes first and prefers sounds whose label has not been shown yet.

    Systems take turns, and draws ignore how often a clip was rated: otherwise, while listeners leave before these
    trials, one system would be drawn again and again.
    """
    modules = study.design.modules

    def known(stimulus: Stimulus) -> int:
        return 2 * (stimulus.id in used) + (stimulus.id in heard)

    def met(pair: tuple[Stimulus, Stimulus]) -> int:
        return sum(one.id in heard for one in pair)

    named = _by_turns(study.of_role("test"), modules.naming, random, kind=_system, last=known)
    steps = [{"kind": "naming", "role": "test", "clips": [one.id]} for one in in_blocks(named, random)]
    pairs = _meetable(study) if modules.preference else []
    for pair in _by_turns(pairs, modules.preference, random, kind=_systems, last=met):
        order = random.permutation(2)
        steps.append({"kind": "preference", "role": "test", "clips": [pair[index].id for index in order]})
    for batch in _by_turns(study.batches, modules.diversity, random, kind=_system):
        clips = [batch.stimuli[index] for index in random.permutation(len(batch.stimuli))]
        steps.append({"kind": "diversity", "role": "test", "batch": batch.id, "clips": clips})
    return steps


def _meetable(study: Study) -> list[tuple[Stimulus, Stimulus]]:
    """All pairs of test stimuli with the same label and different systems."""
    labelled = ([one for one in study.of_role("test") if one.label == label] for label in study.labels)
    return [pair for pool in labelled for pair in combinations(pool, 2) if pair[0].system != pair[1].system]


def _system(one: Stimulus | Batch) -> str:
    return one.system


def _systems(pair: tuple[Stimulus, Stimulus]) -> frozenset[str]:
    return frozenset((pair[0].system, pair[1].system))
