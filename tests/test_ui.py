"""The app without a browser: its endpoints through gradio_client, what it refuses, what it hides, how it starts."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from conftest import LABELS
from gradio_client import Client
from gradio_client.exceptions import AppError
from listeners import free_port

from audiogan import checkpoint
from audiogan.audio import to_pcm16
from audiogan.listening.store import Store
from audiogan.ui import build_app, launch_options
from audiogan.ui.about import api_text, inert_markdown, untitled
from audiogan.ui.fields import parse_seed
from audiogan.ui.serving import launch_page

ROOT = Path(__file__).parent.parent
MODEL = "tiny-wavegan"
PLAIN = {"trust_env": False, "timeout": 60}  # seconds; httpx alone would give up after five
PARAMETERS = {
    "generate": ["model", "num", "seed", "label", "pitch", "truncation"],
    "morph": ["model", "from_seed", "to_seed", "steps", "label"],
}
DEFAULTS = {"label": None, "pitch": None, "steps": 2}
NUMBERS = [
    (endpoint, name) for endpoint, names in PARAMETERS.items() for name in names if name not in ("model", "label")
]


@pytest.fixture(scope="module")
def client(library, tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    app = build_app(library, Store(f"sqlite:///{folder / 'votes.sqlite3'}"))
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options(app))
    yield Client(url, download_files=str(folder), verbose=False, httpx_kwargs={"timeout": 60})
    app.close()


def test_app_starts_on_a_machine_too_busy_to_answer_itself_in_time(library, monkeypatch):
    monkeypatch.setattr("gradio.networking.url_ok", lambda url: False)
    app = build_app(library, Store("sqlite://"))
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options(app))
    try:
        assert httpx.get(url, **PLAIN).status_code == 200
    finally:
        app.close()


def test_page_that_is_shared_brings_its_own_code(library, monkeypatch):
    monkeypatch.setattr("gradio.networking.setup_tunnel", lambda **options: "https://somewhere.gradio.live")
    app = build_app(library, Store("sqlite://"))
    launch_page(app, {"server_name": "127.0.0.1", "server_port": free_port(), "share": True} | launch_options(app))
    try:
        assert app.share_url == "https://somewhere.gradio.live"
        page = httpx.get(app.local_url, **PLAIN).text
        assert re.findall(r'<script type="module"[^>]* src="([^"]*)"', page)[0].startswith("./assets/")
        assert "amazonaws" not in page
    finally:
        app.close()


def test_threads_that_wait_leave_their_cores_to_others():
    environment = os.environ | {"OMP_DISPLAY_ENV": "VERBOSE"}  # OpenMP prints its settings when torch loads it
    command = [sys.executable, "-c", "import app, torch"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=True)
    assert re.search(r"GOMP_SPINCOUNT = '0'|OMP_WAIT_POLICY='PASSIVE'", run.stdout + run.stderr)  # GNU's or LLVM's


def test_no_library_phones_home():
    script = (
        "import app; from gradio.analytics import analytics_enabled; from huggingface_hub import constants as hub\n"
    )
    script += "import sys; sys.exit(analytics_enabled() or not hub.HF_HUB_DISABLE_TELEMETRY)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=300, check=True)


def test_list_models_describes_every_checkpoint(client, checkpoints):
    listed = [item.describe() for item in checkpoint.list_checkpoints(checkpoints)]
    assert client.predict(api_name="/list_models") == listed


def test_list_models_builds_no_model_again(client, monkeypatch):
    listed = client.predict(api_name="/list_models")
    monkeypatch.setattr(checkpoint, "build_generator", None)
    assert client.predict(api_name="/list_models") == listed


def test_generate_answers_with_the_models_clips(client, library):
    files = client.predict(model=MODEL, num=3, seed=2**62, label=LABELS[1], truncation=0.5, api_name="/generate")
    expected = library.get(MODEL).synthesizer.generate(3, 2**62, LABELS[1], truncation=0.5)
    assert [Path(file).name for file in files] == [f"{MODEL}-{LABELS[1]}-{2**62}-{index}.wav" for index in range(3)]
    for file, clip in zip(files, expected, strict=True):
        audio, sample_rate = soundfile.read(file, dtype="int16")
        assert sample_rate == 16000
        np.testing.assert_array_equal(audio, to_pcm16(clip))


def test_generate_has_defaults(client):
    assert len(client.predict(model="tiny-unconditional", api_name="/generate")) == 4


def test_morph_answers_with_one_file(client, library):
    file = client.predict(model=MODEL, from_seed=1, to_seed=2, api_name="/morph")
    audio, _ = soundfile.read(file, dtype="int16")
    expected = library.get(MODEL).synthesizer.morph(1, 2, 9)
    np.testing.assert_array_equal(audio, to_pcm16(np.concatenate(expected)))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("model", {"model": "../../etc/passwd"}),
        ("model", {"model": ["tiny-wavegan"]}),
        ("num", {"num": 0}),
        ("num", {"num": 65}),
        ("num", {"num": 10_000_000}),
        ("num", {"num": "many"}),
        ("num", {"num": None}),
        ("seed", {"seed": "twelve"}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 2**63}),
        ("label", {"label": "Theremin"}),
        ("label", {"label": {"a": 1}}),
        ("pitch", {"pitch": 128}),
        ("truncation", {"truncation": 0}),
        ("truncation", {"truncation": "wide"}),
    ],
)
def test_bad_generate_is_one_sentence(client, name, values):
    with pytest.raises(AppError) as caught:
        client.predict(**({"model": MODEL} | values), api_name="/generate")
    assert re.match(f"{name} must be ", str(caught.value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1" + "0" * 400, "true", '"2"', "[1]", "{}"])
@pytest.mark.parametrize(("endpoint", "name"), NUMBERS)
def test_whatever_is_no_number_in_range_is_one_sentence(client, endpoint, name, value):
    given = [MODEL if one == "model" else DEFAULTS.get(one, 1) for one in PARAMETERS[endpoint]]
    place, address = PARAMETERS[endpoint].index(name), f"{client.src}gradio_api/call/{endpoint}"
    given[place] = "HERE"
    sent = json.dumps({"data": given}).replace('"HERE"', value)
    event = httpx.post(address, content=sent, headers={"content-type": "application/json"}, **PLAIN)
    told = httpx.get(f"{address}/{event.json()['event_id']}", **PLAIN).text
    assert json.loads(told.partition("data: ")[2])["error"].startswith(f"{name} must be ")


@pytest.mark.parametrize(("name", "values"), [("steps", {"steps": 1}), ("steps", {"steps": 65}), ("to_seed", {})])
def test_bad_morph_is_one_sentence(client, name, values):
    arguments = {"model": MODEL, "from_seed": 0, "to_seed": "x" if name == "to_seed" else 1} | values
    with pytest.raises(AppError, match=f"^{name} must be "):
        client.predict(**arguments, api_name="/morph")


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("generate", [MODEL], "generate takes 6 values (model, num, seed, label, pitch, truncation), not 1"),
        ("generate", [], "generate takes 6 values (model, num, seed, label, pitch, truncation), not 0"),
        ("morph", [MODEL, 1, 2], "morph takes 5 values (model, from_seed, to_seed, steps, label), not 3"),
    ],
)
def test_call_with_too_few_values_is_one_sentence(client, name, given, words):
    address = f"{client.src}gradio_api/call/{name}"
    event = httpx.post(address, json={"data": given}, **PLAIN).json()["event_id"]
    told = httpx.get(f"{address}/{event}", **PLAIN).text
    assert told.startswith("event: error")
    assert json.loads(told.partition("data: ")[2])["error"] == words
    told = httpx.post(f"{client.src}gradio_api/run/{name}", json={"data": given}, **PLAIN)
    assert (told.status_code, told.json()["error"]) == (500, words)


def test_nothing_else_is_public(client):
    api = client.view_api(return_format="dict", print_info=False)
    assert set(api["named_endpoints"]) == {"/list_models", "/generate", "/morph"}
    assert api["unnamed_endpoints"] == {}


def test_page_names_no_other_server(client):
    page = httpx.get(client.src, **PLAIN).text
    fetched = re.findall(r"""(?:<script[^>]*src|<link[^>]*href)=["'](https?://[^"']+)""", page)
    assert [url for url in fetched if not url.startswith(client.src)] == []
    assert "fonts.googleapis" not in page


@pytest.mark.parametrize("text", ["", " ", "x", "1e3", "1.0", "-1", "²", "٣", str(2**63), "9" * 5000, None])
def test_seed_that_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r"^seed must be a whole number from 0 to"):
        parse_seed(text)


