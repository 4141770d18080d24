"""The design of a study, read from `study.yaml`: questions, numbers of trials, checks and exclusion rules."""

import dataclasses
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import yaml

from audiogan.listening.questionnaire import Asked, read_questionnaire
from audiogan.listening.recruitment import Recruitment, read_recruitment
from audiogan.listening.store import schema
from audiogan.listening.strict import check_names, flag, text, whole
from audiogan.listening.votes import SCALES, VERDICTS
from audiogan.listening.wording import Wording, read_wording

FORMAT = 1
KINDS = dict.fromkeys(SCALES, "scale") | {"real": "choice"}  # kind of each question that the results cover
POINTS = 5  # of a scale, as in ITU-T P.800
MAX_BYTES = 200_000
NOT_PASSED = "not passed"  # of `Exclusions.headphones`


@dataclass(frozen=True)
class Question:
    """One question of a test trial.

    Attributes:
        name: one of `KINDS`, as in votes.
        kind: `scale`, answered 1 to 5, or `choice`, answered with one of `words`.
        prompt: the question; `{label}` stands for the instrument's name.
        words: a scale's words from 1 to 5, or a choice's answers as stored.
        hint: a line under the prompt.
        exemplar: whether a real recording of the same instrument is offered beside it.
    """

    name: str
    kind: str
    prompt: str
    words: tuple[str, ...]
    hint: str = ""
    exemplar: bool = False


@dataclass(frozen=True)
class Trials:
    """Number of trials of each role in a session; a `repeat` trial plays a test stimulus again."""

    training: int = 4
    test: int = 16
    gold: int = 2
    repeat: int = 2


@dataclass(frozen=True)
class Modules:
    """Number of trials of each optional module in a session; 0 leaves it out."""

    naming: int = 0
    preference: int = 0
    diversity: int = 0


@dataclass(frozen=True)
class Exclusions:
    """Rules for excluding a session, fixed before the first vote. None turns a rule off.

    Attributes:
        max_gold_failed: most wrong gold trials allowed; with fewer than there are, one has to be answered.
        max_repeat_difference: largest mean absolute difference between first and repeated answers, scale points.
        min_standard_deviation: smallest standard deviation of a session's test answers on scales (straight-lining).
        min_response_ms: smallest median time from the end of a sound to an answer.
        min_test_trials: fewest finished test trials.
        headphones: true excludes listeners who failed the headphone check; `not passed` excludes all who did not pass
            it, also for want of headphones; false only tags their votes.
    """

    max_gold_failed: int | None = 1
    max_repeat_difference: float | None = 1.5
    min_standard_deviation: float | None = 0.3
    min_response_ms: int | None = 300
    min_test_trials: int | None = None
    headphones: bool | str = False


@dataclass(frozen=True)
class Design:
    """Everything that is decided before the first vote.

    Attributes:
        consent_version, consent_text: the text a listener agrees to.
        headphone_check: offer the Huggins pitch check, and tag votes with its outcome.
        exclusions: who is left out of the screened results.
        minimum_raters: results from fewer raters are preliminary.
        recruitment: None unless a platform sends the listeners.
        questionnaire: what listeners are asked about themselves.
        wording: the page's own sentences, in the study's language.
        document: the YAML's content as JSON types, which `Study.hash` covers.
    """

    title: str
    consent_version: str
    consent_text: str
    questions: tuple[Question, ...]
    trials: Trials
    modules: Modules
    headphone_check: bool
    exclusions: Exclusions
    minimum_raters: int
    document: MappingProxyType = field(repr=False, compare=False)
    recruitment: Recruitment | None = None
    questionnaire: tuple[Asked, ...] = ()
    wording: Wording = field(default_factory=Wording)

    def question(self, name: str) -> Question:
        """The question of that name."""
        return next(question for question in self.questions if question.name == name)


def read_design(source: str) -> Design:
    """Parse a study's YAML strictly.

    Raises:
        ValueError: not YAML, a missing or unknown name, or a value of the wrong kind; one sentence.
    """
    if len(source) > MAX_BYTES:
        raise ValueError(f"study.yaml is larger than {MAX_BYTES} bytes")
    try:
        document = yaml.safe_load(source)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"study.yaml is not YAML: {' '.join(str(error).split())}") from None
    return _design(document)


