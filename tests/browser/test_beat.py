"""The steps and what sounds at them: time kept, beats had back, loops, levels and cuts."""

import io

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from .listen import GAINS, LISTEN, heard
from .studio import SAMPLE_RATE, pad, saved, tool
from .waiting import STANDING

pytestmark = pytest.mark.browser
LATE = 0.05  # seconds after which the sequencer leaves a step out


def test_space_starts_steps_that_keep_time(visit):
    page = visit(script=LISTEN)
    page.get_by_label("Tempo").fill("240")
    page.locator(".inspector h2").click()
    tool(page, "Clear all").click()
    page.locator(".step[data-number='0'][data-step='0']").click()
    page.get_by_role("combobox", name="Steps").select_option("2")
    page.locator(".inspector h2").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function("heard.length >= 8")
    expect(page.locator(".step[data-now]").first).to_be_attached()
    page.keyboard.press("Space")
    starts, turn = heard(page), 2 * 60 / 240 / 4
    places = np.array([start["when"] - starts[0]["when"] for start in starts]) / turn
    np.testing.assert_allclose(places, places.round(), atol=1e-5)
    for before, after, start in zip(places.round(), places[1:].round(), starts[1:], strict=False):
        # no step is doubled, and none left out but those that were past when a page that stalled came to them
        assert before < after
        assert after == before + 1 or starts[0]["when"] + turn * (after - 1) < start["now"] - LATE
    page.wait_for_timeout(400)
    assert len(heard(page)) == len(starts)


def test_pad_that_is_pressed_right_after_the_beat_stopped_sounds_whole(visit):
    page = visit(script=LISTEN)
    page.get_by_label("Tempo").fill("300")
    pad(page, 0).click()
    for step in (1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15):  # the others are set
        page.locator(f".step[data-number='0'][data-step='{step}']").click()
    page.locator(".transport .run").click()
    page.wait_for_function("heard.length > 20")
    last = page.evaluate(
        """() => {
        for (const code of ["Space", "Digit1"])
          document.body.dispatchEvent(new KeyboardEvent("keydown", { code, key: code, bubbles: true }));
        return heard.at(-1);
        }"""
    )
    # where it was cut it ended after 32 ms; the audio clock may go on while a press is carried out
    assert last["until"] - last["when"] == pytest.approx(last["seconds"], abs=0.05)


def test_page_that_slept_does_not_catch_up_on_the_beat(visit):
    page = visit(script=LISTEN)
    page.locator(".transport .run").click()
    page.wait_for_function("heard.length > 4")
    page.evaluate("heard.length = 0; for (const end = performance.now() + 4000; performance.now() < end; );")
    page.wait_for_function("heard.length > 4")
    assert max(start["now"] - start["when"] for start in heard(page)) < 0.5  # of the four seconds that it slept


def test_muted_pad_is_left_out_and_solo_leaves_the_others_out(visit):
    page = visit(script=LISTEN)
    page.get_by_role("button", name="All pads").click()
    page.get_by_role("button", name="Solo pad 16").click()
    tool(page, "Play").click()
    page.wait_for_timeout(500)
    tool(page, "Stop").click()
    assert heard(page) == []


def test_beat_that_was_cleared_or_replaced_can_be_had_back(visit):
    page = visit(script=STANDING)
    own = page.locator(".step[data-number='0'][data-step='3']")
    expect(page.get_by_label("Pattern")).to_have_value("Four on the floor")
    own.click()
    expect(page.get_by_label("Pattern")).to_have_value("")
    tool(page, "Clear all").click()
    expect(own).to_have_attribute("data-level", "0")
    expect(page.locator(".toast")).to_be_visible()
    for step in page.locator(".step[data-number='0']").all():
        step.click(trial=True)  # under no toast
    page.get_by_role("button", name="Undo", exact=True).last.click()
    expect(own).to_have_attribute("data-level", "2")
    page.get_by_label("Pattern").select_option("Small hours")
    expect(page.get_by_label("Tempo")).to_have_value("76")
    page.get_by_role("status").filter(has_text="Small hours").get_by_role("button", name="Undo").click()
    expect(own).to_have_attribute("data-level", "2")
    expect(page.get_by_label("Tempo")).to_have_value("122")
    tool(page, "Clear all").click()
    expect(page.get_by_label("Pattern")).to_have_value("")
    page.get_by_role("tab", name="Rate").click()
    expect(page.locator(".toast")).to_have_count(0)  # it would lie over the listening test
    page.get_by_role("tab", name="Play").click()
    tool(page, "Clear all").click()  # nothing to lose: nothing to say
    expect(page.locator(".toast")).to_have_count(0)


