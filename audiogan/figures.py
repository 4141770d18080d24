"""Blank figures, and figures as files: all that other modules need of matplotlib, except fonts.

Figures are drawn by Agg, off screen; nothing here touches pyplot's global state.
"""

import io
import threading
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from audiogan import fonts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_rendering = threading.Lock()  # fonts are shared


def blank(size: tuple[float, float], dpi: int, **form) -> "Figure":
    """An empty figure.

    Args:
        size: in inches.
        form: further arguments of matplotlib's `Figure`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # half a second that the app's start can do without
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=dpi, **form)
    FigureCanvasAgg(figure)
    return figure


def colour_map():
    """Matplotlib's `magma`."""
    from matplotlib import colormaps

    return colormaps["magma"]


def png_bytes(figure: "Figure") -> bytes:
    """The figure as a PNG file in memory, pixel for pixel as drawn."""
    buffer = io.BytesIO()
    with _rendering:
        fonts.settle(figure)
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=2)
    return buffer.getvalue()


def figure_bytes(figure: "Figure", kind: str) -> bytes:
    """The figure as a `png`, `svg` or `pdf` file in memory, identical in every process.

    SVG and PDF keep the pixels of the images in them. SVG text becomes outlines; PDF fonts are TrueType, because
    printers refuse Type 3.
    """
    from matplotlib import rc_context

    buffer = io.BytesIO()
    settings = {"svg.hashsalt": "audiogan", "pdf.fonttype": 42, "image.composite_image": False}  # salt: fixes SVG's ids
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with _rendering, rc_context(settings):
        fonts.settle(figure)
        figure.savefig(buffer, format=kind, metadata=undated.get(kind))
    return buffer.getvalue()
