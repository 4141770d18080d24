"""The house's floors, read from the imports: data and arrows run one way ."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = [  # a module may import from its own entry and those above it in this list
    {"config", "phases", "dsp", "files", "audio", "latent", "descriptors", "device", "dataset", "arguments", "spectra"}
    | {"checks", "cores", "folders", "lengths", "log_mel", "phase_search", "text", "tiles", "weights", "windows"},
    {"models"},
    {"checkpoint"},
    {"hub"},
    {"renderer", "sounds_folder", "synthesis"},
    {"fonts", "figures", "plots", "forest_plot"},
    {"evaluation", "listening", "directions", "resemblance", "interop"},
    {"ui"},
    {"cli", "cli_evaluate", "cli_study", "cli_ratings", "cli_interop", "cli_hub", "__main__"},
]
ONLY_IN = {
    "gradio": ("audiogan/ui/", "app.py"),
    "matplotlib": ("audiogan/figures.py", "audiogan/fonts.py"),
    "sqlalchemy": ("audiogan/listening/store/",),
}
SOURCES = [path for folder in ("audiogan", "training") for path in (ROOT / folder).rglob("*.py")] + [ROOT / "app.py"]


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, as dotted names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert all(alias.name != "*" for alias in node.names), f"{path} imports a star"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def floor_of(module: str) -> int | None:
    part = module.split(".")[1] if module.startswith("audiogan.") else ""
    return next((number for number, floor in enumerate(FLOORS) if part in floor), None)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path):
    name = path.relative_to(ROOT).as_posix()
    own = floor_of(name.removesuffix(".py").replace("/", "."))
    for module in imports(path):
        root = module.split(".")[0]
        assert root not in ONLY_IN or name.startswith(ONLY_IN[root]), f"{name} imports {module}"
        if name.startswith("audiogan/"):
            assert root != "training", f"{name} imports {module}"
        if name.startswith("training/"):
            assert not module.startswith("audiogan.ui"), f"{name} imports {module}"
        floor = floor_of(module)
        if own is not None and floor is not None:
            assert floor <= own, f"{name} imports {module} from a higher floor"


def test_every_module_has_a_floor():
    parts = {
        path.relative_to(ROOT / "audiogan").parts[0].removesuffix(".py") for path in (ROOT / "audiogan").rglob("*.py")
    }
    assert parts - {"__init__"} <= set().union(*FLOORS)


def test_the_map_for_maintainers_has_every_module_on_its_floor():
    text = (ROOT / "docs/development.md").read_text("utf-8")
    rows = [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in re.findall(r"^\| `.*", text, re.MULTILINE)]
    floors = [{number for number, floor in enumerate(FLOORS) if row & floor} for row in rows]
    assert [len(floor) for floor in floors] == [1] * len(rows)  # no row is of two
    assert floors == sorted(floors, key=min)
    assert sorted(name for row in rows for name in row) == sorted(name for floor in FLOORS for name in floor)


def test_the_map_tells_modules_of_one_name_apart():
    text = (ROOT / "docs/development.md").read_text("utf-8")
    paths = [path.relative_to(ROOT / "audiogan").with_suffix("") for path in (ROOT / "audiogan").rglob("[!_]*.py")]
    times = Counter(path.name for path in paths)
    for path in paths:
        if times[path.name] > 1:
            assert f"`{path if len(path.parts) > 1 else f'audiogan/{path}'}`" in text


def test_tabs_do_not_import_each_other():
    tabs = {"play", "explore", "compare", "rate", "results", "about"}
    for tab in tabs:
        path = ROOT / "audiogan/ui" / f"{tab}.py"
        if path.exists():
            others = {f"audiogan.ui.{other}" for other in tabs - {tab}}
            assert not {m for m in imports(path) if m in others or m.rpartition(".")[0] in others}


def test_import_audiogan_is_light():
    heavy = ("gradio", "matplotlib", "librosa", "sqlalchemy", "scipy", "huggingface_hub")
    script = f"import sys, audiogan; print([name for name in {heavy} if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert output.stdout.strip() == "[]"
