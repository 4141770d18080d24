"""The listening test: studies, sittings, votes and their statistics."""
