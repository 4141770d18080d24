"""What listeners read besides a study's own text: this package's sentences and names of instruments, translated."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from audiogan.listening.strict import check_names, text
from audiogan.text import in_words

ENGLISH = "en"
FOLDER = Path(__file__).parent / "languages"
LONGEST = 500  # characters of a translation
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_PLACE = re.compile(r"\{(\w+)\}")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@functools.cache
def sentences() -> tuple[str, ...]:
    """All that a listener may be told, in English."""
    return tuple((FOLDER / "english.txt").read_text("utf-8").splitlines())


@dataclass(frozen=True)
class Wording:
    """Sentences in a language. Called with one of `sentences()`, it gives that one with its places filled in.

    Attributes:
        language: a BCP 47 tag, such as `de` or `pt-BR`.
        texts: translations by their English; a sentence that is not there stays English.
        labels: names of instruments by their label.
    """

    language: str = ENGLISH
    texts: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    labels: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    def __call__(self, english: str, **values) -> str:
        if english not in sentences():
            raise KeyError(english)
        return _PLACE.sub(lambda place: str(values[place[1]]), self.of(english))

    def of(self, sentence: str) -> str:
        """A sentence without places, or what it is itself where it is none of `sentences()`."""
        return self.texts.get(sentence, sentence)

    def label(self, label: str) -> str:
        """An instrument's name."""
        return self.labels.get(label, in_words(label))

    @property
    def right_to_left(self) -> bool:
        return self.language.partition("-")[0] in RIGHT_TO_LEFT


def shipped() -> list[str]:
    """Languages whose sentences come with this package, English first."""
    return [ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.yaml"))]


def read_wording(row: Any) -> Wording:
    """The `language` of a study's YAML: a tag, and translations that go before those that come with this package.

    Raises:
        ValueError: a tag that is none, a sentence that is not known, lacks a translation or has places of its own.
    """
    check_names("language", row, ("tag", "texts", "labels"), required=("tag",))
    tag, base = row["tag"], of_language(row["tag"])
    texts = _translations("language.texts", row.get("texts", {}))
    labels = _translations("language.labels", row.get("labels", {}))
    for english, own in texts.items():
        _check_sentence(english, own)
    found = Wording(tag, MappingProxyType({**base.texts, **texts}), MappingProxyType({**base.labels, **labels}))
    missing = [] if tag.partition("-")[0] == ENGLISH else [one for one in sentences() if one not in found.texts]
    if missing:
        raise ValueError(
            f"language.texts lacks {missing[0]!r}{f' and {len(missing) - 1} more' * (len(missing) > 1)}: "
            f"`python -m audiogan study texts --language {tag}` prints all of them, to be translated"
        )
    return found


def of_language(tag: Any) -> Wording:
    """What comes with this package for a tag, or for its language where nothing does for the tag; else no sentence.

    Raises:
        ValueError: not a language's tag.
    """
    if not isinstance(tag, str) or not _TAG.fullmatch(tag):
        raise ValueError(f"a language must be a tag such as de or pt-BR, not {tag!r:.80}")
    for name in (tag, tag.partition("-")[0]):
        if name in shipped()[1:]:
            return Wording(tag, **yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8")))
    return Wording(tag)


def template(tag: str) -> str:
    """A study's `language` as YAML, with every sentence: in that language where it is there, else in English."""
    known = of_language(tag)
    document = {"tag": tag, "texts": {english: known.of(english) for english in sentences()}}
    if known.labels:
        document["labels"] = dict(known.labels)
    return yaml.safe_dump({"language": document}, allow_unicode=True, sort_keys=False, width=10_000)


def _translations(name: str, row: Any) -> dict[str, str]:
    if not isinstance(row, dict):
        raise ValueError(f"{name} must be a mapping, not {row!r:.80}")
    for key, value in row.items():
        if not isinstance(key, str):
            raise ValueError(f"{name} must have texts for names, not {key!r:.80}; quotes make a text of it")
        if len(text(f"{name}'s {key!r:.80}", value)) > LONGEST:
            raise ValueError(f"{name}'s {key!r:.80} must have at most {LONGEST} characters")
    return {key: value.strip() for key, value in row.items()}


def _check_sentence(english: str, own: str) -> None:
    if english not in sentences():
        raise ValueError(f"language.texts has {english!r:.80}, which no page says; `study texts` prints what it says")
    for place in sorted({*_PLACE.findall(own)} - {*_PLACE.findall(english)}):
        raise ValueError(f"language.texts has {{{place}}} for {english!r:.80}, which has no such place")
