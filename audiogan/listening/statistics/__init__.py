"""What votes say. Pure functions on vote rows; every interval respects that one listener gives many votes."""

from audiogan.listening.statistics.analysis import MINIMUM_RATERS, analyse

__all__ = ["MINIMUM_RATERS", "analyse"]
