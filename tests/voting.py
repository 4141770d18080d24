"""Vote rows for tests: by hand, and from simulated listeners with known effects."""

import dataclasses

import numpy as np
from scipy.stats import norm

from audiogan.listening.votes import Exclusion, Vote

STUDY = "5" * 64


def vote(rater="r0", system="real", value=3, question="quality", stimulus="c0", **values) -> dict:
    """A test vote as `Store.rows` yields it; the session is the rater's only one."""
    values = {"session_id": f"s-{rater}", "label": "Flute", "role": "test", "study_hash": STUDY} | values
    identity = f"{values['session_id']}/{stimulus}/{values['role']}/{values.get('trial_index', 0)}"
    row = Vote(
        vote_id=identity, rater=rater, system=system, question=question, value=value, stimulus=stimulus, **values
    )
    return dataclasses.asdict(row)


def exclusion(rule="manual", **values) -> dict:
    return dataclasses.asdict(Exclusion(reason="because", rule=rule, **values))


@dataclasses.dataclass(frozen=True)
class World:
    """Listeners and clips with random effects, answers rounded to 1 to 5: y = mean + rater + clip + noise.

    Attributes:
        mean: before rounding.
        rater_sd, clip_sd, noise_sd: scale points.
        raters, clips: how many in a study.
        heard: clips of a system that each rater hears.
    """

    mean: float = 3.0
    rater_sd: float = 0.5
    clip_sd: float = 0.4
    noise_sd: float = 0.7
    raters: int = 30
    clips: int = 12
    heard: int = 3

    @property
    def truth(self) -> float:
        """The expected answer over all raters and all clips."""
        spread = np.sqrt(self.rater_sd**2 + self.clip_sd**2 + self.noise_sd**2)
        below = norm(self.mean, spread).cdf((1.5, 2.5, 3.5, 4.5))
        return float(np.diff((0, *below, 1)) @ np.arange(1, 6))

    def study(self, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """One study: values, raters, clips, one entry a vote; each clip is heard equally often, give or take one."""
        return self.systems(seed, 1)[0]

    def systems(self, seed: int, count: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """One study of `count` equally good systems: the same raters, each system's clips its own."""
        stream = np.random.default_rng(seed)
        rater_effects = stream.normal(0, self.rater_sd, self.raters)
        return [self._system(stream, rater_effects) for _ in range(count)]

    def verdicts(self, seed: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A study of `real` (1) or `invented` (0): `share` is that of 1 over all raters and all clips."""
        stream, spread = np.random.default_rng(seed), np.sqrt(self.rater_sd**2 + self.clip_sd**2 + self.noise_sd**2)
        values, raters, clips = self._felt(stream, stream.normal(0, self.rater_sd, self.raters))
        return np.float64(values > self.mean + spread * norm.isf(share)), raters, clips

    def _system(self, stream: np.random.Generator, rater_effects: np.ndarray) -> tuple[np.ndarray, ...]:
        values, raters, clips = self._felt(stream, rater_effects)
        return np.clip(np.rint(values), 1, 5), raters, clips

    def _felt(self, stream: np.random.Generator, rater_effects: np.ndarray) -> tuple[np.ndarray, ...]:
        """Before it is an answer."""
        clip_effects, counts, clips = stream.normal(0, self.clip_sd, self.clips), np.zeros(self.clips), []
        for _ in range(self.raters):
            chosen = np.lexsort((stream.random(self.clips), counts))[: self.heard]
            counts[chosen] += 1
            clips.append(chosen)
        clips, raters = np.concatenate(clips), np.repeat(np.arange(self.raters), self.heard)
        values = self.mean + rater_effects[raters] + clip_effects[clips] + stream.normal(0, self.noise_sd, len(clips))
        return values, raters, clips
