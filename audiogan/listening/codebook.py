"""Codebook in Markdown: the columns of votes and results, and what a methods section needs to know about a study."""

from collections import Counter
from collections.abc import Iterator, Sequence

from audiogan.listening import votes
from audiogan.listening.numbers import Number
from audiogan.listening.plan import REPEAT_DISTANCE, trial_counts
from audiogan.listening.questionnaire import RATHER_NOT
from audiogan.listening.study import Stimulus, Study
from audiogan.listening.views import MODULES, SYSTEMS, scale_words
from audiogan.listening.votes import Background, Exclusion, Note, Recruited, Vote

NAMES = ("SCHEMA_VERSION", "HEADPHONES", "SCALES", "VERDICTS", "PREFERENCES", "CANNOT_TELL")  # used in docstrings
STUDY_ROWS = (
    "- `study_hash`: the study, as in votes",
    "- `title`: the study's title",
    "- `minimum_raters`: results of a system with fewer raters are preliminary",
)
RECRUITED = (
    "One row per sitting of a listener whom a recruitment platform sent. Only `ratings export --participants` has the "
    "column `participant`, the platform's id, on all rows of the sitting, until its listener withdraws."
)
ORDER = (
    "Test clips: all systems equally often, give or take one. Of each system, the listener gets the least rated clips "
    "that they have not had before, with labels spread as evenly as possible and ties broken at random.",
    "Order: practice first, alternately real and invented, invented ones from each system in turn; then random blocks "
    "in which every system comes once, none twice in a row; gold trials at random places after the first trial and "
    f"repeats at least {REPEAT_DISTANCE} trials after the clip, both between other systems where there is room; "
    "naming, preference and diversity last, from each system, or pair of systems, in turn, with clips drawn at random "
    "(for naming, first those that the listener has not had). Each listener's order is drawn separately.",
)


def codebook(studies: Sequence[Study] = (), public: bool = False) -> str:
    """Explain each column, and how each study was made and run.

    Args:
        public: leave out the pool's seed and the hashes of data and models, with which anyone could regenerate and
            recognise the clips while the study runs.
    """
    lines = ["# Codebook", "", "An export of votes has one row per event: `kind` is `vote`,"]
    lines[-1] += " `exclusion`, `note`, `recruited`, `background` or `study`. Only rows of kind `vote` are answers."
    lines += ["", "## Votes", "", *_columns(Vote)]
    lines += ["", "## Exclusions", "", "Screened results leave out the session or vote that an exclusion names."]
    lines += ["", *_columns(Exclusion), "", "## Notes", ""]
    lines += ["A note records a step that was skipped because its sound could not be played."]
    lines += ["", *_columns(Note), "", "## Recruited sittings", "", RECRUITED, "", *_columns(Recruited)]
    lines += ["", "## Background of listeners", "", "One row per question about the listener at a sitting's start,"]
    lines[-1] += " answered or not. These are not answers about a sound; results only count them."
    lines += ["", *_columns(Background)]
    lines += ["", "## Study rows", "", *STUDY_ROWS]
    lines += ["", "## Results", "", "`results.csv` and `results.jsonl` have one number per row.", "", _reckoned()]
    lines += ["", *_columns(Number)]
    for study in studies:
        lines += [
            "",
            f"## Study {study.hash}: {study.design.title}",
            "",
            *(f"- {line}" for line in _study(study, public)),
        ]
    return "\n".join(lines) + "\n"


