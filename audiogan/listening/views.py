"""What a page is told about a step: its questions, and tokens for its sounds; never what made them."""

from collections import defaultdict
from statistics import fmean

from audiogan.listening import headphones, questionnaire
from audiogan.listening.design import POINTS, Question
from audiogan.listening.plan import HEADPHONE_TRIALS, UNHEARD, has_another, trial_counts
from audiogan.listening.sounds import Sounds
from audiogan.listening.store import Session
from audiogan.listening.study import REFERENCES, Study, ordered
from audiogan.listening.tokens import Tokens
from audiogan.listening.votes import CANNOT_TELL, NUMBERED, PREFERENCES
from audiogan.listening.wording import Wording

MAX_CLIPS = 12
MODULES = {
    "naming": "Which instrument is this?",
    "preference": "Which one sounds better?",
    "diversity": "How varied are these ten sounds?",
}
SYSTEMS = {
    "real": "a recording",
    "anchor": "a recording, muffled on purpose",
    "griffin-lim": "a recording, taken apart and put together again",
    "noise": "a recording under noise",
}
PREFERRED = dict(zip(PREFERENCES, ("The first", "The second", "Equally good"), strict=True))
CLIPS = {"preference": 2, "diversity": 10}  # per trial, if more than one
SECONDS_A_TRIAL, SECONDS_A_QUESTION = 1.5, 2.0  # besides the sounds, for a listener at a normal pace
SECONDS_OF_START = 15.0  # for the volume
BATCH = ("All alike", "Mostly alike", "Somewhat varied", "Varied", "Very varied")
ASKED = (
    "First you are asked {count} short questions about yourself. You need not answer; what you say is kept with the "
    "rest."
)
ASKED_ONE = ASKED.replace("questions", "question")
NAMED = (
    "The id that a platform gave you is kept with your answers, to confirm that you took part and that nobody takes "
    "part twice."
)
UNNAMED = (
    "This address names no participant, so nothing will confirm that you took part: if a platform sent you, open its "
    "link again."
)


def consent(study: Study, participant: str = "") -> dict:
    """The first screen; if a platform sends listeners, it says whether this one is identified."""
    design, counts = study.design, trial_counts(study)
    heard = {name: count * CLIPS.get(name, 1) for name, count in counts.items()}
    return {
        "stage": "consent",
        "title": design.title,
        "text": design.consent_text,
        "version": design.consent_version,
        "tasks": sum(counts.values()) - counts["training"],
        "practice": counts["training"],
        "minutes": max(1, round(_seconds(study, counts, sum(heard.values())) / 60)),
    } | ({"notice": "\n\n".join(notice)} if (notice := _notice(study, participant)) else {})


def _seconds(study: Study, counts: dict[str, int], sounds: int) -> float:
    """Approximate duration of a sitting from the consent on, in seconds."""
    design, modules = study.design, sum(counts[name] for name in MODULES)
    questions = modules + (sum(counts.values()) - modules) * len(design.questions) + len(design.questionnaire)
    listening = sounds * study.num_samples / study.sample_rate + sum(counts.values()) * SECONDS_A_TRIAL
    check = HEADPHONE_TRIALS * (headphones.INTERVALS * headphones.SECONDS + SECONDS_A_QUESTION)
    return SECONDS_OF_START + listening + questions * SECONDS_A_QUESTION + check * design.headphone_check


def _notice(study: Study, participant: str) -> list[str]:
    """What a listener agrees to in addition to the study's own text."""
    asked, say = len(study.design.questionnaire), study.design.wording
    about = say(ASKED_ONE if asked == 1 else ASKED, count=asked)
    sent = say(NAMED if participant else UNNAMED)
    return [about] * bool(asked) + [sent] * bool(study.design.recruitment)


def _about(asked: questionnaire.Asked, say: Wording) -> dict:
    """A question about the listener as the page asks it."""
    choices = [{"value": choice, "word": choice} for choice in asked.choices]
    refusal = {"value": "", "word": say(questionnaire.RATHER_NOT)}
    return {"name": asked.name, "prompt": asked.prompt, "hint": "", "choices": [*choices, refusal], "wide": True}


