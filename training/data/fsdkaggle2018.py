"""FSDKaggle2018 (Zenodo record 2552860): 11,073 Freesound clips of 41 labels, with its official train and test split.

The archives are read in place: clips go from the zip through memory into the data set, without unpacking to the disk.
"""

from collections.abc import Sequence
from pathlib import Path

from audiogan.folders import refuse_existing
from training.data.archive import members
from training.data.clips import ClipFormat, DataSetWriter
from training.data.download import Archive, Downloader, is_whole
from training.data.fsdkaggle2018_tables import Choice, Row, read_rows
from training.data.recordings import MAX_CROPS, Recording, Skipped, write_recordings

BASE = "https://zenodo.org/records/2552860/files"
CACHE = Path("~/.cache/audiogan/fsdkaggle2018")
META = Archive("FSDKaggle2018.meta.zip", "f16828ac8be0e5285b9175a12f90d784")
AUDIO = {
    "train": Archive("FSDKaggle2018.audio_train.zip", "a8b47ff4b52022c178f88fa5c6f080d0"),
    "test": Archive("FSDKaggle2018.audio_test.zip", "f85c8665c3fc39311ea1b748e194a81d"),
}
ARCHIVES = (META, AUDIO["test"], AUDIO["train"])
ATTRIBUTION = ("fname", "freesound_id", "licence", "url")
MAX_SECONDS = 60.0  # the longest clip has 30


def download(folder: Path | None = None, base: str | None = None) -> Path:
    """Download and verify the record's archives in a folder (by default a cache in the home folder); return it.

    Raises:
        ValueError: they cannot be downloaded.
    """
    folder = folder or CACHE.expanduser()
    Downloader(base or BASE).fetch(ARCHIVES, folder)
    return folder


def verify(folder: Path, checksums: bool = True) -> None:
    """Raise ValueError if a folder lacks an archive or, with `checksums`, has another than the published one."""
    missing = [archive.name for archive in ARCHIVES if not (folder / archive.name).is_file()]
    if missing:
        raise ValueError(f"--from-dir {folder} lacks {', '.join(missing)}")
    for archive in ARCHIVES if checksums else ():
        if not is_whole(folder / archive.name, archive.md5):
            raise ValueError(
                f"{folder / archive.name} is not the published archive (MD5 {archive.md5}): download it again, "
                "or pass --skip-checksums if it was repacked"
            )


def prepare(
    archives: Path, out, form: ClipFormat, choice: Choice, max_crops: int = MAX_CROPS, workers: int | None = None
) -> tuple[int, list[Skipped]]:
    """Decode, cut and write the chosen clips, with an `attribution.csv` of those used.

    Args:
        archives: the folder with the zip files.
        max_crops: maximum clips per recording.
        workers: processes; by default one per core.

    Returns:
        The number of clips written, and the recordings and labels that gave none.

    Raises:
        ValueError: an archive is damaged or hostile, a table is not as published, the choice leaves no clip, or
            `out` exists.
    """
    refuse_existing(out)
    rows = [row for row in read_rows(archives / META.name) if choice.takes(row)]
    recordings, skipped = _find(rows, archives)
    with DataSetWriter(out, form, choice.labels, f"fsdkaggle2018: Zenodo record 2552860, {choice}") as writer:
        skipped += write_recordings(writer, recordings, len(recordings), max_crops, workers)
        unused = {item.source for item in skipped}
        used = [row for row in rows if _source(row) not in unused]
        writer.add_table("attribution.csv", ATTRIBUTION, [row.attribution() for row in used])
    heard = {row.label for row in used}
    return writer.count, skipped + [Skipped(name, "has no clip") for name in choice.labels if name not in heard]


def _source(row: Row) -> str:
    """A clip's path in the unpacked archives, such as `FSDKaggle2018.audio_train/00044347.wav`."""
    return f"{Path(AUDIO[row.split].name).stem}/{row.fname}"


def _find(rows: Sequence[Row], archives: Path) -> tuple[list[Recording], list[Skipped]]:
    """The recording of each row, and the rows whose clip is missing."""
    found = {split: members(archives / archive.name) for split, archive in AUDIO.items()}
    recordings, skipped = [], []
    for row in rows:
        path, member = archives / AUDIO[row.split].name, found[row.split].get(row.fname)
        if member:
            recordings.append(Recording(path, _source(row), row.label, row.split, row.licence, member, MAX_SECONDS))
        else:
            skipped.append(Skipped(_source(row), f"is not in {path.name}"))
    return recordings, skipped
