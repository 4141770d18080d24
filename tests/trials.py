"""What listeners leave, for the tests of where it is kept: the votes of a trial, and a session."""

import dataclasses

from audiogan.listening.store import Session
from audiogan.listening.votes import Vote

SESSION, STUDY = "5" * 32, "d" * 64
VOTE = Vote(
    vote_id="e" * 32,
    session_id=SESSION,
    rater="f" * 32,
    role="test",
    system="tiny",
    question="quality",
    value=4,
    study_hash=STUDY,
    stimulus="a" * 32,
    seed=2**63 - 1,
    index=3,
    pitch=60.5,
    lufs=-23.25,
    created_utc="2030-01-02T03:04:05.000006Z",
)


def trial(number: int, session: str = SESSION, value: int | str = 4) -> list[Vote]:
    """The answers to one trial: a number and a word."""
    vote = dataclasses.replace(VOTE, vote_id=f"{session[-24:]}{number:08x}", session_id=session, trial_index=number)
    return [
        dataclasses.replace(vote, value=value),
        dataclasses.replace(vote, question="real", value="invented", order=1, seed=None, lufs=None),
    ]


def session_of(name: str, **changes) -> Session:
    return dataclasses.replace(Session(name, "f" * 32, STUDY, "1", "phone", (), 1000), **changes)
