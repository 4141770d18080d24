"""Page views are told apart without a copy of the page for each."""

import gradio as gr
import pytest
from gradio.state_holder import StateHolder
from starlette.exceptions import HTTPException

from audiogan.ui.light_sessions import LightSessions


def page() -> gr.Blocks:
    with gr.Blocks() as page:
        gr.HTML("text " * 1000)
        gr.State([])
    return page


def test_page_views_have_states_of_their_own_and_no_copy_of_the_page():
    blocks, sessions = page(), LightSessions()
    sessions.set_blocks(blocks)
    text, kept = blocks.blocks
    sessions["one"][kept].append(1)
    assert (sessions["one"][kept], sessions["two"][kept]) == ([1], [])
    assert sessions["one"][text] is blocks.blocks[text]
    assert sessions["one"].config_values == {}


def test_it_is_gradios_in_all_else():
    blocks, light, full = page(), LightSessions(), StateHolder()
    for sessions in (light, full):
        sessions.set_blocks(blocks)
        sessions.capacity = 2
        for name in "abc":
            sessions[name]
    assert list(light.session_data) == list(full.session_data) == ["b", "c"]
    assert vars(light["b"]).keys() == vars(full["b"]).keys()


def test_long_id_is_not_remembered():
    sessions = LightSessions()
    sessions.set_blocks(page())
    assert sessions["x" * 64]
    with pytest.raises(HTTPException, match="at most 64 characters"):
        sessions["x" * 65]
    assert list(sessions.session_data) == ["x" * 64]
