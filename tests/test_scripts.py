"""How the page's modules reach it."""

import re

import pytest

from audiogan.ui import scripts


@pytest.fixture
def static(tmp_path, monkeypatch):
    monkeypatch.setattr(scripts, "STATIC", tmp_path)
    return tmp_path


def test_module_comes_after_what_it_imports_and_once(static):
    (static / "a.js").write_text('import { b } from "./b.js";\nimport {\n  c,\n} from "./c.js";\n')
    (static / "b.js").write_text('import { c } from "./c.js";\n')
    (static / "c.js").write_text("export const c = 1;\n")
    assert list(scripts.sources("a.js")) == ["c.js", "b.js", "a.js"]


def test_circle_and_missing_module_are_named(static):
    (static / "a.js").write_text('import { b } from "./b.js";\n')
    with pytest.raises(ValueError, match=r"module b\.js is missing"):
        scripts.sources("a.js")
    (static / "b.js").write_text('import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match=r"circle: a\.js > b\.js > a\.js"):
        scripts.sources("a.js")


def test_mounting_names_its_events_for_gradio(static):
    (static / "a.js").write_text("export function mount() {}\n")
    code = scripts.mounting("a.js", events=("rated",))
    assert "'rated'" in code
    assert 'import(urls["a.js"])' in code


def test_rate_wears_no_other_tabs_clothes():
    modules = "".join(path.read_text("utf-8") for path in scripts.STATIC.glob("rate*.js"))
    worn = set(" ".join(re.findall(r"className[:=] *[\"`]([^\"`]+)", modules)).split())
    for name in ("play.css", "explore.css", "results.css"):
        selectors = re.findall(r"(?:^|[},])\s*\.([\w-]+)", (scripts.STATIC / name).read_text("utf-8"), re.MULTILINE)
        assert worn.isdisjoint(selectors), f"{name} styles {worn & set(selectors)} wherever they are"


def test_what_tabs_have_in_common_is_styled_once():
    for name in ("play.css", "explore.css"):
        styles = (scripts.STATIC / name).read_text("utf-8")
        rules = re.findall(
            r"^\.[\w-]+ (?:button|\.icon|\[hidden\])(?:, | \{)|--(?:edge|panel|ink|soft|on-accent):",
            styles,
            re.MULTILINE,
        )
        assert rules == [], f"{name} has what style.css has"
