"""The page in the browser: one file per tab."""

from audiogan.ui.library import Library
from audiogan.ui.memory import bound_arenas
from audiogan.ui.page import build_app, launch_options
from audiogan.ui.serving import serve

__all__ = ["Library", "bound_arenas", "build_app", "launch_options", "serve"]
