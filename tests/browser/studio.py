"""How a test gets at the Play tab: its pads, its buttons, the files it saves, and what they should hold."""

import io
import zipfile

import numpy as np
import soundfile
from playwright.sync_api import Page

import audiogan
from audiogan.audio import to_pcm16
from audiogan.ui.sounds import trim

SAMPLE_RATE = 16000


def pad(page: Page, number: int):
    return page.locator(".pad").nth(number)


def identity(page: Page, number: int) -> str:
    """What the panel says of a pad, which selects it."""
    pad(page, number).click()
    return page.locator(".inspector .identity").inner_text()


def tool(page: Page, name: str):
    return page.locator(".studio").get_by_role("button", name=name, exact=True)


def saved(page: Page, press) -> tuple[str, bytes]:
    """Name and content of the file that a press saves."""
    with page.expect_download() as download:
        press()
    return download.value.suggested_filename, download.value.path().read_bytes()


def saved_kit(page: Page) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(saved(page, tool(page, "Save kit").click)[1]))


def pcm(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data), dtype="int16")[0]


def generated(site, seed: int, index: int, label: str | None, model: str = "tiny-one") -> np.ndarray:
    """What the command line would make of a pad's identity, as int16."""
    clip = audiogan.load(model, "cpu", site.checkpoints).generate(index + 1, seed, label)[index]
    return to_pcm16(trim(clip, SAMPLE_RATE))
