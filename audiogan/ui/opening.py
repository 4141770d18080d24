"""The page's first view, before its sounds have arrived, and the preview of a shared link.

Gradio's document has the whole configuration before its body: on a slow network it stays blank until the last sound has
arrived, and only then asks for the code. Here the body comes first, with the heading and an outline of the page, and
the code is fetched while the sounds arrive. A shared link shows what it leads to, not Gradio's name and picture.
"""

import functools
import html
import json
import re
from pathlib import Path

from starlette.responses import FileResponse
from starlette.routing import Route

TITLE = "audiogan"
TAGLINE = "Sounds invented by neural networks (GANs)."
HINT = "None here is a recording. Press a pad; hold it for more."  # Compare and Rate do play recordings
DESCRIPTION = "Play, see and judge sounds invented by GANs."
PICTURE = "/preview.jpg"
SHAPE = (  # of the toolbar and the pads, until Play is built
    '<div class="shape" aria-hidden="true"><div class="bars"><i></i><i class="second"></i><i class="third"></i></div>'
    f'<div class="tiles">{16 * "<i></i>"}</div></div>'
)
_STATIC = Path(__file__).parent / "static"
_GRADIOS = re.compile(r'\s*<meta\s+(?:property="og|name="twitter):[^>]*>')
_CONFIG = re.compile(
    r"<script>window\.gradio_config = .*?</script>(<script>window\.gradio_api_info = .*?</script>)?", re.DOTALL
)
_ROOT = re.compile(r'const root = ("[^"]*");')
_BODY = re.compile(r"<body[^>]*>")


def opened(document: str) -> str:
    """Gradio's page with the body before the configuration, and with our text and picture for shared links.

    Args:
        document: HTML as Gradio renders it; one with another structure stays as it is.
    """
    config, root, body = (pattern.search(document) for pattern in (_CONFIG, _ROOT, _BODY))
    if not (config and root and body and config.end() < body.start() and "</head>" in document):
        return document
    head = document[: config.start()] + document[config.end() : body.start()]
    head = _GRADIOS.sub("", head).replace('href="/manifest.json"', 'href="./manifest.json"')  # the page may lie deeper
    head = head.replace("</head>", _about(json.loads(root[1])) + "</head>", 1)
    inside, end, rest = document[body.end() :].rpartition("</body>")
    return head + body[0] + _screen() + inside + config[0] + end + rest


def routes() -> list[Route]:
    """The picture's route, for Starlette."""
    return [Route(PICTURE, lambda _request: FileResponse(_STATIC / PICTURE[1:]), methods=["GET"])]


@functools.cache
def _screen() -> str:
    words = f"{TAGLINE} <em>{HINT}</em>"
    return (_STATIC / "opening.html").read_text("utf-8").replace("@words@", words).replace("@shape@", SHAPE)


def _about(root: str) -> str:
    """The title, and the preview of a link in chats and search engines (the Open Graph protocol)."""
    shown = {"type": "website", "title": TITLE, "description": DESCRIPTION, "url": f"{root}/", "image": root + PICTURE}
    tags = [f'<meta property="og:{name}" content="{html.escape(value)}" />' for name, value in shown.items()]
    tags += [
        f"<title>{TITLE}</title>",
        f'<meta name="description" content="{DESCRIPTION}" />',
        '<meta name="twitter:card" content="summary_large_image" />',
        '<meta name="theme-color" content="#f6f7f9" media="(prefers-color-scheme: light)" />',
        '<meta name="theme-color" content="#0d1116" media="(prefers-color-scheme: dark)" />',
    ]
    return "\n".join(tags) + "\n"
