"""audiogan: play, see and judge sounds invented by GANs."""

__version__ = "0.1.0"
__all__ = ["Synthesizer", "load"]


def __dir__() -> list[str]:
    """The names that there are, those that are not imported yet among them."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str):
    """Import torch only for those who load a model: the processes that read audio do not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from audiogan import synthesis

    return getattr(synthesis, name)
