"""The whole page."""

import gradio as gr
from starlette.middleware import Middleware

from audiogan.listening.session import Listening
from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.ui import about, compare, endpoints, explore, play, rate, results, theme
from audiogan.ui.library import Library
from audiogan.ui.limits import RequestLimits

HEADER = """
# audiogan
Instruments that never existed, invented by neural networks. Press a pad.
"""
QUEUE_SIZE = 64
SESSIONS = 1000
CACHE_SECONDS = (600, 3600)  # how often files are looked through, and how old they may grow


def build_app(library: Library, store: Store, study: Study | None = None) -> gr.Blocks:
    """The page, its events and its endpoints; never launched here.

    Args:
        library: the models on offer.
        store: where ratings go.
        study: what the Rate tab asks about; without one it says that there is none.
    """
    with gr.Blocks(title="audiogan", analytics_enabled=False, delete_cache=CACHE_SECONDS) as app:
        gr.Markdown(HEADER, elem_id="header")
        with gr.Tabs():
            with gr.Tab("Play"):
                instrument = play.build(library)
            with gr.Tab("Explore"):
                explore.build(library)
            with gr.Tab("Compare"):
                compare.build(library)
            with gr.Tab("Rate"):
                rate.build(study and Listening(study, store))
            with gr.Tab("Results") as tab:
                results.build(store, opened=tab.select, study=study)
            with gr.Tab("About"):
                about.build(library)
        endpoints.build(library, instrument)
    return app.queue(max_size=QUEUE_SIZE)


def launch_options() -> dict:
    """What `launch` needs besides an address: looks, and nothing that phones home or stores what visitors do."""
    return {
        "theme": theme.theme(),
        "css_paths": theme.STYLES,
        "favicon_path": theme.ICON,
        "footer_links": ["api"],
        "ssr_mode": False,
        "enable_monitoring": False,
        "run_history": False,
        "show_error": False,
        "max_file_size": "1mb",
        "app_kwargs": {"middleware": [Middleware(RequestLimits)]},
        "state_session_capacity": SESSIONS,
        "_frontend": False,  # else Gradio asks itself for the page, and exits where a busy machine takes over 3 s
    }
