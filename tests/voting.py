"""Vote rows for tests: by hand, and from simulated listeners with known effects."""

import dataclasses

import numpy as np
from scipy.stats import norm

from audiogan.listening.votes import Exclusion, Note, Vote

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


def note(session_id: str, study_hash: str = STUDY) -> dict:
    return dataclasses.asdict(Note(session_id=session_id, study_hash=study_hash, reason="its sound did not play"))


def small_study(raters: int = 4) -> list[dict]:
    """Two systems, two clips each; each rater likes real more by 2, and the last rater is turned round."""
    rows = []
    for number in range(raters):
        name, turned = f"r{number}", number == raters - 1
        for system, value in (("real", 5), ("net", 3)):
            for clip in range(2):
                rated = 6 - value if turned else value
                place = {"stimulus": f"{system}{clip}", "label": ("Flute", "Gong")[clip]}
                rows.append(vote(name, system, rated, **place))
                said = "real" if (system == "real") != turned else "invented"
                rows.append(vote(name, system, said, "real", **place))
    return rows


@dataclasses.dataclass(frozen=True)
class World:
    """Listeners and clips with random effects, answers rounded to 1 to 5: y = mean + rater + label + clip + noise.

    Attributes:
        mean: before rounding.
        rater_sd, clip_sd, noise_sd: scale points.
        raters, clips: how many in a study.
        heard: clips of a system that each rater hears.
        labels: of all systems' clips, by turns; 0 for none.
        label_sd, own_label_sd: what a label adds to all systems' clips, and to one system's.
    """

    mean: float = 3.0
    rater_sd: float = 0.5
    clip_sd: float = 0.4
    noise_sd: float = 0.7
    raters: int = 30
    clips: int = 12
    heard: int = 3
    labels: int = 0
    label_sd: float = 0.0
    own_label_sd: float = 0.0

    @property
    def truth(self) -> float:
        """The expected answer over all raters and all clips."""
        spread = np.sqrt(self.rater_sd**2 + self.clip_sd**2 + self.noise_sd**2)
        below = norm(self.mean, spread).cdf((1.5, 2.5, 3.5, 4.5))
        return float(np.diff((0, *below, 1)) @ np.arange(1, 6))

    def study(self, seed: int) -> tuple[np.ndarray, ...]:
        """One study: values, raters, clips, one entry a vote; each clip is heard equally often, give or take one."""
        return self.systems(seed, 1)[0]

    def systems(self, seed: int, count: int) -> list[tuple[np.ndarray, ...]]:
        """One study of `count` equally good systems: the same raters, each system's clips its own.

        Where there are labels, each vote's is a fourth array.
        """
        stream = np.random.default_rng(seed)
        effects = stream.normal(0, self.rater_sd, self.raters), stream.normal(0, self.label_sd, self.labels)
        found = [self._felt(stream, *effects) for _ in range(count)]
        answered = [(np.clip(np.rint(values), 1, 5), raters, clips) for values, raters, clips in found]
        return [(*one, (one[2] % self.labels).astype(str)) for one in answered] if self.labels else answered

    def verdicts(self, seed: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A study of `real` (1) or `invented` (0): `share` is that of 1 over all raters and all clips."""
        stream, spread = np.random.default_rng(seed), np.sqrt(self.rater_sd**2 + self.clip_sd**2 + self.noise_sd**2)
        values, raters, clips = self._felt(stream, stream.normal(0, self.rater_sd, self.raters), np.zeros(0))
        return np.float64(values > self.mean + spread * norm.isf(share)), raters, clips

    def _felt(
        self, stream: np.random.Generator, rater_effects: np.ndarray, label_effects: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Before it is an answer."""
        clip_effects, counts, clips = stream.normal(0, self.clip_sd, self.clips), np.zeros(self.clips), []
        if self.labels:
            own = label_effects + stream.normal(0, self.own_label_sd, self.labels)
            clip_effects += own[np.arange(self.clips) % self.labels]
        for _ in range(self.raters):
            chosen = np.lexsort((stream.random(self.clips), counts))[: self.heard]
            counts[chosen] += 1
            clips.append(chosen)
        clips, raters = np.concatenate(clips), np.repeat(np.arange(self.raters), self.heard)
        values = self.mean + rater_effects[raters] + clip_effects[clips] + stream.normal(0, self.noise_sd, len(clips))
        return values, raters, clips


STUDIES = 500  # of a simulation whose shares are printed
WORLDS = {
    "default study": World(),
    "few raters": World(raters=15),
    "many raters": World(raters=60, mean=2.0),
    "raters differ most": World(rater_sd=0.7, clip_sd=0.1),
    "clips differ most": World(rater_sd=0.2, clip_sd=0.6, noise_sd=0.5),
    "near the top": World(raters=100, mean=4.2),
    "everyone hears all": World(heard=12),
}