def test_one_beat_at_a_time_can_be_had_back_and_no_toast_lies_over_the_kit(visit):
    page = visit(script=STANDING)
    for name in ("Bossa nova", "Small hours"):
        page.get_by_label("Pattern").select_option(name)
    expect(page.locator(".toast")).to_have_count(1)  # Undo of the first would undo the second as well
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Pattern")).to_have_value("Bossa nova")
    tool(page, "Clear all").click()
    tool(page, "Loop WAV").click()  # of nothing, which is said beside it
    tool(page, "Share").click()
    expect(page.locator(".toast")).to_have_count(2)
    for name in ("New kit", "Share", "Save kit", "Open kit"):
        tool(page, name).click(trial=True)  # under no toast


def test_tempo_that_cannot_be_is_said_and_none_is_as_before(visit):
    page = visit()
    for tempo in ("999", ""):
        page.get_by_label("Tempo").fill(tempo)
        page.get_by_label("Tempo").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Tempo goes from 30 to 300.")
    expect(page.get_by_label("Tempo")).to_have_value("300")


def test_what_another_kit_replaced_is_not_brought_back_into_it(visit, tmp_path):
    page = visit(script=STANDING)
    name, data = saved(page, tool(page, "Save kit").click)
    (tmp_path / name).write_bytes(data)
    page.get_by_label("Pattern").select_option("Small hours")
    expect(page.locator(".toast", has_text="Small hours")).to_be_visible()
    page.locator("input[type=file]").set_input_files(tmp_path / name)
    expect(page.locator(".toast", has_text="The kit is open")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(1)


def test_take_that_another_tab_ends_leaves_no_toast_there(visit):
    page = visit(script=STANDING)
    tool(page, "Record").click()
    expect(page.locator(".step[data-now]").first).to_be_attached()
    page.keyboard.press("2")
    page.get_by_role("tab", name="Rate").click()
    expect(page.get_by_role("tab", name="Rate")).to_have_attribute("aria-selected", "true")
    page.wait_for_timeout(300)
    assert page.locator(".toast").count() == 0


def test_assistive_tools_set_steps(visit):
    """Their clicks come without a pointer."""
    page = visit()
    own = page.locator(".step[data-number='0'][data-step='3']")
    own.evaluate("(step) => step.click()")
    expect(own).to_have_attribute("data-level", "2")
    own.click()
    expect(own).to_have_attribute("data-level", "0")
    own.focus()
    page.keyboard.press("Space")
    expect(own).to_have_attribute("data-level", "2")


def test_loop_is_exactly_its_steps_long_and_under_full_scale(visit):
    page = visit()
    page.get_by_label("Pattern").select_option("Boom bap")
    name, data = saved(page, tool(page, "Loop WAV").click)
    audio, sample_rate = soundfile.read(io.BytesIO(data))
    assert name == "audiogan-loop-90-bpm.wav"
    assert len(audio) == round(16 * 60 / 90 / 4 * sample_rate)
    assert 0.001 < np.abs(audio).max() <= 1


def test_loop_begins_with_its_first_step(visit):
    page = visit()
    tool(page, "Clear all").click()
    page.locator(".step[data-number='0'][data-step='0']").click()
    sound, _ = soundfile.read(io.BytesIO(saved(page, tool(page, "WAV").click)[1]))
    loop, sample_rate = soundfile.read(io.BytesIO(saved(page, tool(page, "Loop WAV").click)[1]))
    at_once = np.interp(np.arange(len(loop)) / sample_rate, np.arange(len(sound)) / SAMPLE_RATE, sound, right=0)
    matches = [np.dot(np.roll(at_once, lag), loop) for lag in range(-500, 501)]
    assert abs(np.argmax(matches) - 500) < 10  # samples: a fifth of a millisecond


def test_level_guard_passes_quiet_sounds_and_holds_sixteen_loud_ones(visit):
    page = visit()
    encoded = page.evaluate(
        """async () => {
        const { bufferOf, guard, start } = await import(audioganModules["engine.js"]);
        const tone = Float32Array.from({ length: 16000 }, (_, at) => Math.sin(at * 0.1727));
        const render = async (count, gain) => {
          const offline = new OfflineAudioContext(1, 44100, 44100);
          const output = guard(offline);
          for (let voice = 0; voice < count; voice += 1) start(offline, output, bufferOf(tone, 16000), { gain });
          const samples = (await offline.startRendering()).getChannelData(0);
          return samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        };
        return [await render(1, 0.1), await render(1, 1), await render(16, 1)];
        }"""
    )
    quiet, one, many = encoded
    assert quiet == pytest.approx(0.1, rel=0.15)
    assert 0.5 < one < 1
    assert many < 1


def test_a_tone_sounds_without_its_mirror_above_the_models_nyquist(visit):
    rendered = visit().evaluate(
        """async () => {
        const { bufferOf, start } = await import(audioganModules["engine.js"]);
        const tone = Float32Array.from({ length: 16000 }, (_, at) => Math.sin((2 * Math.PI * 6000 * at) / 16000));
        const offline = new OfflineAudioContext(1, 48000, 48000);
        start(offline, offline.destination, bufferOf(tone, 16000));
        return [...(await offline.startRendering()).getChannelData(0)];
        }"""
    )
    middle = np.array(rendered[12000:36000]) * np.hanning(24000)
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(middle)) + 1e-9)  # 2 Hz a bin
    assert np.argmax(spectrum) == 3000
    assert spectrum[4500:].max() < spectrum[3000] - 70  # at 10 kHz, -9 dB were it interpolated in straight lines


