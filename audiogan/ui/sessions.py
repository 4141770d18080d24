"""Gradio's memory of page views, without what nothing here asks of it."""

from types import SimpleNamespace

from gradio.state_holder import SessionState, StateHolder


class LightSessions(StateHolder):
    """Makes no copy of the whole page's configuration for each page view: 20 ms, for deep links, which are closed."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            without_blocks = SimpleNamespace(default_config=self.blocks.default_config, blocks={})
            self.session_data[session_id] = SessionState(without_blocks)
        return super().__getitem__(session_id)
