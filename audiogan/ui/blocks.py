"""Gradio's blocks, whose callers are told what is missing."""

import inspect

import gradio as gr


class Blocks(gr.Blocks):
    """The page; a call with too few values is answered like any other mistake, in a sentence."""

    def validate_inputs(self, block_fn, inputs: list) -> None:
        """See whether a function is given all its values.

        Raises:
            gr.Error: it is not. Of Gradio's own ValueError a caller would hear `null`, as of any accident.
        """
        wanted = len(block_fn.inputs)
        if len(inputs) >= wanted:
            return
        words = f"this function takes {wanted} values"
        if block_fn.api_visibility == "public":
            names = list(inspect.signature(block_fn.fn).parameters)[:wanted]
            words = f"{block_fn.api_name} takes {wanted} values ({', '.join(names)})"
        raise gr.Error(f"{words}, not {len(inputs)}", print_exception=False)
