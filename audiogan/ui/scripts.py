"""The page's JavaScript: plain ES modules in `static/`, handed to `gr.HTML` without a build step.

A component carries the sources of its module and of that module's imports. In the page each source becomes one blob
URL, shared by all components, so a module is evaluated once however many tabs import it. No file is served, so this
works under any root path and makes no requests.
"""

import json
import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"
IMPORT = re.compile(r'from "\./([\w-]+\.js)"')
LOADER = """
const sources = %(sources)s;
const urls = (globalThis.audioganModules ??= {});
for (const [name, source] of Object.entries(sources)) {
  const linked = source.replace(/from "\\.\\/([\\w-]+\\.js)"/g, (_, other) => `from "${urls[other]}"`);
  const named = `${linked}\\n//# sourceURL=audiogan/${name}`;
  urls[name] ??= URL.createObjectURL(new Blob([named], { type: "text/javascript" }));
}
import(urls["%(name)s"]).then(module => module.mount({ element, props, server, watch, trigger }));
"""


def mounting(name: str, events: tuple[str, ...] = ()) -> str:
    """`js_on_load` that calls the module's `mount({ element, props, server, watch, trigger })`.

    Args:
        name: a file in `static/`; it and its imports are written `import { ... } from "./other.js"`.
        events: names that the module triggers; Gradio lets Python listen only to names that it finds here in quotes.

    Raises:
        ValueError: a module is missing, or modules import each other in a circle.
    """
    code = LOADER % {"sources": json.dumps(sources(name)), "name": name}
    return "".join(f"// '{event}'\n" for event in events) + code


def sources(name: str) -> dict[str, str]:
    """The sources of a module and all its imports, by file name, each after its own imports."""
    found: dict[str, str] = {}
    _collect(name, found, ())
    return found


def _collect(name: str, found: dict[str, str], importers: tuple[str, ...]) -> None:
    if name in found:
        return
    if name in importers:
        raise ValueError(f"modules import each other in a circle: {' > '.join((*importers, name))}")
    path = STATIC / name
    if not path.is_file():
        raise ValueError(f"module {name} is missing from {STATIC.name}/")
    source = path.read_text("utf-8")
    for other in IMPORT.findall(source):
        _collect(other, found, (*importers, name))
    found[name] = source
