"""audiogan: play, see and judge sounds invented by GANs."""

from audiogan.synthesis import Synthesizer, load

__version__ = "0.1.0"
__all__ = ["Synthesizer", "load"]
