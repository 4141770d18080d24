"""What a visitor typed."""

from audiogan.latent import MAX_SEED


def parse_seed(text: str) -> int:
    """A seed from a text field: text, because a number in the browser is exact only up to 2**53.

    Raises:
        ValueError: not a whole number from 0 to `MAX_SEED`.
    """
    digits = str(text).strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) <= MAX_SEED:
        return int(digits)
    raise ValueError(f"seed must be a whole number from 0 to {MAX_SEED}, not {digits[:40]!r}")