def _study(study: Study, public: bool) -> Iterator[str]:
    manifest, design = study.manifest, study.design
    yield f"systems: {', '.join(study.systems if public else (_system(study, system) for system in study.systems))}"
    yield f"labels: {', '.join(study.labels)}"
    counts = sorted(set(Counter((one.system, one.label) for one in study.of_role("test")).values()))
    yield f"test clips of each system and label: {' or '.join(map(str, counts))}"
    yield f"clips: {study.num_samples} samples at {study.sample_rate} Hz, loudness {manifest.get('loudness_lufs')} LUFS"
    if not public:
        data = manifest.get("data", {})
        yield f"real clips: held-out ones of {data.get('source')} ({data.get('sha256')})"
        yield f"seed of the pool: {manifest.get('seed')}, frozen by audiogan {manifest.get('audiogan')}"
    yield f"trials of a sitting: {', '.join(f'{name} {count}' for name, count in trial_counts(study).items())}"
    yield f"headphone check: {'yes' if design.headphone_check else 'no'}"
    yield from ORDER
    yield f"minimum_raters: {design.minimum_raters}"
    yield f"language of the page: {design.wording.language}"
    for asked in design.questionnaire:
        yield f"asked of listeners, `{asked.name}`: {asked.prompt} ({', '.join((*asked.choices, RATHER_NOT))})"
    if design.recruitment:
        yield f"recruitment: the address's parameter {design.recruitment.parameter} names a participant, each once"
    yield from (f"rule {name}: {'off' if value is None else value}" for name, value in vars(design.exclusions).items())
    yield f"consent, version {design.consent_version}: {' '.join(design.consent_text.split())}"
    counts = trial_counts(study)
    if counts["training"] + counts["test"]:
        yield from (f"`{it.name}`: {_asked(it)} {_answers(it)}" for it in design.questions)
    yield from (f"`{name}`: {_module(study, name)}" for name in MODULES if counts[name])
    yield from sorted({f"gold: {_gold(one)}" for one in study.of_role("gold") if counts["gold"]})


def _reckoned() -> str:
    """How the intervals of the results are computed."""
    from audiogan.listening.statistics.intervals import FEWEST_CLIPS, LEVEL

    return (
        f"Intervals are of {100 * LEVEL:g} %. For `mean`, `called_real`, `named_right` and `difference` they are "
        f"Student's t, over raters and clips (two-way clustered variance) where a system has {FEWEST_CLIPS} clips or "
        "more, else over raters; where all answers agree, a share has Wilson's interval and a mean has none. For "
        "`error`, `d_prime` and `criterion` they are the same on the votes' influences, all votes pooled (votes of a "
        "side that all agree reach as far as Wilson's interval over raters, and reaches add in squares); likewise for "
        "`strength` and for differences of strengths, with the clips of both sides."
    )


def _system(study: Study, system: str) -> str:
    """A system's name, with the SHA-256 of its weights and the origin of its sounds and labels where known."""
    one = next(one for one in study.of_role("test") if one.system == system)
    made = study.manifest.get("models", {}).get(system, {})
    of = [f"{made.get('files')} files of a folder"] if one.file else []
    of += [one.checkpoint_sha256] if one.checkpoint_sha256 else []
    of += [f"labels by classifier {made.get('classifier_sha256')}"] if made.get("label_by") == "classifier" else []
    return f"{system} ({', '.join(of)})" if of else system


def _columns(kind: type) -> list[str]:
    """Column names and meanings, from a docstring's `Attributes:`."""
    text = (kind.__doc__ or "").partition("Attributes:\n")[2]
    entries: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        if line.startswith(" " * 12):
            entries[-1] += f" {line.strip()}"
        else:
            names, _, meaning = line.strip().partition(": ")
            entries.append(f"- `{names}`: {meaning}")
    return list(map(_spelt, entries))


def _spelt(text: str) -> str:
    """The text with each of `NAMES` replaced by its values."""
    for name in NAMES:
        value = getattr(votes, name)
        values = value if isinstance(value, tuple) else (value,)
        text = text.replace(f"`{name}`", ", ".join(f"`{one}`" for one in values))
    return text


def _asked(question) -> str:
    """What a listener reads with a question, apart from its answers."""
    exemplar = "A real recording of the instrument is offered beside it." if question.exemplar else ""
    return " ".join(filter(None, (question.prompt, question.hint, exemplar)))


def _module(study: Study, name: str) -> str:
    """A module's question as a listener reads it, and its answers."""
    if name == "diversity":
        prompt, words = scale_words(study, name)
        return f"{prompt} ({', '.join(f'{at} {word}' for at, word in enumerate(words, 1))})"
    answers = (*study.labels, votes.CANNOT_TELL) if name == "naming" else votes.PREFERENCES
    return f"{study.design.wording(MODULES[name])} ({', '.join(answers)})"


def _gold(one: Stimulus) -> str:
    """A gold trial's sound, and the answers that pass."""
    passes = "; ".join(f"{question} {' or '.join(map(str, values))}" for question, values in one.expected.items())
    return f"{SYSTEMS.get(one.system, one.system)}, which passes with {passes}"


def _answers(question) -> str:
    words = enumerate(question.words, 1) if question.kind == "scale" else [("", word) for word in question.words]
    return "(" + ", ".join(f"{number} {word}".strip() for number, word in words) + ")"