def test_sound_that_is_cut_while_it_fades_does_not_jump(visit):
    steepest = visit().evaluate(
        """async () => {
        const { bufferOf, start } = await import(audioganModules["engine.js"]);
        const offline = new OfflineAudioContext(1, 44100, 44100);
        const level = bufferOf(Float32Array.from({ length: 16000 }, (_, at) => Math.min(at / 1600, 1)), 16000);
        for (const at of [0.2965, 0.2975, 0.2985, 0.2995])
          start(offline, offline.destination, level, { share: 0.3 }).stop(at);
        const samples = (await offline.startRendering()).getChannelData(0);
        return samples.reduce((most, value, at) => Math.max(most, at ? Math.abs(value - samples[at - 1]) : 0), 0);
        }"""
    )
    assert steepest < 0.05  # four voices that fade over 5 ms


def test_record_writes_what_is_played_and_the_take_can_be_taken_out(visit):
    page = visit(script=STANDING)
    tool(page, "Clear all").click()
    tool(page, "Record").click()
    expect(page.locator(".transport .run")).to_have_text("Stop")
    expect(page.locator(".step[data-now]").first).to_be_attached()
    page.keyboard.press("2")
    pad(page, 2).click()
    expect(page.locator(".step[data-level='2']")).to_have_count(2)
    tool(page, "Record").click()
    page.keyboard.press("4")
    expect(page.locator(".step[data-level='2']")).to_have_count(2)
    page.locator(".toast", has_text="What you played").get_by_role("button", name="Undo").click()
    expect(page.locator(".step[data-level='2']")).to_have_count(0)


def test_what_is_recorded_sounds_as_it_will_from_its_step(visit):
    page = visit(script=STANDING + GAINS)
    tool(page, "Clear all").click()
    page.get_by_label("Tempo").fill("30")
    page.get_by_label("Tempo").press("Enter")

    def gain(key: str) -> float:
        page.keyboard.press(key)
        return page.evaluate("gains.at(-1)")

    loud = gain("2")
    tool(page, "Keys").click()
    assert gain("z") == pytest.approx(loud)
    tool(page, "Record").click()
    expect(page.locator(".step[data-now]").first).to_be_attached()
    assert gain("z") == pytest.approx(0.72 * loud)
    tool(page, "Steps").click()
    assert gain("2") == pytest.approx(0.72 * loud)
    tool(page, "Soft").click()
    assert gain("2") == pytest.approx(0.4 * loud)
    tool(page, "Record").click()
    assert gain("2") == pytest.approx(loud)


def test_record_on_an_empty_beat_counts_a_bar_first_and_a_second_press_ends_it(visit):
    page = visit(script=LISTEN)
    record, run = page.locator(".tool.record"), page.locator(".transport .run")
    record.click()
    assert record.get_attribute("data-count") in (None, "")  # the beat that plays is the metronome
    record.click()
    run.click()
    tool(page, "Clear all").click()
    record.click()
    expect(record).to_have_attribute("data-count", "1")
    expect(record).to_have_accessible_name("Record, after four beats")
    record.click()
    expect(run).to_have_text("Play")
    expect(record).to_have_accessible_name("Record")
    expect(record).to_have_attribute("aria-pressed", "false")
    page.evaluate("heard.length = 0")
    record.click()
    expect(page.locator(".step[data-now]").first).to_be_attached()
    assert len(heard(page)) >= 4  # clicks
    record.click()
    expect(page.locator(".step[data-level='2']")).to_have_count(0)
