"""`python -m audiogan import` and `export-onnx`: models from and for other programs."""

import shlex
from pathlib import Path

from audiogan import checkpoint, synthesis

FORMATS = ("wavegan-pytorch",)


def add_import(commands) -> None:
    """The `import` command."""
    taking = commands.add_parser("import", help="import a generator that another program trained")
    taking.add_argument("path", type=Path, metavar="PATH", help="its file, such as gan_NAME.tar")
    taking.add_argument("--format", required=True, choices=FORMATS, help=", ".join(FORMATS))
    taking.add_argument("--name", required=True, help="name of the new checkpoint")
    taking.add_argument("--sample-rate", type=int, default=16000, metavar="HZ", help="default: 16000")
    taking.add_argument("--replace", action="store_true", help="replace an existing checkpoint of that name")
    taking.set_defaults(run=_import)


def add_export_onnx(commands) -> None:
    """The `export-onnx` command."""
    export = commands.add_parser("export-onnx", help="write a model as an ONNX file that plays without PyTorch")
    export.add_argument("name", metavar="NAME", help="a checkpoint's name or folder")
    export.add_argument("--out", required=True, type=Path, metavar="FILE.onnx")
    export.set_defaults(run=_export_onnx)


def _import(options) -> None:
    from audiogan.interop import card, wavegan_pytorch

    folder = options.checkpoints / checkpoint.check_name(options.name)
    checkpoint.refuse_taken(folder, options.replace)
    imported = wavegan_pytorch.read(options.path, options.sample_rate)
    training = {
        "data": "unknown: imported",
        "steps": imported.iterations,
        "source": f"{options.format}: {options.path.name}",
        "source_sha256": imported.sha256,
        "layers": imported.layers,
    }
    named = ("--format", options.format, "--name", options.name, "--sample-rate", str(options.sample_rate))
    command = shlex.join(["python", "-m", "audiogan", "import", options.path.name, *named])
    text = card.card(options.name, imported.generator, training, command)
    checkpoint.save(folder, imported.generator, training, text, exact=True)
    print(folder)


def _export_onnx(options) -> None:
    from audiogan.interop import onnx_export

    onnx_export.export(synthesis.load(options.name, "cpu", options.checkpoints), options.out)
    print(options.out)
