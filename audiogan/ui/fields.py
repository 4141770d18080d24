"""Reading the fields of a page's requests, and what a visitor typed into them."""

from audiogan.latent import MAX_SEED


def field(request: dict, name: str):
    """A field that a request must have.

    Raises:
        ValueError: the request is not an object, or lacks the field.
    """
    if not isinstance(request, dict) or name not in request:
        raise ValueError(f"a request must have {name}")
    return request[name]


def parse_seed(text: str) -> int:
    """A seed from a text field. It is text because numbers in a browser are exact only up to 2**53.

    Raises:
        ValueError: not a whole number from 0 to `MAX_SEED`.
    """
    digits = str(text).strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) <= MAX_SEED:
        return int(digits)
    raise ValueError(f"seed must be a whole number from 0 to {MAX_SEED}, not {digits[:40]!r}")
