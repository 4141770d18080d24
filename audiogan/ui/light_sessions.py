"""Gradio's memory of page views, without what nothing here asks of it."""

from types import SimpleNamespace

from gradio.state_holder import SessionState, StateHolder
from starlette.exceptions import HTTPException

MAX_ID_LENGTH = 64  # Gradio's page makes up 11 characters, its clients 36


class LightSessions(StateHolder):
    """Makes no copy of the whole page's configuration for each page view: 20 ms, for deep links, which are closed.

    Every call that would be remembered asks here first, by an id that its sender made up: one longer than
    `MAX_ID_LENGTH` is answered with 400.
    """

    def __getitem__(self, session_id: str) -> SessionState:
        if len(session_id) > MAX_ID_LENGTH:
            raise HTTPException(400, f"session_hash must be at most {MAX_ID_LENGTH} characters")
        if session_id not in self.session_data:
            without_blocks = SimpleNamespace(default_config=self.blocks.default_config, blocks={})
            self.session_data[session_id] = SessionState(without_blocks)
        return super().__getitem__(session_id)
