// From one seed to another: each step can be played, all of them in a row, and saved as one file.

import { button, isShown, make, rename, saveFile, slider, words } from "./dom.js";
import { audio, play, wake } from "./engine.js";
import { stemOf } from "./kit.js";
import { evenGain } from "./loudness.js";
import { wavFile } from "./pcm.js";
import { toast } from "./toast.js";
import { drawOutline } from "./wave.js";

const STEPS = { min: 2, max: 16, step: 1, value: 9, say: String };

export class Morph {
  // `place()` is where the tab listens; `fetch(place, points, progress)` gets sounds; `show(sound, voice)` looks at one;
  // `hush()` stops whatever sounds in the tab.
  constructor({ place, fetch, show, hush, seedField, progress }) {
    Object.assign(this, { place, fetch, show, hush, progress, sounds: [], voices: [] });
    this.from = seedField("From seed", "1");
    this.to = seedField("To seed", "2");
    this.steps = slider("Steps", STEPS, () => {});
    const go = Object.assign(button("Morph", () => {}, { className: "tool primary" }), { type: "submit" });
    this.playButton = button("Play all", () => this.toggle(), { image: "play" });
    this.saveButton = button("Save as one WAV", () => this.save(), { image: "download" });
    this.strip = make("ol", { className: "strip", "aria-label": "Steps of the morph" });
    this.tools = make("div", { className: "row", hidden: true }, this.playButton, this.saveButton);
    const form = make("form", { className: "row" }, this.from.element, this.to.element, this.steps, go);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.make();
    });
    this.element = make("section", { className: "panel morph", "aria-labelledby": "morph-title" }, make("h2", { id: "morph-title", textContent: "Morph" }), form, progress.element, this.strip, this.tools);
  }

  // One at a time: what is still being made gives way.
  async make() {
    this.hush();
    this.progress.cancel?.();
    const place = this.place();
    const [from, to] = [this.from.value, this.to.value];
    const count = Number(this.steps.input.value);
    const points = Array.from({ length: count }, (_, step) => ({ at: [step / (count - 1), 0] }));
    try {
      const sounds = await this.fetch({ ...place, corners: [from, to, from, to] }, points, this.progress);
      if (sounds) this.fill(place, from, to, sounds);
    } catch (error) {
      toast(error.message);
    }
  }

  fill(place, from, to, sounds) {
    const label = words(place.label || place.model);
    this.name = `${stemOf(place.model, place.label)}-${from}-to-${to}`;
    this.sounds = sounds.map((sound, step) => ({
      ...sound,
      title: `${label}: ${from} to ${to}`,
      detail: `${place.model} · step ${step + 1} of ${sounds.length}`,
      fileName: `${this.name}-step-${step + 1}.wav`,
    }));
    this.strip.replaceChildren(...this.sounds.map((sound, step) => this.stepOf(sound, step)));
    this.tools.hidden = false;
    for (const [step, item] of [...this.strip.children].entries()) drawOutline(item.querySelector("canvas"), this.sounds[step].samples);
    if (isShown(this.element)) this.hear(0); // else the tab was left meanwhile
  }

  stepOf(sound, step) {
    const node = make("button", { type: "button", className: "step-sound", ariaLabel: `Play step ${step + 1} of ${this.sounds.length}` });
    node.append(make("canvas", { className: "wave" }), make("span", { textContent: String(step + 1) }));
    node.addEventListener("click", () => this.hear(step));
    return make("li", {}, node);
  }

  hear(step) {
    this.hush();
    wake();
    const { buffer } = this.sounds[step];
    const voice = play(buffer, { gain: evenGain(buffer) });
    this.voices.push(voice);
    this.look(step, voice);
  }

  look(step, voice) {
    for (const [number, item] of [...this.strip.children].entries()) item.firstChild.toggleAttribute("data-now", number === step);
    this.show(this.sounds[step], voice);
  }

  async toggle() {
    const { running } = this;
    this.hush();
    if (running) return;
    this.running = true;
    await wake();
    if (!this.running) return;
    let when = audio().currentTime + 0.06;
    const starts = [];
    this.voices = this.sounds.map(({ buffer }) => {
      starts.push(when);
      const voice = play(buffer, { when, gain: evenGain(buffer) });
      when += buffer.duration;
      return voice;
    });
    rename(this.playButton, "Stop", "stop");
    this.step(starts, -1);
  }

  step(starts, shown) {
    const now = audio().currentTime;
    const { voices } = this;
    if (!voices.length || now > voices.at(-1).end) return this.silence();
    const current = starts.findLastIndex((start) => start <= now);
    if (current > shown) this.look(current, voices[current]);
    requestAnimationFrame(() => this.voices === voices && this.step(starts, Math.max(current, shown)));
  }

  silence() {
    for (const voice of this.voices) voice.stop();
    this.voices = [];
    this.running = false;
    rename(this.playButton, "Play all", "play");
  }

  save() {
    const { samples, sampleRate } = joined(this.sounds);
    saveFile(`${this.name}.wav`, wavFile(samples, sampleRate));
  }
}

// Sounds one after the other, as one.
export function joined(sounds) {
  const samples = new Float32Array(sounds.reduce((sum, sound) => sum + sound.samples.length, 0));
  let at = 0;
  for (const sound of sounds) {
    samples.set(sound.samples, at);
    at += sound.samples.length;
  }
  return { samples, sampleRate: sounds[0].sampleRate };
}
