"""The app in a browser: `python app.py`. A Hugging Face Space runs this file too."""

import argparse
import contextlib
import logging
import os
import signal
import sys

from audiogan import cores

# Set before torch starts its threads. On busy cores, a sound's 0.03 s become up to 1.4 s if threads spin while they
# wait for each other, and 0.1 s if they sleep.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# Half of the cores for the models, half for everything else: on two, a second thread made no tile faster (0.05 s).
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores.count() // 2)))
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # else requests to the Hub say which libraries are installed

with contextlib.suppress(ImportError):
    import spaces  # noqa: F401  before torch, whose CUDA it stands in for on a ZeroGPU Space

from audiogan.arguments import Parser, add_checkpoints, add_device, run_command

ADDRESS = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_ROOT_PATH")


def main() -> int:
    """Serve the app until it is interrupted; a bad argument or bad input prints one line and returns 2."""
    parser = Parser(prog="app.py", description="Play, see and judge sounds invented by GANs.")
    for name in ADDRESS:
        if not os.environ.get(name):
            os.environ.pop(name, None)  # container files leave unset variables empty
    host, port = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), os.environ.get("GRADIO_SERVER_PORT", "7860")
    parser.add_argument("--host", type=_host, default=host, help="default: %(default)s")
    parser.add_argument("--port", type=_port, default=port, help="default: %(default)s")
    add_device(parser)
    add_checkpoints(parser)
    parser.add_argument("--share", action="store_true", help="a public link through Gradio's tunnel")
    levels = ("info", "warning", "error")
    parser.add_argument("--log-level", choices=levels, default="info", help="info logs a line of JSON per request")
    parser.set_defaults(run=_serve)
    return run_command(parser, None)


def _host(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a host must be a name or an address, not empty")
    return text


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port must be a whole number from 1 to 65535, not {text!r}")


def _serve(options) -> None:
    os.environ["GRADIO_SERVER_PORT"] = str(options.port)  # Gradio reads it, whatever port it is passed
    root = os.environ.get("GRADIO_ROOT_PATH", "/")
    if not root.startswith(("/", "http://", "https://")):
        raise ValueError(f"GRADIO_ROOT_PATH must be a path that begins with / or a full URL, not {root!r}")
    import numpy  # noqa: F401  first: torch, which imports it, would swallow a Ctrl-C meanwhile

    from audiogan import checkpoint  # from here on it takes seconds, in which Ctrl-C is one line, too
    from audiogan.listening import hub_sync
    from audiogan.listening.store import Store, place
    from audiogan.listening.study import DEFAULT_FOLDER, Study, chosen_folder
    from audiogan.ui import Library, bound_arenas, build_app, launch_options, serve

    bound_arenas()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("audiogan").setLevel(options.log_level.upper())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # a Space is put to sleep by this: let pending votes arrive
    folder = chosen_folder()
    study = Study.load(folder) if folder != DEFAULT_FOLDER or folder.exists() else None
    store = Store()
    if place.warning():
        print(place.EMPTIED, place.REMEDY, file=sys.stderr, flush=True)
    sync = hub_sync.start(store)
    try:
        library = Library(options.checkpoints or checkpoint.FOLDER, options.device)
        app = build_app(library, store, study)
        library.move_to_zero_gpu()
        address = {"server_name": options.host, "server_port": options.port, "share": options.share}
        serve(app, address | launch_options(app), stopping=sync.hurry if sync else None)
    finally:
        if sync:
            sync.close()


if __name__ == "__main__":
    sys.exit(main())
