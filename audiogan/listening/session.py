"""One listener's way through a study, from consent to thanks. No answer is lost, none doubled.

Everything a page sends comes in through `Listening.answer` and `Listening.sounds`. The database alone says where a
listener is: which steps of the session's plan are finished. So a reload, a second device, another process or a restart
go on at the same step.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from audiogan.listening import answers, headphones, views
from audiogan.listening.guard import Guard, Limits, RefusedError
from audiogan.listening.plan import HEADPHONE_TRIALS, make_plan
from audiogan.listening.sounds import Sounds
from audiogan.listening.store import Session, Store, StoreError, utc
from audiogan.listening.study import Study
from audiogan.listening.tokens import Tokens, is_key, parse_receipt, same, session_id, shown_receipt, vote_id
from audiogan.listening.votes import Exclusion

PENDING_MS = 30 * 60 * 1000  # how long a session that has yet to rate a stimulus counts as if it had
MAX_SESSIONS = 2000  # kept in memory
DEVICES = ("phone", "tablet", "desktop", "")
WITHDRAWN = "withdrawn"
NOT_STORED = "the server could not store that: it will be sent again"


@dataclass(frozen=True)
class Place:
    """Where a listener is.

    Attributes:
        done: what each finished step left.
        opened_ms: when the step that is open now was opened.
        withdrawn: the listener took all answers back.
    """

    session: Session
    done: tuple[dict, ...]
    opened_ms: int
    withdrawn: bool

    @property
    def number(self) -> int:
        """The open step's; the length of the plan when all are finished."""
        return len(self.done)

    @property
    def step(self) -> dict | None:
        """The open step."""
        return self.session.plan[self.number] if self.number < len(self.session.plan) else None

    @property
    def headphones(self) -> str:
        """The outcome of the headphone check: `pass`, `fail` or `unknown`."""
        return next((detail["headphones"] for detail in self.done if "headphones" in detail), "unknown")


