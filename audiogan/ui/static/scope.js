// A close look at a sound: waveform over spectrogram on one time axis, zoom, and a cursor that reads seconds, Hz and dB.

import { minus, noteName } from "./axis.js";
import { boxesOf, drawChart, drawMarks } from "./chart.js";
import { allow, button, make, rename, saveFile, segmented } from "./dom.js";
import { audio, bufferOf, play, wake } from "./engine.js";
import { listenToFingers } from "./fingers.js";
import { evenGain } from "./loudness.js";
import { wavFile } from "./pcm.js";
import { penOf } from "./picture.js";
import { decibels, KINDS, spectrogram } from "./spectrum.js";
import { View } from "./view.js";

const ZOOM = 1.6;
const KEYS_HELP = "Arrow keys move the cursor, plus and minus zoom, 0 shows all, space plays what is shown.";

export class Scope {
  // `hush()` stops whatever sounds, this scope's sound too; `tools` are more buttons; those with data-needs act on what is shown.
  constructor({ hush, tools = [] }) {
    this.hush = hush;
    this.view = new View(1);
    this.kind = "mel";
    this.cursor = null; // { second, height } with height from 0 (bottom of the spectrogram) to 1
    this.element = this.build(tools);
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.screen);
  }

  build(tools) {
    this.title = make("h2", { textContent: "No sound yet" });
    this.detail = make("p", { className: "identity" });
    this.runButton = button("Play", () => this.toggle(), { image: "play", className: "tool primary" });
    this.save = button("WAV", () => this.saveWav(), { image: "download", title: "Save this sound as a WAV file" });
    this.base = make("canvas", { className: "base" });
    this.over = make("canvas", { className: "over" });
    this.screen = make("div", { className: "screen", tabIndex: 0, role: "application", "aria-roledescription": "spectrogram", "aria-label": "Waveform and spectrogram" }, this.base, this.over);
    this.screen.setAttribute("aria-description", KEYS_HELP);
    this.readout = make("p", { className: "readout", textContent: " " });
    this.spoken = make("p", { className: "spoken", role: "status" });
    const kinds = segmented("Spectrogram", Object.entries(KINDS), this.kind, (kind) => {
      this.kind = kind;
      this.draw();
    });
    const zooms = make("div", { className: "zooms", role: "group", "aria-label": "Zoom" });
    this.fit = button("All", () => this.look((view) => view.reset()), { title: "Show the whole sound" });
    zooms.append(
      button("Zoom out", () => this.look((view) => view.zoom(1 / ZOOM, this.cursor?.second)), { image: "minus", wordless: true }),
      button("Zoom in", () => this.look((view) => view.zoom(ZOOM, this.cursor?.second)), { image: "plus", wordless: true }),
      this.fit,
    );
    const words = make("div", { className: "words" }, this.title, this.detail);
    this.needy = [this.runButton, this.save, ...zooms.children, ...tools.filter(({ dataset }) => dataset.needs)];
    for (const tool of this.needy) allow(tool, false); // until there is a sound
    const head = make("header", {}, words, this.runButton, this.save, ...tools);
    return make("section", { className: "scope", "aria-label": "The sound, close up" }, head, this.screen, this.readout, make("div", { className: "scope-tools" }, kinds, zooms), this.spoken);
  }

  // A sound is { samples, sampleRate, title, detail, fileName }.
  show(sound) {
    const seconds = sound.samples.length / sound.sampleRate;
    if (!this.sound || seconds !== this.view.seconds) this.view.reset(seconds);
    if (!this.sound) for (const tool of this.needy) allow(tool, true);
    this.sound = sound;
    this.title.textContent = sound.title;
    this.detail.textContent = sound.detail;
    this.draw();
  }

  get picture() {
    this.sound.pictures ??= {};
    this.sound.pictures[this.kind] ??= spectrogram(this.kind, this.sound.samples, this.sound.sampleRate);
    return this.sound.pictures[this.kind];
  }

  toggle() {
    const { playing } = this;
    this.hush();
    if (playing || !this.sound) return;
    wake();
    this.playPart(this.view.zoomed ? this.view : { from: 0, to: this.view.seconds });
  }

  playPart({ from, to }) {
    const { buffer, samples, sampleRate } = this.sound;
    const part = samples.subarray(Math.floor(from * sampleRate), Math.ceil(to * sampleRate));
    this.follow(play(bufferOf(part, sampleRate), { gain: evenGain(buffer) }), from);
  }

  // Show a playhead for a voice that sounds from a second on.
  follow(voice, from = 0) {
    this.playing = { voice, from };
    const move = () => {
      if (this.playing?.voice !== voice) return;
      if (audio().currentTime < voice.end) requestAnimationFrame(move);
      else this.playing = null;
      this.nameRun();
      this.drawOver();
    };
    move();
  }

  stop() {
    this.playing?.voice.stop();
    this.playing = null;
    this.nameRun();
    this.drawOver();
  }

  nameRun() {
    if (this.playing) rename(this.runButton, "Stop", "stop");
    else rename(this.runButton, "Play", "play");
  }

  saveWav() {
    if (this.sound) saveFile(this.sound.fileName, wavFile(this.sound.samples, this.sound.sampleRate));
  }

  look(change) {
    change(this.view);
    this.draw();
  }

  listen() {
    const { screen } = this;
    listenToFingers(screen, {
      holds: () => this.view.zoomed,
      point: (event) => this.point(event),
      zoom: (factor, x) => this.look((view) => view.zoom(factor, this.secondAt(x))),
      pan: (pixels) => this.look((view) => view.pan((pixels / boxesOf(screen).wave.width) * view.span)),
    });
    screen.addEventListener("pointerleave", (event) => this.leave(event));
    screen.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    screen.addEventListener("keydown", (event) => this.key(event));
  }

  // Safari says that a mouse leaves whenever its button is let go, wherever it is.
  leave({ pointerType, clientX, clientY }) {
    const { left, right, top, bottom } = this.screen.getBoundingClientRect();
    const inside = left < clientX && clientX < right && top < clientY && clientY < bottom;
    if (pointerType === "mouse" && !inside) this.setCursor(null);
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls; a trackpad's pinch comes with ctrlKey
    event.preventDefault();
    this.look((view) => view.zoom(Math.exp(-event.deltaY / 200), this.secondAt(event.offsetX)));
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.sound) return;
    const { second, height } = this.cursor ?? { second: this.view.secondAt(0.5), height: 0.5 };
    const far = event.shiftKey ? 10 : 1;
    const step = (across, up) => () => {
      const moved = Math.min(Math.max(second + (across * far * this.view.span) / 200, 0), this.view.seconds);
      this.view.reveal(moved);
      this.draw();
      this.setCursor({ second: moved, height: Math.min(Math.max(height + (up * far) / 96, 0), 1) }, true);
    };
    const actions = {
      ArrowLeft: step(-1, 0),
      ArrowRight: step(1, 0),
      ArrowUp: step(0, 1),
      ArrowDown: step(0, -1),
      "+": () => this.look((view) => view.zoom(ZOOM, second)),
      "=": () => this.look((view) => view.zoom(ZOOM, second)),
      "-": () => this.look((view) => view.zoom(1 / ZOOM, second)),
      0: () => this.look((view) => view.reset()),
      " ": () => this.toggle(),
      Escape: () => this.setCursor(null),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }

  point(event) {
    const { spectrum } = boxesOf(this.screen);
    const height = (spectrum.top + spectrum.height - event.offsetY) / spectrum.height;
    const second = this.secondAt(event.offsetX);
    const inside = second >= 0 && second <= this.view.seconds;
    this.setCursor(inside ? { second, height: Math.min(height, 1) } : null);
  }

  secondAt(x) {
    const { wave } = boxesOf(this.screen);
    return this.view.secondAt((x - wave.left) / wave.width);
  }

  setCursor(cursor, aloud = false) {
    this.cursor = this.sound ? cursor : null;
    this.drawOver();
    this.readout.textContent = this.cursor ? this.read() : " ";
    if (aloud) this.spoken.textContent = this.readout.textContent;
  }

  read() {
    const { second, height } = this.cursor;
    const { samples, sampleRate } = this.sound;
    const parts = [`${second.toFixed(4)} s`];
    const { rows, columns, step, levels, hz } = this.picture;
    if (height >= 0) {
      const row = Math.min(Math.floor(height * rows), rows - 1);
      const column = Math.min(Math.round(second / step), columns - 1);
      const pitch = Math.max(hz(height * rows - 0.5), 0);
      const level = levels[row * columns + column];
      parts.push(`${pitch.toFixed(pitch < 100 ? 1 : 0)} Hz`, noteName(pitch), `${level ? "" : "≤ "}${minus(decibels(level).toFixed(1))} dB`);
    }
    const sample = samples[Math.min(Math.round(second * sampleRate), samples.length - 1)];
    parts.push(`amplitude ${minus(sample.toFixed(3))}`);
    return parts.filter(Boolean).join("   ");
  }

  draw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.drawBase();
      this.drawOver();
    });
  }

  drawBase() {
    if (!this.base.clientWidth) return;
    const { pen } = penOf(this.base);
    if (!this.sound) return;
    drawChart(pen, boxesOf(this.screen), this.view, this.sound, this.picture);
    allow(this.fit, this.view.zoomed);
  }

  drawOver() {
    if (!this.over.clientWidth) return;
    const { pen } = penOf(this.over);
    if (!this.sound) return;
    const playhead = this.playing && this.playing.from + audio().currentTime - this.playing.voice.begin;
    drawMarks(pen, boxesOf(this.screen), this.view, { playhead, cursor: this.cursor });
  }
}
