"""Read untrusted zip archives: every member is checked before one is read, and none is written to the disk."""

import functools
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

MEMBER_BYTES, TOTAL_BYTES = 2**26, 2**35  # unpacked: 64 MiB, 32 GiB
UNUSUAL = 0x1 | 0x20 | 0x40  # flags: encrypted, a patch, strongly encrypted
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
RESOURCE_FORKS = "__MACOSX"  # added by a Mac when it packs


def members(path: Path) -> dict[str, str]:
    """The files of an archive: names without folders to names with folders.

    Raises:
        ValueError: not a whole zip archive, or an unsafe member: it lies outside the archive's folder, is not a plain
            file, is there twice, is packed in an unusual way, or would be too large unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a whole zip archive: {error}") from None
    for info in infos:
        if fault := _fault(info):
            raise ValueError(f"{path} is refused: its member {info.orig_filename!r} {fault}")
    if sum(info.file_size for info in infos) > TOTAL_BYTES:
        raise ValueError(f"{path} is refused: it would be more than {TOTAL_BYTES / 2**30:.0f} GiB unpacked")
    found: dict[str, str] = {}
    for info in infos:
        name = PurePosixPath(info.filename)
        if info.is_dir() or RESOURCE_FORKS in name.parts:
            continue
        if name.name in found:
            raise ValueError(f"{path} is refused: its member {name.name!r} is there twice")
        found[name.name] = info.filename
    return found


def read_member(path: Path, member: str) -> bytes:
    """Unpack a member into memory; no more than the size it declares is ever read.

    Raises:
        ValueError: it is damaged.
    """
    try:
        return _opened(path).read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError) as error:
        raise ValueError(f"{member} cannot be unpacked: {error}") from None


@functools.lru_cache(maxsize=4)
def _opened(path: Path) -> zipfile.ZipFile:
    """Opened once per process, so that the list of members is read once."""
    return zipfile.ZipFile(path)


def _fault(info: zipfile.ZipInfo) -> str:
    """Why a member cannot be trusted; empty if it can."""
    name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
    if "\0" in name or "\\" in name or name.startswith("/") or PureWindowsPath(name).drive:
        return "has a path that is not relative"
    if ".." in PurePosixPath(name).parts:
        return "leads out of the folder"
    if kind not in (0, stat.S_IFDIR if info.is_dir() else stat.S_IFREG):
        return "is a link or a device, not a file"
    if info.flag_bits & UNUSUAL or info.compress_type not in METHODS:
        return "is encrypted or packed by an unusual method"
    if info.file_size > MEMBER_BYTES:
        return f"would be more than {MEMBER_BYTES / 2**20:.0f} MiB unpacked"
    return ""