class Listening:
    """A study being listened to.

    Args:
        study: the frozen pool and its design.
        store: where answers go.
        limits: how often a session and an address may call.
        clock: seconds since 1970, UTC.
    """

    def __init__(
        self, study: Study, store: Store, limits: Limits | None = None, clock: Callable[[], float] = time.time
    ):
        self.study, self._store, self._clock = study, store, clock
        self._sounds, self._tokens, self._guard = Sounds(study), Tokens(store.secret()), Guard(limits)
        self._sessions: dict[str, Session] = {}
        self._actions = {
            "open": self._open,
            "consent": self._consent,
            "answer": self._answer,
            "skip": self._skip,
            "withdraw": self._withdraw,
        }

    def answer(self, request, address: str = "") -> dict:
        """What a page is told: a `view` of where its listener is, a `receipt`, or an `error` in one sentence.

        Args:
            request: whatever came over the wire; `action` says what is wanted.
            address: where it came from; only ever counted, as a hash.
        """
        return self._guarded(lambda: self._act(request, address))

    def sounds(self, request, address: str = "") -> dict:
        """`clips`: for each token that a view named, in this step or the next, its sound; or an `error`."""
        return self._guarded(lambda: self._clips(request, address))

    def _guarded(self, work: Callable[[], dict]) -> dict:
        try:
            return work()
        except StoreError as error:
            print(error, file=sys.stderr, flush=True)
            return {"error": NOT_STORED, "wait_ms": 1000}
        except RefusedError as error:
            return {"error": str(error), "wait_ms": error.wait_ms}
        except ValueError as error:
            return {"error": str(error), "wait_ms": None}

    def _act(self, request, address: str) -> dict:
        self._guard.check("address", address)
        action = request.get("action") if isinstance(request, dict) else None
        if not isinstance(action, str) or action not in self._actions:
            raise ValueError(f"action must be one of {', '.join(self._actions)}")
        if action in ("consent", "withdraw"):
            return self._actions[action](request, address)
        return self._actions[action](request)

    def _open(self, request: dict) -> dict:
        place = self._place(request)
        return {"view": self._view(place) if place else views.consent(self.study)}

    def _consent(self, request: dict, address: str) -> dict:
        key, listener, device = (request.get(name) for name in ("session", "listener", "device"))
        if not is_key(key) or not is_key(listener):
            raise ValueError("session and listener must be 32 digits and letters from a to f, drawn at random")
        if device not in DEVICES:
            raise ValueError(f"device must be one of {', '.join(filter(None, DEVICES))} or empty")
        if request.get("version") != self.study.design.consent_version:
            raise RefusedError("the text has changed since you read it: reload the page and read it again")
        if not self._place(request):
            self._guard.check("start", address)
            self._start(session_id(key), listener, device)
        return {"view": self._view(self._place(request))}

    def _start(self, name: str, listener: str, device: str) -> None:
        now, rater = self._now(), self._tokens.rater(self.study.hash, listener)
        heard, random = self._store.heard(rater, self.study.hash), self._tokens.chance(name, "plan")
        fresh = Session(name, rater, self.study.hash, self.study.design.consent_version, device, (), now)
        self._store.start(fresh, lambda counts: make_plan(self.study, counts, heard, random), now - PENDING_MS)

    def _answer(self, request: dict) -> dict:
        place, number = self._addressed(request)
        if number < place.number:
            return self._told(place, number, repeated=True)
        if place.step["kind"] == "level":
            after = self._close(place, {})
        elif place.step["kind"] == "headphones":
            after = self._close(place, {"headphones": self._headphone_verdict(place, request)})
        else:
            after = self._vote(place, request)
        return self._told(after or self._place(request), number, repeated=after is None)

    def _vote(self, place: Place, request: dict) -> Place | None:
        step, elapsed = place.step, max(self._now() - place.opened_ms, 0)
        values, timing = answers.read_values(self.study, step, request.get("answers")), answers.read_timing(request)
        answers.check_heard(step, self._sounds.seconds, timing, elapsed)
        scale = [value for value in values.values() if type(value) is int]
        scales = [detail["scale"] for detail in place.done if detail.get("scale")] + [scale]
        votes = answers.make_votes(
            self.study,
            step,
            values,
            timing,
            vote_id=vote_id(self._tokens.receipt(place.session.session_id, place.number)),
            session_id=place.session.session_id,
            rater=place.session.rater,
            consent_version=place.session.consent_version,
            trial_index=views.trial_index(place.session.plan, place.number),
            device_class=place.session.device_class,
            headphones=place.headphones,
            created_utc=utc(),
            flags=answers.flags(timing, elapsed, scales),
        )
        return self._close(place, {"voted": True, "scale": scale}, votes)

    def _skip(self, request: dict) -> dict:
        """A sound could not be played: no vote, a note for whoever reads the others."""
        place, number = self._addressed(request)
        if number == place.number:
            kind = place.step["kind"]
            detail = {"skipped": True} | ({"headphones": "unknown"} if kind == "headphones" else {})
            after = self._close(place, detail, event=f"step {number} ({kind}) was skipped: its sound did not play")
            place = after or self._place(request)
        return {"view": self._view(place)}

    def _withdraw(self, request: dict, address: str) -> dict:
        self._guard.check("withdraw", address)
        name = self._store.session_of_vote(vote_id(parse_receipt(request.get("receipt"))))
        if name is None:
            raise RefusedError("there are no answers with this receipt")
        reason = "The listener withdrew all answers of this session."
        self._store.exclude(Exclusion(session_id=name, rule=WITHDRAWN, reason=reason))
        return {"withdrawn": True}

    def _headphone_verdict(self, place: Place, request: dict) -> str:
        choices = request.get("choices")
        if choices is None:  # no headphones at hand
            return "unknown"
        indices = range(headphones.INTERVALS)
        if not isinstance(choices, list) or len(choices) != HEADPHONE_TRIALS:
            raise ValueError(f"choices must be a list of {HEADPHONE_TRIALS}")
        if not all(type(choice) is int and choice in indices for choice in choices):
            raise ValueError(f"choices must be whole numbers from 0 to {indices[-1]}")
        needed = 1000 * headphones.SECONDS * headphones.INTERVALS * HEADPHONE_TRIALS
        if self._now() - place.opened_ms < needed:
            raise RefusedError("listen to all the sounds before you answer", wait_ms=1000)
        targets = self._targets(place.session.session_id)
        right = sum(choice == target for choice, target in zip(choices, targets, strict=True))
        return headphones.verdict(right, HEADPHONE_TRIALS)

    def _clips(self, request, address: str) -> dict:
        self._guard.check("address", address)
        wanted = request.get("clips") if isinstance(request, dict) else None
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= views.MAX_CLIPS:
            raise ValueError(f"clips must be a list of 1 to {views.MAX_CLIPS} tokens")
        place = self._place(request)
        if place is None:
            raise RefusedError("this session is not known here")
        found = {}
        for number in (place.number, place.number + 1):
            for where in views.places(place.session, number):
                found[self._tokens.clip(place.session.session_id, number, where)] = number, where
        if not all(isinstance(token, str) and token in found for token in wanted):
            raise RefusedError("this sound is not part of the trial")
        return {"clips": {token: self._sound(place.session, *found[token], token) for token in wanted}}

    def _sound(self, session: Session, number: int, where: str, token: str) -> str:
        if session.plan[number]["kind"] != "headphones":
            return self._sounds.clip(views.stimulus_at(session, number, where), token)
        trial, interval = map(int, where.split("."))
        has_tone = self._targets(session.session_id)[trial] == interval
        random = self._tokens.chance(session.session_id, "headphones", where)
        return self._sounds.headphone_interval(has_tone, random, token)

    def _targets(self, name: str) -> list[int]:
        """Which interval of each headphone trial has the tone."""
        random = self._tokens.chance(name, "targets")
        return random.integers(headphones.INTERVALS, size=HEADPHONE_TRIALS).tolist()

    def _place(self, request: dict) -> Place | None:
        """Where the request's session is; None where it has none of this study.

        Raises:
            RefusedError: too many calls.
        """
        key = request.get("session")
        if not is_key(key):
            return None
        session = self._session(session_id(key))
        if session is None:
            return None
        self._guard.check("session", session.session_id)
        steps, withdrawn = self._store.progress(session.session_id, WITHDRAWN)
        opened = steps[-1][1] if steps else session.created_ms
        return Place(session, tuple(detail for detail, _ in steps), opened, withdrawn)

    def _session(self, name: str) -> Session | None:
        if name not in self._sessions:
            session = self._store.session(name)
            if session is None or session.study_hash != self.study.hash:
                return None
            if len(self._sessions) >= MAX_SESSIONS:
                self._sessions.clear()
            self._sessions[name] = session
        return self._sessions[name]

    def _addressed(self, request: dict) -> tuple[Place, int]:
        """Where the listener is, and the number of the step that the request's token was issued for.

        Raises:
            RefusedError: no session, a withdrawn one, a forged token, or a step that is not open yet.
        """
        place = self._place(request)
        if place is None:
            raise RefusedError("this session is not known here: reload the page")
        name = place.session.session_id
        for number in reversed(range(min(place.number + 1, len(place.session.plan)))):
            if same(self._tokens.step(name, number), request.get("token")):
                break
        else:
            raise RefusedError("this answer does not belong to a step that you have reached: reload the page")
        if number == place.number and place.withdrawn:
            raise RefusedError("these answers were withdrawn: reload the page to begin anew")
        return place, number

    def _close(self, place: Place, detail: dict, votes=(), event: str = "") -> Place | None:
        """Finish the open step and give the next place; None where another request was faster."""
        now = self._now()
        if self._store.close_step(place.session.session_id, place.number, detail, now, votes, event):
            return Place(place.session, (*place.done, detail), now, withdrawn=False)
        return None

    def _told(self, place: Place, number: int, repeated: bool) -> dict:
        """The answer to an answer: the receipt where there is a vote, feedback in practice, and what comes next."""
        told = {"view": self._view(place), "repeated": repeated}
        if place.done[number].get("voted"):
            told["receipt"] = shown_receipt(self._tokens.receipt(place.session.session_id, number))
        step = place.session.plan[number]
        return told | ({"feedback": views.feedback(self.study, step)} if step.get("role") == "training" else {})

    def _view(self, place: Place) -> dict:
        session = place.session
        if place.withdrawn:
            return {"stage": WITHDRAWN}
        if place.step is None:
            return views.done(self.study, self._store.votes_of(session.session_id))
        return views.step(self.study, session, place.number, self._tokens, self._sounds)

    def _now(self) -> int:
        return round(1000 * self._clock())
