"""The whole page."""

import hashlib

import gradio as gr
from starlette.middleware import Middleware

from audiogan import __version__
from audiogan.listening.session import Listening
from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.ui import about, compare, endpoints, explore, opening, play, rate, results, theme
from audiogan.ui.blocks import Blocks
from audiogan.ui.desk import Desk
from audiogan.ui.downloads import Downloads
from audiogan.ui.gate import Gate
from audiogan.ui.headers import SafeHeaders
from audiogan.ui.health import Health
from audiogan.ui.library import Library
from audiogan.ui.limits import RequestLimits
from audiogan.ui.opening import HINT, TAGLINE, TITLE
from audiogan.ui.pages import Pages
from audiogan.ui.requests import RequestLog
from audiogan.ui.scripts import mounting
from audiogan.ui.surface import Surface
from audiogan.ui.tally import Tally

HEADER = f"""
# {TITLE}
{TAGLINE} *{HINT}*
"""
QUEUE_SIZE = 64  # of calls that wait for one of THREADS; all others wait in the gate's line, which tells their place
THREADS = 100
SESSIONS = 1000
MIDDLEWARE = (RequestLog, SafeHeaders, Surface, RequestLimits, Pages)  # outermost first


def build_app(library: Library, store: Store, study: Study | None = None) -> gr.Blocks:
    """The page, its events and its endpoints; never launched here.

    Args:
        library: the models on offer.
        store: where ratings go.
        study: what the Rate tab asks about; without one, the tab says so.

    Returns:
        The page, with its `gate`, `library` and `health`, which `serving` stops, its `files`, which `serving` sweeps,
        its `tally` and its `downloads`.
    """
    gate, tally = Gate(), Tally(store, study)
    desk = Desk(tally)
    downloads = Downloads(desk, store, study)
    with Blocks(title=TITLE, analytics_enabled=False) as app:
        gr.Markdown(HEADER, elem_id="header")
        with gr.Tabs():
            with gr.Tab("Play"):
                play.build(library, gate)
            with gr.Tab("Explore"):
                explore.build(library, gate)
            with gr.Tab("Compare"):
                compare.build(library, gate)
            with gr.Tab("Rate"):
                rate.build(study and Listening(study, store))
            with gr.Tab("Results") as tab:
                results.build(desk, downloads, opened=tab.select)
            with gr.Tab("About"):
                about.build(library)
        gr.HTML(js_on_load=mounting("tabs.js"), apply_default_css=False, elem_id="tabs")
        app.files = endpoints.build(library, app, gate)
    app.gate, app.health, app.app_id = gate, Health(library, store), _identity(library, study)
    app.library, app.tally, app.downloads = library, tally, downloads
    return app.queue(max_size=QUEUE_SIZE)


def _identity(library: Library, study: Study | None) -> int:
    """The same in every process that serves the same, so that a page keeps working when another process answers."""
    parts = [__version__, study.hash if study else "", *(entry.weights_sha256 for entry in library)]
    return int(hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12], 16)


def launch_options(app: gr.Blocks) -> dict:
    """Arguments of `launch` besides the address: looks, and no telemetry or record of what visitors do."""
    kinds = [Middleware(kind) for kind in MIDDLEWARE]
    routes = [*app.health.routes(), *app.downloads.routes(), *opening.routes()]
    return {
        "theme": theme.theme(),
        "css_paths": theme.styles(),
        "favicon_path": theme.ICON,
        "footer_links": ["api"],
        "ssr_mode": False,
        "enable_monitoring": False,
        "run_history": False,
        "show_error": False,
        "max_file_size": "1mb",
        "max_threads": THREADS,
        "app_kwargs": {"middleware": kinds, "routes": routes, "docs_url": None, "redoc_url": None},
        "state_session_capacity": SESSIONS,
        "_frontend": False,  # else Gradio requests its own page, and exits if a busy machine takes over 3 s
    }
