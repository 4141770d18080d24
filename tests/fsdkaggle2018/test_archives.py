"""Archives that would leave their folder, fill the disk, or are damaged."""

import stat
import zipfile

import pytest

from training.data import archive
from training.data.archive import members

from .conftest import hiss, pack, prepare, wav


def linked(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (mode | 0o644) << 16
    return info


class TestHostileArchives:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("../x.wav", "leads out"),
            ("a/../../x.wav", "leads out"),
            ("/etc/x.wav", "not relative"),
            ("C:/x.wav", "not relative"),
            ("..\\x.wav", "not relative"),
            (linked("x.wav", stat.S_IFLNK), "link or a device"),
            (linked("x.wav", stat.S_IFCHR), "link or a device"),
            (linked("x.wav", stat.S_IFIFO), "link or a device"),
        ],
    )
    def test_members_that_could_leave_the_folder(self, zips, tmp_path, name, reason):
        pack(zips / "FSDKaggle2018.audio_train.zip", {"0000aaaa.wav": wav(hiss(0)), name: b"/etc/passwd"})
        before = set(tmp_path.rglob("*"))
        with pytest.raises(ValueError, match=f"is refused.*{reason}"):
            prepare(zips, tmp_path / "out")
        assert set(tmp_path.rglob("*")) == before

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    @pytest.mark.parametrize("second", ["a/x.wav", "b/x.wav"])
    def test_names_that_are_there_twice(self, tmp_path, second):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
            file.writestr("a/x.wav", b"1")
            file.writestr(second, b"2")
        with pytest.raises(ValueError, match="there twice"):
            members(tmp_path / "x.zip")

    def test_bombs(self, tmp_path, monkeypatch):
        pack(tmp_path / "x.zip", {"a.wav": bytes(archive.MEMBER_BYTES + 1)})
        with pytest.raises(ValueError, match="more than 64 MiB unpacked"):
            members(tmp_path / "x.zip")
        monkeypatch.setattr(archive, "TOTAL_BYTES", 5000)
        pack(tmp_path / "y.zip", {f"{number}.wav": bytes(1000) for number in range(6)})
        with pytest.raises(ValueError, match="unpacked"):
            members(tmp_path / "y.zip")

    def test_a_member_larger_than_it_says_is_not_read_further(self, tmp_path):
        pack(tmp_path / "x.zip", {"a.wav": bytes(100_000)})
        data = (tmp_path / "x.zip").read_bytes()
        (tmp_path / "x.zip").write_bytes(data.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
        with pytest.raises(ValueError, match="cannot be unpacked: Bad CRC"):
            archive.read_member(tmp_path / "x.zip", members(tmp_path / "x.zip")["a.wav"])

    @pytest.mark.parametrize("flag", [0x1, 0x20, 0x40])
    def test_members_that_need_more_than_unpacking(self, tmp_path, flag):
        pack(tmp_path / "x.zip", {"a.wav": b"1"})
        data = bytearray((tmp_path / "x.zip").read_bytes())
        data[data.find(b"PK\x03\x04") + 6] |= flag
        data[data.find(b"PK\x01\x02") + 8] |= flag
        (tmp_path / "x.zip").write_bytes(data)
        with pytest.raises(ValueError, match="packed by an unusual method"):
            members(tmp_path / "x.zip")

    def test_unusual_packing(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_LZMA) as file:
            file.writestr("a.wav", b"1")
        with pytest.raises(ValueError, match="unusual method"):
            members(tmp_path / "x.zip")

    @pytest.mark.parametrize("keep", [0, 10, 300, -10])
    def test_truncated_archives(self, zips, tmp_path, keep):
        path = zips / "FSDKaggle2018.audio_test.zip"
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(ValueError, match="is not a whole zip archive"):
            prepare(zips, tmp_path / "out")