def test_seed_is_exact_beyond_what_a_browser_counts():
    assert parse_seed(f" {2**63 - 1} ") == 2**63 - 1


def test_strangers_card_cannot_fetch_or_run():
    card = "---\nlicense: mit\n---\n# T\n<img src=http://x/y>\n![a](http://x/b)\n```mermaid\ngraph\n```\n`1 < 2`"
    inert = inert_markdown(card)
    assert inert.startswith("# T")
    assert "<img" not in inert
    assert "![" not in inert
    assert "mermaid" not in inert
    assert "1 < 2" in inert
    assert inert_markdown("What fails:\n\n![three spectrograms](failures.png)\n- Bells.") == "What fails:\n\n- Bells."


def test_card_loses_the_title_that_opens_it_alone():
    assert untitled("\n# flutes\n\nA model.\n# Limits\n") == "\nA model.\n# Limits\n"
    assert untitled("A model.\n# Limits") == "A model.\n# Limits"


def test_snippets_of_the_about_tab_run_as_they_are(client, tmp_path):
    text = api_text(MODEL, client.src.rstrip("/"))
    python, shell = (re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1] for language in ("python", "sh"))
    environment = os.environ | {"GRADIO_TEMP_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", python], capture_output=True, text=True, timeout=300, env=environment, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(".wav") == 5
    run = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=300, check=False)
    assert "event: complete" in run.stdout, run.stdout + run.stderr
    assert run.stdout.count("orig_name") == 4
