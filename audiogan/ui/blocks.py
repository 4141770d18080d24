"""Gradio's blocks, whose callers are told what is missing, and whose log has nothing that a caller wrote."""

import inspect

import gradio as gr
from starlette.exceptions import HTTPException


class Blocks(gr.Blocks):
    """The page; a call with too few values, or with others, is answered like any other mistake, in a sentence."""

    async def preprocess_data(self, block_fn, *arguments, **named) -> list:
        """What a function is given for a caller's values.

        Raises:
            gr.Error: a component refuses one. Its own error would be written to the log with the value, and sent back.
        """
        try:
            return await super().preprocess_data(block_fn, *arguments, **named)
        except HTTPException:
            raise
        except Exception as error:
            if isinstance(error, gr.Error) and not error.print_exception:
                raise  # a sentence of ours
            name = block_fn.api_name if block_fn.api_visibility == "public" else "this function"
            raise gr.Error(f"{name} does not take such values", print_exception=False) from None

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
