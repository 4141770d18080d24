"""Creative Commons licences by their short codes."""

import re

from audiogan.arguments import comma_list

KNOWN = ("CC0", "CC-BY", "CC-BY-NC", "CC-BY-SA", "CC-BY-ND", "CC-BY-NC-SA", "CC-BY-NC-ND", "CC-Sampling+")
ZERO = r"\bcc ?0\b|creative commons (0|zero)\b|publicdomain zero"
ELEMENTS = {
    "BY": r"\bby\b|\battribution\b",
    "NC": r"\bnc\b|\bnon ?commercial\b",
    "ND": r"\bnd\b|\bno ?deriv",
    "SA": r"\bsa\b|\bshare ?alike\b",
}


def licence_code(text: str) -> str:
    """The code of a licence from its name, address or code; unknown text is returned as it is.

    FSDKaggle2018 says `Creative Commons 0`, `Attribution` and `Attribution Noncommercial`; Freesound also has
    `Sampling+` and addresses such as https://creativecommons.org/licenses/by-nc/3.0/.
    """
    words = " ".join(re.findall(r"[a-z0-9]+", text.lower()))
    if re.search(r"\bsampling\b", words):
        return "CC-Sampling+"
    if re.search(ZERO, words):
        return "CC0"
    elements = [element for element, pattern in ELEMENTS.items() if re.search(pattern, words)]
    return "-".join(["CC", *elements]) if "BY" in elements else text.strip()


def parse_licences(text: str) -> tuple[str, ...]:
    """Parse comma-separated codes or names.

    Raises:
        ValueError: one is not known.
    """
    codes = tuple(dict.fromkeys(licence_code(name) for name in comma_list(text) or [text]))
    for code in codes:
        if code not in KNOWN:
            raise ValueError(f"--licences must be some of {', '.join(KNOWN)}, not {code!r}")
    return codes
