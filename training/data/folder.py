"""Any folder of audio: its sub-folders are the labels, every file that libsndfile reads is a source."""

import hashlib
from pathlib import Path

from audiogan.config import ModelConfig
from training.data.clips import ClipFormat, DataSetWriter
from training.data.recordings import MAX_CROPS, Recording, Skipped, write_recordings

EXTENSIONS = {
    ".wav",
    ".flac",
    ".ogg",
    ".oga",
    ".opus",
    ".mp3",
    ".aif",
    ".aiff",
    ".aifc",
    ".au",
    ".caf",
    ".w64",
    ".rf64",
}
TEST_FRACTION = 0.1


def prepare(
    folder, out, form: ClipFormat, max_crops: int = MAX_CROPS, workers: int | None = None
) -> tuple[int, list[Skipped]]:
    """Decode, cut and write every audio file below a folder.

    Args:
        max_crops: the most clips of one file.
        workers: processes; by default one a core.

    Returns:
        The number of clips written and the files that gave none.

    Raises:
        ValueError: the folder is missing, holds no usable audio, a sub-folder's name cannot be a label, or
            `out` exists.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"audio folder {folder} is missing")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in EXTENSIONS)
    if not files:
        raise ValueError(f"{folder} holds no audio file ({', '.join(sorted(EXTENSIONS))})")
    labels = _labels(folder, files)
    ModelConfig("any", labels=labels)  # checks the names
    loose = [path for path in files if labels and path.parent == folder]
    files = [path for path in files if path not in set(loose)]
    skipped = [Skipped(path.name, "lies beside labelled sub-folders, not in one") for path in loose]
    names = [path.relative_to(folder) for path in files]
    test = held_out(names, bool(labels))
    recordings = [
        Recording(
            folder / name,
            source=name.as_posix(),
            label=name.parts[0] if labels else "",
            split="test" if name in test else "train",
        )
        for name in names
    ]
    with DataSetWriter(out, form, labels, f"folder: {folder.resolve().name}") as writer:
        skipped += write_recordings(writer, recordings, max_crops, workers)
    return writer.count, skipped


def held_out(names: list[Path], labelled: bool) -> set[Path]:
    """A tenth of each label's files, at least one of two or more, chosen by a hash of their names."""
    groups: dict[str, list[Path]] = {}
    for name in names:
        groups.setdefault(name.parts[0] if labelled else "", []).append(name)
    test = set()
    for group in groups.values():
        count = max(1, round(TEST_FRACTION * len(group))) if len(group) > 1 else 0
        test |= set(sorted(group, key=lambda name: hashlib.sha256(name.as_posix().encode()).digest())[:count])
    return test


def _labels(folder: Path, files: list[Path]) -> tuple[str, ...]:
    return tuple(sorted({path.relative_to(folder).parts[0] for path in files if path.parent != folder}))