def step(study: Study, session: Session, number: int, tokens: Tokens, sounds: Sounds) -> dict:
    """The view of an open step."""
    what, name = session.plan[number], session.session_id
    view = {"stage": what["kind"], "token": tokens.step(name, number), "sample_rate": sounds.sample_rate}
    named = {where: tokens.clip(name, number, where) for where in places(session, number)}
    view["preload"] = [tokens.clip(name, number + 1, where) for where in places(session, number + 1)][:MAX_CLIPS]
    if what["kind"] == "headphones":
        clips = list(named.values())
        trials = [clips[at : at + headphones.INTERVALS] for at in range(0, len(clips), headphones.INTERVALS)]
        return view | {"trials": trials, "preload": [], "counts": bool(study.design.exclusions.headphones)}
    view |= {"clips": [named[where] for where in named if where != "exemplar"], "exemplar": named.get("exemplar")}
    if what["kind"] == questionnaire.KIND:
        return view | {"questions": [_about(asked, study.design.wording) for asked in study.design.questionnaire]}
    return view if what["kind"] == "level" else view | _trial(study, session, number)


def places(session: Session, number: int) -> list[str]:
    """Names of the sounds within a step."""
    if number >= len(session.plan):
        return []
    what = session.plan[number]
    if what["kind"] == "headphones":
        return [f"{trial}.{part}" for trial in range(HEADPHONE_TRIALS) for part in range(headphones.INTERVALS)]
    return [*map(str, range(len(what["clips"]))), *(["exemplar"] if what.get("exemplar") else [])]


def stimulus_at(session: Session, number: int, where: str) -> str:
    """The stimulus at one of `places`."""
    what = session.plan[number]
    return what["exemplar"] if where == "exemplar" else what["clips"][int(where)]


def trial_index(plan, number: int) -> int:
    """Index of a step among the trials of its session."""
    return sum(what["kind"] not in UNHEARD for what in plan[:number])


def scale_words(study: Study, question: str) -> tuple[str, tuple[str, ...]]:
    """The prompt of a question with a scale, `{label}` in it, and the words from 1 to 5, as listeners read them."""
    say = study.design.wording
    if question in MODULES:
        return say(MODULES[question]), tuple(map(say, BATCH))
    asked = study.design.question(question)
    return asked.prompt, asked.words


def feedback(study: Study, what: dict) -> dict:
    """After a practice trial: what the sound was, in words that name no system."""
    stimulus, say = study[what["clips"][0]], study.design.wording
    invented = "invented by another program" if stimulus.file else "invented by a network"
    made = invented if stimulus.model else SYSTEMS.get(stimulus.system, "a recording")
    text = say("It was {made}: {label}.", made=say(made), label=say.label(stimulus.label))
    return {"real": not stimulus.model, "text": text}


def done(study: Study, votes: list[dict], heard: set[str]) -> dict:
    """The last screen: thanks and the listener's own results. Systems are named only here.

    Args:
        heard: stimuli of all the listener's sittings; `more` says whether another sitting would rate none of them.
    """
    trials: dict[int, dict] = {}
    say = study.design.wording
    for vote in votes:
        trial = trials.setdefault(vote["trial_index"], {"role": vote["role"], "system": vote["system"], "values": {}})
        made = [_made(system, say) for system in (vote["system"], vote["other_system"]) if system]
        trial |= {"label": say.label(vote["label"]), "made": " / ".join(made)}
        trial["values"][vote["question"]] = vote["value"]
    rated = [trial for trial in trials.values() if trial["role"] in ("test", "repeat")]
    judged = _judged(rated) | {"uncounted": _uncounted(trials.values(), say)}
    shown = [trial | {"values": _in_words(trial["values"], say)} for trial in rated]
    told = {"stage": "done", "systems": _by_system(study, rated), "trials": shown, "judged": judged}
    return told | {"more": has_another(study, heard)}


