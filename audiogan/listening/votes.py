"""Events that the store yields, an export writes and the statistics read: one dictionary each, told apart by `kind`."""

import dataclasses
import hashlib
from dataclasses import dataclass

import numpy as np

from audiogan.audio import to_pcm16

SCHEMA_VERSION = 2
ROLES = ("test", "gold", "repeat", "training", "free")
HEADPHONES = ("pass", "fail", "unknown")
SCALES = ("quality", "intelligibility", "resemblance")
NUMBERED = (*SCALES, "diversity")  # questions that a whole number answers
VERDICTS = ("real", "invented")
PREFERENCES = ("first", "second", "tie")
CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One answer to one question about one stimulus (or, for `preference`, about two). Never changed once stored.

    Attributes:
        schema_version: `SCHEMA_VERSION`.
        vote_id: hash of the receipt, from which the receipt cannot be derived; the answers of one trial share it, so
            (vote_id, question) is unique.
        session_id: random, one sitting of one listener.
        rater: keyed hash of the study and the listener's random key (or the id of a participant whom a platform sent):
            joins one listener's sittings in this study, and in no other.
        consent_version: of the text that was agreed to; empty for `free` votes.
        study_hash: SHA-256 of the study's manifest and design, as `study check` prints it; empty for `free` votes.
        app_version: of audiogan.
        trial_index: the trial's place in its session, from 0, counting trials of every role.
        role: `test`, `gold`, `repeat` (a test stimulus heard again), `training`; `free` outside a study.
        stimulus: its id in the study's manifest; for `diversity` a batch's; empty for `free` votes.
        clip_sha256: of the stimulus's 16-bit PCM, without the file's header.
        label: the instrument that the sound was meant to be; empty where there is none.
        system: `real`, `anchor`, `griffin-lim`, or the name of a model or a folder of sounds.
        checkpoint_sha256: of a model's weights, or of a whole folder of sounds; empty for others.
        seed, index: of a model's clip; None for others.
        gain_db, lufs: the gain applied, and the loudness after it.
        order: the question's place within its trial, from 0.
        question: one of `SCALES` (1 to 5), `real` (one of `VERDICTS`), `naming` (a label or `CANNOT_TELL`),
            `preference` (one of `PREFERENCES`), or `diversity` (1 to 5).
        value: a whole number for scales and `diversity`, else a text.
        plays, listened_ms: of the trial's sound, of all its sounds together in `preference` and `diversity`.
        response_ms: from the first full listen to the answer. These three describe the whole trial and repeat on each
            of its rows.
        device_class: `phone`, `tablet` or `desktop`; empty where unknown.
        headphones: one of `HEADPHONES`.
        created_utc: ISO 8601 with a trailing Z.
        flags: space-separated words about what looked odd, never a reason to drop the row: `fast` (an answer within
            300 ms), `impossible` (over 2 s more than passed on the server's clock), `straight` (the same value on
            every scale of eight trials in a row).
        pitch, truncation: of the clip, None if it has none; only a model's clip has a truncation.
        other_stimulus, other_system: the second sound of a `preference`; otherwise empty.
    """

    vote_id: str
    session_id: str
    rater: str
    role: str
    system: str
    question: str
    value: int | str
    schema_version: int = SCHEMA_VERSION
    consent_version: str = ""
    study_hash: str = ""
    app_version: str = ""
    trial_index: int = 0
    stimulus: str = ""
    clip_sha256: str = ""
    label: str = ""
    checkpoint_sha256: str = ""
    seed: int | None = None
    index: int | None = None
    pitch: float | None = None
    truncation: float | None = None
    gain_db: float = 0.0
    lufs: float | None = None
    order: int = 0
    plays: int = 1
    listened_ms: int | None = None
    response_ms: int | None = None
    device_class: str = ""
    headphones: str = "unknown"
    created_utc: str = ""
    flags: str = ""
    other_stimulus: str = ""
    other_system: str = ""
    kind: str = "vote"


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """A later event that takes a session's votes, or one vote, out of the screened results. It deletes nothing.

    Attributes:
        session_id, vote_id: the session or vote; exactly one is not empty.
        reason: a sentence.
        rule: the design's rule that it broke, `gold_unanswered`, `withdrawn`, or `manual`.
        study_hash: the study concerned; empty for any.
    """

    reason: str
    rule: str
    session_id: str = ""
    vote_id: str = ""
    study_hash: str = ""
    created_utc: str = ""
    kind: str = "exclusion"


@dataclass(frozen=True, kw_only=True)
class Note:
    """A step of a sitting that was skipped because its sound could not be played. It is not a vote.

    Attributes:
        session_id, study_hash: whose, as in votes.
        reason: a sentence: the step's number in its sitting, from 0, and what was asked there.
        created_utc: ISO 8601 with a trailing Z.
    """

    session_id: str
    reason: str
    study_hash: str = ""
    created_utc: str = ""
    kind: str = "note"


@dataclass(frozen=True, kw_only=True)
class Recruited:
    """A sitting whose listener a recruitment platform sent, whether anything was answered in it or not.

    Attributes:
        session_id, study_hash: whose, as in votes.
        created_utc: ISO 8601 with a trailing Z.
    """

    session_id: str
    study_hash: str = ""
    created_utc: str = ""
    kind: str = "recruited"


@dataclass(frozen=True, kw_only=True)
class Background:
    """What a listener said about themselves. It is not a vote: it has a `said` and no `value`.

    Attributes:
        session_id, study_hash: whose, as in votes.
        asked: the question's name in the study's `questionnaire`.
        said: the choice, in the words that were shown; empty where the listener would rather not say.
        created_utc: ISO 8601 with a trailing Z.
    """

    asked: str
    said: str
    session_id: str
    study_hash: str = ""
    created_utc: str = ""
    kind: str = "background"


VOTE_COLUMNS = tuple(field.name for field in dataclasses.fields(Vote))
EXCLUSION_COLUMNS = tuple(field.name for field in dataclasses.fields(Exclusion))
NOTE_COLUMNS = tuple(field.name for field in dataclasses.fields(Note))
BACKGROUND_COLUMNS = tuple(field.name for field in dataclasses.fields(Background))
RECRUITED_COLUMNS = tuple(field.name for field in dataclasses.fields(Recruited))


def clip_hash(audio: np.ndarray) -> str:
    """SHA-256, in hexadecimal, of a clip's int16 little-endian PCM: float [time] in [-1, 1]."""
    return hashlib.sha256(to_pcm16(audio).astype("<i2").tobytes()).hexdigest()
