"""Tests that drive the app in a browser. A package, so that its conftest is not confused with the one above."""
