"""Gradio's Blocks with clear errors for callers, and nothing that a caller wrote in the log."""

import inspect

import gradio as gr
from starlette.exceptions import HTTPException


class Blocks(gr.Blocks):
    """The page; a call with too few or wrong values is answered like any other mistake, in a sentence."""

    async def preprocess_data(self, block_fn, *arguments, **named) -> list:
        """Convert a caller's values to a function's arguments.

        Raises:
            gr.Error: a component refuses one. The component's own error would be logged with the value and sent back.
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
        """Check that a function is given all its values.

        Raises:
            gr.Error: some are missing. Gradio's own ValueError would reach the caller as `null`, like any accident.
        """
        wanted = len(block_fn.inputs)
        if len(inputs) >= wanted:
            return
        words = f"this function takes {wanted} values"
        if block_fn.api_visibility == "public":
            names = list(inspect.signature(block_fn.fn).parameters)[:wanted]
            words = f"{block_fn.api_name} takes {wanted} values ({', '.join(names)})"
        raise gr.Error(f"{words}, not {len(inputs)}", print_exception=False)
