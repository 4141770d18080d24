"""The sounds that a listener may hear at a step, and the verdict of the headphone check."""

from audiogan.listening import headphones, views
from audiogan.listening.guard import RefusedError
from audiogan.listening.plan import HEADPHONE_TRIALS
from audiogan.listening.sittings import Place
from audiogan.listening.sounds import Sounds
from audiogan.listening.store import Session
from audiogan.listening.tokens import Tokens


class Hearing:
    """Serves sounds by token and marks the headphone check, whose targets differ by session."""

    def __init__(self, sounds: Sounds, tokens: Tokens):
        self._sounds, self._tokens = sounds, tokens

    def clips(self, place: Place | None, wanted) -> dict[str, str]:
        """The masked sound of each token; tokens must come from the view of this step or the next.

        Raises:
            ValueError: not a list of tokens, no session, or a token of another step.
        """
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= views.MAX_CLIPS:
            raise ValueError(f"clips must be a list of 1 to {views.MAX_CLIPS} tokens")
        if place is None:
            raise RefusedError("this session is not known here")
        found, name = {}, place.session.session_id
        for number in (place.number, place.number + 1):
            for where in views.places(place.session, number):
                found[self._tokens.clip(name, number, where)] = number, where
        if not all(isinstance(token, str) and token in found for token in wanted):
            raise RefusedError("this sound is not part of the trial")
        return {token: self._sound(place.session, *found[token], token) for token in wanted}

    def headphone_verdict(self, name: str, choices, elapsed_ms: int) -> str:
        """`pass` or `fail`; `unknown` for None, from a listener without headphones.

        Raises:
            ValueError: not one interval per trial, or sooner than all trials can have been heard.
        """
        if choices is None:
            return "unknown"
        indices = range(headphones.INTERVALS)
        if not isinstance(choices, list) or len(choices) != HEADPHONE_TRIALS:
            raise ValueError(f"choices must be a list of {HEADPHONE_TRIALS}")
        if not all(type(choice) is int and choice in indices for choice in choices):
            raise ValueError(f"choices must be whole numbers from 0 to {indices[-1]}")
        if elapsed_ms < 1000 * headphones.SECONDS * headphones.INTERVALS * HEADPHONE_TRIALS:
            raise RefusedError("listen to all the sounds before you answer", wait_ms=1000)
        right = sum(choice == target for choice, target in zip(choices, self.targets(name), strict=True))
        return headphones.verdict(right, HEADPHONE_TRIALS)

    def targets(self, name: str) -> list[int]:
        """Index of the interval with the tone, for each of a session's headphone trials."""
        random = self._tokens.chance(name, "targets")
        return random.integers(headphones.INTERVALS, size=HEADPHONE_TRIALS).tolist()

    def _sound(self, session: Session, number: int, where: str, token: str) -> str:
        if session.plan[number]["kind"] != "headphones":
            return self._sounds.clip(views.stimulus_at(session, number, where), token)
        trial, interval = map(int, where.split("."))
        has_tone = self.targets(session.session_id)[trial] == interval
        random = self._tokens.chance(session.session_id, "headphones", where)
        return self._sounds.headphone_interval(has_tone, random, token)
