"""Security headers, which restrict what a browser lets the page do."""

import base64
import hashlib
import re

EMBEDDERS = "'self' https://huggingface.co https://*.hf.space"  # the Hub shows a Space in a frame
_INLINE = re.compile(rb"<script(?:\s+(?!src)[\w-]+(?:=\"[^\"]*\")?)*\s*>(.*?)</script>", re.DOTALL)
_POLICY = (
    "default-src 'self'",
    # Gradio compiles the code given to `gr.HTML` into functions; our modules are blobs, see `scripts`
    "script-src 'self' blob: 'unsafe-eval' {inline}",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    f"frame-ancestors {EMBEDDERS}",
)
_SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "permissions-policy": "midi=(self), fullscreen=(self), clipboard-write=(self), camera=(), microphone=(), "
    "geolocation=(), payment=(), usb=(), display-capture=()",
}
CSP = b"content-security-policy"


class SafeHeaders:
    """ASGI middleware that adds them to every answer; a page's own policy, which knows its scripts, stays."""

    def __init__(self, app):
        self._app = app
        self._always = [(name.encode(), value.encode()) for name, value in _SAFE.items()]

    async def __call__(self, scope, receive, send):
        """Handle one request."""

        async def safe_send(message):
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *self._always]
                if all(name != CSP for name, _ in headers):
                    headers.append((CSP, policy().encode()))
                message = message | {"headers": headers}
            await send(message)

        await self._app(scope, receive, safe_send if scope["type"] == "http" else send)


def policy(page: bytes = b"") -> str:
    """The Content-Security-Policy of a page; of inline scripts, it allows the page's own, by their hashes."""
    hashes = sorted({base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(page)})
    return "; ".join(_POLICY).format(inline=" ".join(f"'sha256-{one}'" for one in hashes)).replace(" ;", ";")
