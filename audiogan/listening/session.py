"""A listener's path through a study, from consent to thanks. No answer is lost or stored twice.

Everything a page sends comes in through `Listening.answer` and `Listening.sounds`. Between two calls only the database
knows where a listener is, so a reload, a second device, another process or a restart continues at the same step.
"""

import logging
import time
from collections.abc import Callable

from audiogan.listening import answers, questionnaire, views
from audiogan.listening.exclusions import WITHDRAWN
from audiogan.listening.guard import Guard, Limits, RefusedError
from audiogan.listening.hearing import Hearing
from audiogan.listening.recruitment import is_participant
from audiogan.listening.sittings import Place, Sittings
from audiogan.listening.sounds import Sounds
from audiogan.listening.store import Store, StoreError, background, utc
from audiogan.listening.study import Study
from audiogan.listening.tokens import Tokens, is_key, parse_receipt, shown_receipt, vote_id
from audiogan.listening.votes import Exclusion

DEVICES = ("phone", "tablet", "desktop", "")
NOT_STORED = "the server could not store that: it will be sent again"
LOG = logging.getLogger(__name__)


class Listening:
    """Serves a study to its listeners.

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
        self._sittings = Sittings(study, store, self._tokens, self._guard, self._now)
        self._hearing = Hearing(self._sounds, self._tokens)
        self._actions = {
            "open": self._open,
            "consent": self._consent,
            "answer": self._answer,
            "skip": self._skip,
            "withdraw": self._withdraw,
        }

    def answer(self, request, address: str = "") -> dict:
        """Answer a page: with a `view` of where its listener is, a `receipt`, or an `error` in one sentence.

        Args:
            request: whatever came over the wire; `action` says what to do.
            address: where it came from; used only for rate limits, as a hash.
        """
        return self._guarded(lambda: self._act(request, address))

    def sounds(self, request, address: str = "") -> dict:
        """`clips`: the sound of each token, which a view of this step or the next must have named; or an `error`."""
        return self._guarded(lambda: self._clips(request, address))

    def late(self) -> dict:
        """The reply when an answer takes too long; the request may still be stored."""
        return self._refused(NOT_STORED, 1000)

    def _guarded(self, work: Callable[[], dict]) -> dict:
        try:
            return work()
        except StoreError as error:
            LOG.warning("%s", error)  # not print, which raises where the log's disk is full
            return self._refused(NOT_STORED, 1000)
        except RefusedError as error:
            return self._refused(str(error), error.wait_ms)
        except ValueError as error:
            return self._refused(str(error))

    def _refused(self, why: str, wait_ms: int | None = None) -> dict:
        return {"error": self.study.design.wording.of(why), "wait_ms": wait_ms}

    def _act(self, request, address: str) -> dict:
        self._guard.check("address", address)
        action = request.get("action") if isinstance(request, dict) else None
        if not isinstance(action, str) or action not in self._actions:
            raise ValueError(f"action must be one of {', '.join(self._actions)}")
        if action in ("consent", "withdraw"):
            return self._actions[action](request, address)
        return self._actions[action](request)

    def _open(self, request: dict) -> dict:
        participant, place = self._participant(request), self._sittings.place(request)
        if place and participant and not self._sittings.is_of(participant, request):
            place = None  # it belongs to whoever used this browser before
        return {"view": self._view(place) if place else views.consent(self.study, participant)}

    def _consent(self, request: dict, address: str) -> dict:
        key, listener, device = (request.get(name) for name in ("session", "listener", "device"))
        if not is_key(key) or not is_key(listener):
            raise ValueError("session and listener must be 32 digits and letters from a to f, drawn at random")
        if device not in DEVICES:
            raise ValueError(f"device must be one of {', '.join(filter(None, DEVICES))} or empty")
        if request.get("version") != self.study.design.consent_version:
            raise RefusedError("the text has changed since you read it: reload the page and read it again")
        if participant := self._participant(request):
            key = self._sittings.join(participant, address, device, key)
            return {"view": self._view(self._sittings.place({"session": key})), "session": key}
        if not self._sittings.place(request):
            self._guard.check("start", address)
            self._sittings.begin(key, listener, device)
        return {"view": self._view(self._sittings.place(request))}

    def _participant(self, request: dict) -> str:
        """The platform's id of the listener; empty if there is none, or if the study does not recruit."""
        participant = request.get("participant") if self.study.design.recruitment else None
        if participant is None or participant == "":
            return ""
        if not is_participant(participant):
            raise ValueError("participant must be 1 to 64 letters, digits, _ or -")
        return participant

    def _answer(self, request: dict) -> dict:
        place, number = self._sittings.addressed(request)
        if number in place.done:
            return self._told(place, number, repeated=True)
        name = place.session.session_id
        if place.step["kind"] == "level":
            after = self._sittings.close(place, {})
        elif place.step["kind"] == questionnaire.KIND:
            said = questionnaire.read_said(self.study.design.questionnaire, request.get("answers"))
            after = self._sittings.close(place, {}, events=background.events(name, self.study.hash, said))
        elif place.step["kind"] == "headphones":
            elapsed_ms = self._now() - place.opened_ms
            verdict = self._hearing.headphone_verdict(name, request.get("choices"), elapsed_ms)
            after = self._sittings.close(place, {"headphones": verdict})
        else:
            after = self._vote(place, request)
        return self._told(after or self._sittings.place(request), number, repeated=after is None)

    def _vote(self, place: Place, request: dict) -> Place | None:
        step, elapsed = place.step, max(self._now() - place.opened_ms, 0)
        values, timing = answers.read_values(self.study, step, request.get("answers")), answers.read_timing(request)
        answers.check_heard(step, self._sounds.seconds, timing, elapsed)
        scale = [value for value in values.values() if type(value) is int]
        scales = [detail["scale"] for detail in place.done.values() if detail.get("scale")] + [scale]
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
        return self._sittings.close(place, {"voted": True, "scale": scale}, votes)

    def _skip(self, request: dict) -> dict:
        """Skip a step whose sound could not be played: store a note, no vote."""
        place, number = self._sittings.addressed(request)
        if number == place.number:
            kind = place.step["kind"]
            if kind == questionnaire.KIND:
                raise RefusedError("there is no sound here that could fail")
            detail = {"skipped": True} | ({"headphones": "unknown"} if kind == "headphones" else {})
            after = self._sittings.close(
                place, detail, events=[place.note(f"step {number} ({kind}) was skipped: its sound did not play")]
            )
            place = after or self._sittings.place(request)
        return {"view": self._view(place)}

    def _withdraw(self, request: dict, address: str) -> dict:
        self._guard.check("withdraw", address)
        name = self._store.session_of_vote(vote_id(parse_receipt(request.get("receipt"))))
        if name is None:
            raise RefusedError("there are no answers with this receipt")
        reason = "The listener withdrew all answers of this session."
        study = self._store.votes_of(name)[0]["study_hash"]
        self._store.exclude(Exclusion(session_id=name, rule=WITHDRAWN, reason=reason, study_hash=study))
        return {"withdrawn": True}

    def _clips(self, request, address: str) -> dict:
        self._guard.check("address", address)
        request = request if isinstance(request, dict) else {}
        return {"clips": self._hearing.clips(self._sittings.place(request), request.get("clips"))}

    def _told(self, place: Place, number: int, repeated: bool) -> dict:
        """The reply to an answer: what comes next, a receipt if there is a vote, and feedback in practice."""
        told = {"view": self._view(place), "repeated": repeated}
        if place.done[number].get("voted"):
            told["receipt"] = shown_receipt(self._tokens.receipt(place.session.session_id, number))
        step = place.session.plan[number]
        return told | ({"feedback": views.feedback(self.study, step)} if step.get("role") == "training" else {})

    def _view(self, place: Place) -> dict:
        session = place.session
        if place.step is not None and not place.withdrawn:
            return views.step(self.study, session, place.number, self._tokens, self._sounds)
        recruited = self.study.design.recruitment and self._store.participants.was_recruited(session.session_id)
        ended = views.completion(self.study, self._sittings.completed(place)) if recruited else {}
        if place.withdrawn:
            return {"stage": WITHDRAWN} | ended  # whoever finished may have been promised a reward for it
        heard = self._store.heard(session.rater, session.study_hash)
        return views.done(self.study, self._store.votes_of(session.session_id), heard) | ended

    def _now(self) -> int:
        return round(1000 * self._clock())
