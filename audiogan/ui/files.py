"""Files that Gradio serves."""

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache


def served_file(field: gr.HTML, data: bytes, name: str) -> dict:
    """A file in a component's cache, under a name of our choice, until `delete_cache` removes it."""
    path = save_bytes_to_cache(data, name, field.GRADIO_CACHE)
    return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
