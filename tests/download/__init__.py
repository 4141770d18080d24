"""Tests with a `conftest` of their own beside the one above: hence a package."""
