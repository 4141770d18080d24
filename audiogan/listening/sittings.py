"""Where each listener is, known from the database alone: which steps of the session's plan are finished."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from audiogan.listening.exclusions import WITHDRAWN
from audiogan.listening.guard import Guard, RefusedError
from audiogan.listening.plan import UNHEARD, make_plan
from audiogan.listening.store import Session, Store, sessions
from audiogan.listening.study import Study
from audiogan.listening.tokens import Tokens, is_key, same, session_id
from audiogan.listening.votes import Vote

TAKEN_PART = (
    "you have taken part in this study already, and that is possible only once: the browser that you used still shows "
    "its end"
)
PENDING_MS = 30 * 60 * 1000  # how long an assigned stimulus counts as rated before it is
MAX_SESSIONS = 2000  # kept in memory


@dataclass(frozen=True)
class Place:
    """Where a listener is.

    Attributes:
        done: detail of each finished step, by its number.
        opened_ms: when the open step was opened, milliseconds since 1970, UTC.
        withdrawn: whether the listener withdrew all answers.
    """

    session: Session
    done: Mapping[int, dict]
    opened_ms: int
    withdrawn: bool

    @property
    def number(self) -> int:
        """Number of the open step, the first unfinished one; the length of the plan when all are finished."""
        return next(number for number in count() if number not in self.done)

    @property
    def step(self) -> dict | None:
        """The open step; None when all are finished."""
        return self.session.plan[self.number] if self.number < len(self.session.plan) else None

    @property
    def headphones(self) -> str:
        """The outcome of the headphone check: `pass`, `fail` or `unknown`."""
        return next((detail["headphones"] for detail in self.done.values() if "headphones" in detail), "unknown")

    def note(self, reason: str) -> dict:
        """An event that says something went wrong in the open step."""
        return sessions.note(self.session.session_id, self.number, reason)


class Sittings:
    """The sessions of a study.

    Args:
        now: milliseconds since 1970, UTC.
    """

    def __init__(self, study: Study, store: Store, tokens: Tokens, guard: Guard, now: Callable[[], int]):
        self._study, self._store, self._tokens, self._guard, self._now = study, store, tokens, guard, now
        self._sessions: dict[str, Session] = {}

    def begin(self, key: str, listener: str, device: str, participant: str = "") -> None:
        """Plan a session for a key; an existing session stays as it is."""
        now, name, rater = self._now(), session_id(key), self._tokens.rater(self._study.hash, listener)
        heard, random = self._store.heard(rater, self._study.hash), self._tokens.chance(name, "plan")
        fresh = Session(name, rater, self._study.hash, self._study.design.consent_version, device, (), now)
        since = now - PENDING_MS
        self._store.start(fresh, lambda counts: make_plan(self._study, counts, heard, random), since, participant)

    def join(self, participant: str, address: str, device: str, key) -> str:
        """The key of a participant's only session in this study, which begins if there is none yet.

        Args:
            key: the browser's; if it is the session's own, the session may be viewed even when it is over.

        Raises:
            RefusedError: the participant has taken part already, or too many sessions begin from that address.
        """
        own = self._tokens.participant_key(self._study.hash, participant)
        place = self.place({"session": own})
        if place and same(own, key):
            return own
        self._guard.check("start", address)
        theirs = self._store.participants.sessions_of(participant, self._study.hash)
        if set(theirs) - {session_id(own)}:  # begun under another secret: the app's has changed since
            raise RefusedError(TAKEN_PART)
        if place is None:
            self.begin(own, own, device, participant)
        elif place.withdrawn or place.step is None:
            raise RefusedError(TAKEN_PART)
        return own

    def is_of(self, participant: str, request: dict) -> bool:
        """Whether the request's session belongs to a participant."""
        return same(self._tokens.participant_key(self._study.hash, participant), request.get("session"))

    def completed(self, place: Place) -> bool:
        """Whether a session reached its end with over half of the trials answered: skipping is not taking part."""
        trials = [number for number, step in enumerate(place.session.plan) if step["kind"] not in UNHEARD]
        answered = sum(bool(place.done.get(number, {}).get("voted")) for number in trials)
        return place.step is None and 2 * answered > len(trials)

    def place(self, request: dict) -> Place | None:
        """The place of the request's session; None if that is not a session of this study.

        Raises:
            RefusedError: too many calls.
        """
        key = request.get("session")
        session = self._session(session_id(key)) if is_key(key) else None
        if session is None:
            return None
        self._guard.check("session", session.session_id)
        steps, withdrawn = self._store.progress(session.session_id, WITHDRAWN)
        opened = max((closed for _, closed in steps.values()), default=session.created_ms)
        return Place(session, {number: detail for number, (detail, _) in steps.items()}, opened, withdrawn)

    def addressed(self, request: dict) -> tuple[Place, int]:
        """Where the listener is, and the number of the step that the request's token was issued for.

        Raises:
            RefusedError: no session, a withdrawn one, a forged token, or a step that is not open yet.
        """
        place = self.place(request)
        if place is None:
            raise RefusedError("this session is not known here: reload the page")
        name = place.session.session_id
        reached = {place.number, *place.done} & set(range(len(place.session.plan)))
        for number in sorted(reached, reverse=True):
            if same(self._tokens.step(name, number), request.get("token")):
                break
        else:
            raise RefusedError("this answer does not belong to a step that you have reached: reload the page")
        if number == place.number and place.withdrawn:
            raise RefusedError("these answers were withdrawn: reload the page to start over")
        return place, number

    def close(
        self, place: Place, detail: dict, votes: Sequence[Vote] = (), events: Sequence[dict] = ()
    ) -> Place | None:
        """Finish the open step and return the next place; None if another request was faster."""
        now = self._now()
        if self._store.close_step(place.session.session_id, place.number, detail, now, votes, events):
            return Place(place.session, {**place.done, place.number: detail}, now, withdrawn=False)
        return None

    def _session(self, name: str) -> Session | None:
        if session := self._sessions.get(name):  # in one lookup: another thread may clear the cache after a first
            return session
        session = self._store.session(name)
        if session is None or session.study_hash != self._study.hash:
            return None
        if len(self._sessions) >= MAX_SESSIONS:
            self._sessions.clear()
        self._sessions[name] = session
        return session
