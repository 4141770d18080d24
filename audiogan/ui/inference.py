"""How events that run a model share the machine."""

CONCURRENT = 1  # first come, first served: a page's answers arrive in the order of its questions
INFERENCE = {
    "concurrency_id": "inference",
    "concurrency_limit": CONCURRENT,
    "api_visibility": "private",
    "show_progress": "minimal",
}