def _design(document: Any) -> Design:
    names = ("format", "title", "consent", "questions", "trials", "modules", "checks", "exclusions", "minimum_raters")
    check_names("study.yaml", document, (*names, "recruitment", "questionnaire", "language"), required=names)
    if document["format"] != FORMAT:
        raise ValueError(f"study.yaml's format must be {FORMAT}, not {document['format']!r}")
    consent, checks = document["consent"], document["checks"]
    check_names("consent", consent, ("version", "text"), required=("version", "text"))
    check_names("checks", checks, ("headphones",), required=("headphones",))
    return Design(
        title=text("title", document["title"]),
        consent_version=_consent_version(consent["version"]),
        consent_text=text("consent text", consent["text"]),
        questions=_questions(document["questions"]),
        trials=_numbers(Trials, "trials", document["trials"]),
        modules=_numbers(Modules, "modules", document["modules"]),
        headphone_check=flag("checks.headphones", checks["headphones"]),
        exclusions=_exclusions(document["exclusions"]),
        minimum_raters=whole("minimum_raters", document["minimum_raters"], 1),
        document=MappingProxyType(document),
        recruitment=read_recruitment(document["recruitment"]) if "recruitment" in document else None,
        questionnaire=read_questionnaire(document["questionnaire"]) if "questionnaire" in document else (),
        wording=read_wording(document["language"]) if "language" in document else Wording(),
    )


def _consent_version(value: Any) -> str:
    return schema.check("consent version", text("consent version", value), schema.votes.c.consent_version)


def _questions(rows: Any) -> tuple[Question, ...]:
    if not isinstance(rows, list) or not rows:
        raise ValueError("study.yaml's questions must be a list of at least one")
    questions = tuple(map(_question, rows))
    names = [question.name for question in questions]
    if len(set(names)) < len(names):
        raise ValueError(f"study.yaml's questions must have different names, not {', '.join(names)}")
    return questions


def _question(row: Any) -> Question:
    names = tuple(item.name for item in dataclasses.fields(Question))
    check_names("a question", row, names, required=("name", "kind", "prompt", "words"))
    name, words = text("a question's name", row["name"]), row["words"]
    if name not in KINDS:
        raise ValueError(f"a question's name must be one of {', '.join(KINDS)}, not {name!r:.80}")
    if row["kind"] != KINDS[name]:
        raise ValueError(f"question {name}'s kind must be {KINDS[name]}, not {row['kind']!r:.80}")
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise ValueError(f"question {name}'s words must be a list of texts, not {words!r}")
    if row["kind"] == "scale" and not len(set(words)) == len(words) == POINTS:
        raise ValueError(f"question {name}'s words must be {POINTS} different texts, not {', '.join(words):.80}")
    if row["kind"] == "choice" and sorted(words) != sorted(VERDICTS):
        raise ValueError(f"question {name}'s words must be {' and '.join(VERDICTS)}, not {', '.join(words):.80}")
    return Question(
        name=name,
        kind=row["kind"],
        prompt=text(f"question {name}'s prompt", row["prompt"]),
        words=tuple(words),
        hint=text(f"question {name}'s hint", row.get("hint", ""), empty=True),
        exemplar=flag(f"question {name}'s exemplar", row.get("exemplar", False)),
    )


def _exclusions(row: Any) -> Exclusions:
    names = [item.name for item in dataclasses.fields(Exclusions)]
    check_names("exclusions", row, names)
    for name, value in row.items():
        if name == "headphones":
            if not isinstance(value, bool) and value != NOT_PASSED:
                raise ValueError(f"exclusions.headphones must be true, false or {NOT_PASSED!r}, not {value!r:.80}")
        elif value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0):
            raise ValueError(f"exclusions.{name} must be a number from 0 up, or null, not {value!r}")
    return Exclusions(**row)


def _numbers(kind: type, name: str, row: Any):
    check_names(name, row, [item.name for item in dataclasses.fields(kind)])
    return kind(**{key: whole(f"{name}.{key}", value, 0) for key, value in row.items()})
