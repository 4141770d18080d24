"""Text that people write and files that nobody vouches for."""

import os

import pytest

from audiogan.text import few, in_words, read_object, read_text


@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "."])
def test_what_would_be_read_for_ever_is_refused(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=f"{name} is not a file"):
        read_text(tmp_path / name if name == "pipe" else name)


def test_a_few_names_and_how_many_more_there_are():
    assert few([]) == ""
    assert few(("a", "b", "c", "d")) == "a, b, c, d"
    assert few([f"label {number}" for number in range(1, 1302)], 2) == "label 1, label 2 and 1,299 more"


def test_labels_are_shown_in_words():
    assert in_words("Snare_drum") == "Snare drum"


def test_object_of_the_right_version_is_read(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(b'\xef\xbb\xbf{"format": 2, "name": "\xc3\xa4"}')  # as Notepad saves it
    assert read_object(file, 100, format=2) == {"format": 2, "name": "ä"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"format": 1}', "its format is not 2"),
        ('{"schema": 2}', "its format is not 2"),
        ("[2]", "its format is not 2"),
        ("{", "Expecting property name"),
        ("", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        ("\udcff", "^it is not UTF-8 text$"),
        (" " * 200_000 + '{"format": 2}', "larger than 100001 bytes"),
    ],
)
def test_anything_else_is_refused(tmp_path, text, words):
    file = tmp_path / "a.json"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=words):
        read_object(file, 100_001, format=2)


def test_folder_is_no_file(tmp_path):
    with pytest.raises(ValueError, match="not a file"):
        read_object(tmp_path, 100, format=1)
    with pytest.raises(FileNotFoundError):
        read_object(tmp_path / "none.json", 100, format=1)
