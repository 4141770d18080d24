"""audiogan: play, see and judge sounds invented by GANs."""

__version__ = "0.1.0"
__all__ = ["Synthesizer", "load"]


def __dir__() -> list[str]:
    """The module's names, including those not imported yet."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str):
    """Import `synthesis`, and torch with it, on first use: processes that only read audio never need it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from audiogan import synthesis

    return getattr(synthesis, name)
