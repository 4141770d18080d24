"""Any folder of audio: its sub-folders are the labels, and every file that libsndfile reads is a source."""

import hashlib
import heapq
import os
import unicodedata
from pathlib import Path

from audiogan.config import ModelConfig
from audiogan.dataset import check_file_names
from training.data.clips import ClipFormat, DataSetWriter
from training.data.recordings import MAX_CROPS, Recording, Skipped, write_recordings
from training.data.tree import EXTENSIONS, find

TEST_FRACTION = 0.1
LOOSE = "lies beside labelled sub-folders, not in one"


def prepare(
    folder,
    out,
    form: ClipFormat,
    max_crops: int = MAX_CROPS,
    workers: int | None = None,
    share: float = TEST_FRACTION,
) -> tuple[int, list[Skipped]]:
    """Decode, cut and write every audio file below a folder.

    Args:
        max_crops: maximum clips per file.
        workers: processes; by default one per core.
        share: of each label's files that give clips, held out for test.

    Returns:
        The number of clips written, and the files that gave none.

    Raises:
        ValueError: the folder is missing or holds no usable audio, a sub-folder's name cannot be a label or differs
            from another only by case or spaces, `out` exists, or the share is not between 0 and 1.
    """
    folder = Path(folder)
    if not 0 < share < 1:
        raise ValueError(f"--held-out must be a share above 0 and below 1, not {share:g}")
    if not folder.is_dir():
        raise ValueError(f"audio folder {folder} is missing")
    names, skipped = find(folder)
    if not names:
        why = "".join(f": {first.source} {first.reason}" for first in skipped[:1])
        raise ValueError(f"{folder} holds no audio file ({', '.join(sorted(EXTENSIONS))}){why}")
    labels = tuple(sorted({_first(name) for name in names if "/" in name}))
    ModelConfig("any", labels=labels)  # checks the names
    check_file_names(labels)
    skipped += [Skipped(name, LOOSE) for name in names if labels and "/" not in name]
    skipped += [Skipped(ascii(name), "has a name that is not Unicode") for name in names if not _is_unicode(name)]
    names = [name for name in names if (not labels or "/" in name) and _is_unicode(name)]
    recordings = (Recording(f"{folder}/{name}", name, _first(name) if labels else "") for name in names)
    with DataSetWriter(out, form, labels, f"folder: {called(folder)}") as writer:
        unused = write_recordings(writer, recordings, len(names), max_crops, workers)
        without = {item.source for item in unused}
        writer.hold_out(held_out([name for name in names if name not in without], share))
    return writer.count, skipped + unused


def called(folder: Path) -> str:
    """A folder's name, as shown on cards."""
    return "".join(letter if letter.isprintable() else "?" for letter in folder.resolve().name)


def held_out(names: list[str], share: float = TEST_FRACTION) -> set[str]:
    """A share of each label's files, chosen by a hash of their names: at least one of two or more, and never all."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_first(name), []).append(name)
    test = set()
    for group in groups.values():
        count = min(max(1, round(share * len(group))), len(group) - 1)
        test.update(heapq.nsmallest(count, group, key=lambda name: hashlib.sha256(os.fsencode(name)).digest()))
    return test


def _is_unicode(name: str) -> bool:
    """Whether a file's name is Unicode, as the index needs: file systems accept any bytes."""
    return os.fsencode(name) == name.encode(errors="replace")


def _first(name: str) -> str:
    """The sub-folder that a file is in, or empty; normalised, since a Mac may store an accent as its own character."""
    return unicodedata.normalize("NFC", name.partition("/")[0]) if "/" in name else ""
