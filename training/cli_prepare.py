"""`python -m training prepare`: audio to a prepared data set."""

import argparse
import json
import sys
from pathlib import Path

from audiogan.arguments import comma_list, named_folder, printable
from training.data.held_out import NOTHING, holds_out, unscored


def add_prepare(commands) -> None:
    """Add the `prepare` command and its sources."""
    for source in add_sources(commands.add_parser("prepare", help="make a data set")):
        source.add_argument("--out", required=True, type=named_folder, help="output folder; must not exist yet")
        source.set_defaults(run=lambda options: options.prepare(options, options.out))


def add_sources(parser) -> tuple:
    """Add a sub-command per source, whose options have `prepare`, which takes them and the folder to make."""
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    midi = sources.add_parser("general-midi", help="instrument notes rendered from soundfonts")
    midi.set_defaults(prepare=_prepare_general_midi)
    drums = sources.add_parser("drums", help="drum hits from Debian's sample packages and soundfont kits")
    _add_drums(drums)
    fsd = sources.add_parser("fsdkaggle2018", help="FSDKaggle2018, downloaded from Zenodo (4.6 GiB)")
    _add_fsdkaggle2018(fsd)
    folder = sources.add_parser("folder", help="any folder of audio; sub-folders are labels")
    folder.add_argument("audio", metavar="AUDIO_DIR", type=named_folder)
    folder.add_argument(
        "--held-out", type=float, default=0.1, metavar="SHARE", help="share of a label's files for test (default: 0.1)"
    )
    folder.set_defaults(prepare=_prepare_folder)
    for source in (fsd, folder):
        source.add_argument("--crops", type=int, default=8, help="maximum clips per file (default: 8)")
        source.add_argument("--no-pitch", action="store_true", help="skip pitch estimation: a little faster")
    for source in (midi, drums):
        source.add_argument(
            "--soundfont", metavar="F", nargs="+", help="SF2 or SF3 files (default: those of Debian's packages)"
        )
    for source in (midi, drums, fsd, folder):
        source.add_argument("--sample-rate", type=int, default=16000, help="Hz (default: 16000)")
        source.add_argument("--num-samples", type=int, default=16384, help="8192, 16384 (default), 32768 or 65536")
        source.add_argument("--no-normalize", action="store_true", help="keep levels: no peak normalisation")
    return midi, drums, fsd, folder


def _add_drums(parser) -> None:
    parser.add_argument(
        "--share",
        metavar="DIR",
        type=named_folder,
        default=Path("/usr/share"),
        help="folder with hydrogen/ and sonic-pi/",
    )
    parser.add_argument("--labels", metavar="A,B", help="only these (default: all)")
    parser.add_argument(
        "--licences", metavar="A,B", help="only sounds under these: CC0, CC-BY, CC-BY-SA, GPL-2, MIT (default: any)"
    )
    parser.set_defaults(prepare=_prepare_drums)


def _add_fsdkaggle2018(parser) -> None:
    archives = parser.add_mutually_exclusive_group()
    archives.add_argument(
        "--cache", metavar="DIR", type=named_folder, help="where the archives are downloaded and kept"
    )
    archives.add_argument(
        "--from-dir", metavar="ZIPS", type=named_folder, help="folder with the archives; nothing is downloaded"
    )
    parser.add_argument("--skip-checksums", action="store_true", help="skip the MD5 check, for repacked archives")
    parser.add_argument("--labels", default="instruments", help="instruments (default, 19), all (41), or A,B,...")
    parser.add_argument("--verified-only", action="store_true", help="train clips: only those a person has checked")
    parser.add_argument("--licences", metavar="A,B", help="only clips under these: CC0, CC-BY, CC-BY-NC (default: any)")
    parser.add_argument("--base-url", help=argparse.SUPPRESS)  # a mirror, or the tests' server
    parser.set_defaults(prepare=_prepare_fsdkaggle2018)


def _prepare_general_midi(options, out: Path) -> None:
    from training.data import general_midi

    counts = general_midi.prepare(out, options.soundfont, _clip_format(options))
    print(
        f"{counts['clips']} clips in {out} "
        f"({counts['duplicates']} near copies dropped, {counts['silent']} silent notes skipped)"
    )


def _prepare_drums(options, out: Path) -> None:
    from training.data import drums

    labels = _some_of("--labels", options.labels, drums.LABELS)
    licences = _some_of("--licences", options.licences, drums.LICENCES)
    form = _clip_format(options)
    _report(out, *drums.prepare(out, form, options.soundfont, options.share, labels, licences))


def _some_of(option: str, text: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """Parse comma-separated names, in the order of `known`; all of them if `text` is None."""
    names = known if text is None else comma_list(text) or [text]
    for name in names:
        if name not in known:
            raise ValueError(f"{option} must be some of {', '.join(known)}, not {name!r}")
    return tuple(name for name in known if name in names)


def _prepare_folder(options, out: Path) -> None:
    from training.data import folder

    form, max_crops = _clip_format(options), _max_crops(options)
    _report(out, *folder.prepare(options.audio, out, form, max_crops, share=options.held_out))


def _prepare_fsdkaggle2018(options, out: Path) -> None:
    from audiogan.folders import refuse_existing
    from training.data import fsdkaggle2018
    from training.data.fsdkaggle2018_tables import Choice, parse_labels
    from training.data.licences import parse_licences

    form, max_crops = _clip_format(options), _max_crops(options)
    licences = () if options.licences is None else parse_licences(options.licences)
    choice = Choice(parse_labels(options.labels), licences, options.verified_only)
    refuse_existing(out)
    archives = options.from_dir
    if archives:
        fsdkaggle2018.verify(archives, not options.skip_checksums)
    elif options.skip_checksums:
        raise ValueError("--skip-checksums is for --from-dir: downloads are always verified")
    else:
        archives = fsdkaggle2018.download(options.cache, options.base_url)
    _report(out, *fsdkaggle2018.prepare(archives, out, form, choice, max_crops))


def _max_crops(options) -> int:
    if options.crops < 1:
        raise ValueError(f"--crops must be a whole number of at least 1, not {options.crops}")
    return options.crops


def _report(out: Path, count: int, skipped: list) -> None:
    for item in skipped:
        print(printable(f"skipped {item.source}: {item.reason}"), file=sys.stderr)
    print(f"{count} clips in {out} ({len(skipped)} skipped)")
    counts = json.loads((out / "meta.json").read_text())["counts"]
    if sentence := unscored(counts) if holds_out(counts) else NOTHING:
        print(printable(sentence), file=sys.stderr)


def _clip_format(options):
    from training.data.clips import ClipFormat
    from training.data.pitch import SHORTEST_SECONDS

    estimate_pitch = not getattr(options, "no_pitch", True)  # only fsdkaggle2018 and folder have it
    form = ClipFormat(options.sample_rate, options.num_samples, not options.no_normalize, estimate_pitch)
    seconds = form.num_samples / form.sample_rate
    if estimate_pitch and seconds < SHORTEST_SECONDS:
        print(f"no pitch is estimated: clips of {seconds:.2f} s are under {SHORTEST_SECONDS:.2f} s", file=sys.stderr)
    return form