def completion(study: Study, completed: bool) -> dict:
    """What a recruited listener is shown at the end; `completion` is None if too little was answered."""
    recruitment = study.design.recruitment
    given = {"url": recruitment.completion_url, "code": recruitment.completion_code}
    return {"recruited": True, "completion": given if completed else None}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _trial(study: Study, session: Session, number: int) -> dict:
    plan, what = session.plan, session.plan[number]
    alike = [at for at, other in enumerate(plan) if (other.get("role") == "training") == (what["role"] == "training")]
    alike = [at for at in alike if plan[at]["kind"] not in UNHEARD]
    say, unnamed = study.design.wording, what["kind"] in ("naming", "diversity")
    label = None if unnamed else say.label(study[what["clips"][0]].label)
    return {
        "practice": what["role"] == "training",
        "number": alike.index(number) + 1,
        "total": len(alike),
        "label": label,
        "questions": _questions(study, what["kind"], label),
    }


def _questions(study: Study, kind: str, label: str | None) -> list[dict]:
    say = study.design.wording
    if kind == "rating":
        return [_asked(question, label, say) for question in study.design.questions]
    instruments = {name: say.label(name) for name in study.labels} | {CANNOT_TELL: say(CANNOT_TELL)}
    choices = {
        "naming": [{"value": name, "word": _capital(word)} for name, word in instruments.items()],
        "preference": [{"value": value, "word": say(word)} for value, word in PREFERRED.items()],
        "diversity": _scale(map(say, BATCH)),
    }
    about = {"name": kind, "prompt": say(MODULES[kind]), "hint": "", "choices": choices[kind]}
    return [about | {"exemplar": False, "cued": False}]


def _asked(question: Question, label: str, say: Wording) -> dict:
    """A question as the page asks it; `cued` if it reveals what the sound is meant to be."""
    words = [{"value": word, "word": _capital(say(word))} for word in question.words if question.kind == "choice"]
    return {
        "name": question.name,
        "prompt": question.prompt.replace("{label}", label),
        "hint": question.hint,
        "choices": words or _scale(question.words),
        "exemplar": question.exemplar,
        "cued": "{label}" in question.prompt or question.exemplar,
    }


def _scale(words) -> list[dict]:
    return [{"value": value, "word": word} for value, word in zip(range(1, POINTS + 1), words, strict=True)]


def _by_system(study: Study, rated: list[dict]) -> list[dict]:
    groups = defaultdict(list)
    for trial in rated:
        if not MODULES.keys() & trial["values"].keys():
            groups[trial["system"]].append(trial["values"])
    say = study.design.wording
    return [{"made": _made(name, say), "heard": len(groups[name])} | _means(groups[name]) for name in ordered(groups)]


def _made(system: str, say: Wording) -> str:
    return say(SYSTEMS[system]) if system in SYSTEMS else system


def _in_words(values: dict, say: Wording) -> dict:
    """A trial's answers as its listener reads them, by the questions' names."""
    return {say(name): _answer(name, value, say) for name, value in values.items()}


def _answer(question: str, value: int | str, say: Wording) -> int | str:
    if question in NUMBERED:
        return value
    if question == "naming" and value != CANNOT_TELL:
        return say.label(value)
    return say(PREFERRED.get(value, value))


def _means(values: list[dict]) -> dict:
    qualities = [one["quality"] for one in values if "quality" in one]
    verdicts = [one["real"] for one in values if "real" in one]
    return {
        "quality": round(fmean(qualities), 1) if qualities else None,
        "called_real": round(100 * verdicts.count("real") / len(verdicts)) if verdicts else None,
    }


def _judged(rated: list[dict]) -> dict:
    """How often the listener told recordings from inventions."""
    verdicts = [
        (trial["values"]["real"] == "real", trial["system"] in REFERENCES)
        for trial in rated
        if "real" in trial["values"]
    ]
    return {"right": sum(said == was for said, was in verdicts), "of": len(verdicts)}


def _uncounted(trials, say: Wording) -> list[str]:
    """How many trials `_judged` leaves out, and why."""
    others = sum(trial["role"] in ("test", "repeat") and "real" not in trial["values"] for trial in trials)
    roles = [trial["role"] for trial in trials]
    found = {
        "{count} for practice": roles.count("training"),
        "{count} to check the listening": roles.count("gold"),
        "{count} with other questions": others,
    }
    return [say(sentence, count=count) for sentence, count in found.items() if count]
