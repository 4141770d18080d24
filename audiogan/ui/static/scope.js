// A close look at a sound: waveform over spectrogram on one time axis, zoom, and a cursor that reads seconds, Hz and dB.

import { noteName, ticks, ticksHz } from "./axis.js";
import { button, make, rename, saveFile } from "./dom.js";
import { audio, bufferOf, play, wake } from "./engine.js";
import { wavOf } from "./pcm.js";
import { drawPicture, drawText, drawWave, FAINT, INK, penOf } from "./picture.js";
import { decibels, KINDS, RANGE_DB, spectrogram } from "./spectrum.js";
import { View } from "./view.js";
import { MAGMA } from "./magma.js";

const MARGIN = { left: 40, right: 46, top: 8, gap: 10, bottom: 22 };
const WAVE_SHARE = 0.26;
const ZOOM = 1.6;
const KEYS_HELP = "Arrow keys move the cursor, plus and minus zoom, 0 shows all, space plays what is shown.";

export class Scope {
  constructor({ heading = "h3" } = {}) {
    this.view = new View(1);
    this.kind = "mel";
    this.cursor = null; // { second, height } with height from 0 (bottom of the spectrogram) to 1
    this.element = this.build(heading);
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.screen);
  }

  build(heading) {
    this.title = make(heading, { textContent: "No sound yet" });
    this.detail = make("p", { className: "identity" });
    this.runButton = button("Play", () => this.toggle(), { image: "play", className: "tool primary" });
    this.save = button("WAV", () => this.saveWav(), { image: "download", title: "Save this sound as a WAV file" });
    this.base = make("canvas", { className: "base" });
    this.over = make("canvas", { className: "over" });
    this.screen = make("div", { className: "screen", tabIndex: 0, role: "application", "aria-roledescription": "spectrogram", "aria-label": "Waveform and spectrogram" }, this.base, this.over);
    this.screen.setAttribute("aria-description", KEYS_HELP);
    this.readout = make("p", { className: "readout", textContent: " " });
    this.spoken = make("p", { className: "spoken", role: "status" });
    const kinds = make("div", { className: "segments", role: "group", "aria-label": "Spectrogram" });
    kinds.append(...Object.entries(KINDS).map(([kind, name]) => this.kindButton(kind, name)));
    const zooms = make("div", { className: "zooms", role: "group", "aria-label": "Zoom" });
    this.fit = button("All", () => this.look((view) => view.reset()), { title: "Show the whole sound" });
    zooms.append(
      button("Zoom out", () => this.look((view) => view.zoom(1 / ZOOM, this.cursor?.second)), { image: "minus", wordless: true }),
      button("Zoom in", () => this.look((view) => view.zoom(ZOOM, this.cursor?.second)), { image: "plus", wordless: true }),
      this.fit,
    );
    const words = make("div", { className: "words" }, this.title, this.detail);
    const head = make("header", {}, words, this.runButton, this.save);
    return make("section", { className: "scope", "aria-label": "The sound, close up" }, head, this.screen, this.readout, make("div", { className: "scope-tools" }, kinds, zooms), this.spoken);
  }

  kindButton(kind, name) {
    const node = button(name, () => this.setKind(kind), { className: "segment" });
    node.dataset.kind = kind;
    node.setAttribute("aria-pressed", String(kind === this.kind));
    return node;
  }

  setKind(kind) {
    this.kind = kind;
    for (const node of this.element.querySelectorAll("[data-kind]")) node.setAttribute("aria-pressed", String(node.dataset.kind === kind));
    this.draw();
  }

  // A sound is { samples, sampleRate, title, detail, fileName }.
  show(sound) {
    const seconds = sound.samples.length / sound.sampleRate;
    if (!this.sound || seconds !== this.view.seconds) this.view.reset(seconds);
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
    if (this.playing) return this.stop();
    if (!this.sound) return;
    wake();
    this.playPart(this.view.zoomed ? this.view : { from: 0, to: this.view.seconds });
  }

  playPart({ from, to }) {
    const { samples, sampleRate } = this.sound;
    const part = samples.subarray(Math.floor(from * sampleRate), Math.ceil(to * sampleRate));
    this.follow(play(bufferOf(part, sampleRate)), from);
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
    if (this.sound) saveFile(this.sound.fileName, new Blob([wavOf([this.sound.samples], this.sound.sampleRate)], { type: "audio/wav" }));
  }

  look(change) {
    change(this.view);
    this.draw();
  }

  listen() {
    const { screen } = this;
    const pointers = new Map();
    let spread = 0;
    screen.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, event.offsetX);
      if (event.pointerType !== "touch" || this.view.zoomed) screen.setPointerCapture(event.pointerId);
      this.point(event);
    });
    screen.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (before !== undefined) pointers.set(event.pointerId, event.offsetX);
      if (pointers.size === 2) {
        const [first, second] = pointers.values();
        const now = Math.max(Math.abs(first - second), 8);
        if (spread) this.look((view) => view.zoom(now / spread, this.secondAt((first + second) / 2)));
        spread = now;
      } else {
        if (before !== undefined && this.view.zoomed) this.look((view) => view.pan(((before - event.offsetX) / this.boxes().wave.width) * view.span));
        this.point(event);
      }
    });
    for (const name of ["pointerup", "pointercancel"]) {
      screen.addEventListener(name, (event) => {
        pointers.delete(event.pointerId);
        spread = 0;
      });
    }
    screen.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.setCursor(null));
    screen.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    screen.addEventListener("keydown", (event) => this.key(event));
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
    const { spectrum } = this.boxes();
    const height = (spectrum.top + spectrum.height - event.offsetY) / spectrum.height;
    const second = this.secondAt(event.offsetX);
    const inside = second >= 0 && second <= this.view.seconds;
    this.setCursor(inside ? { second, height: Math.min(height, 1) } : null);
  }

  secondAt(x) {
    const { wave } = this.boxes();
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
      parts.push(`${pitch.toFixed(pitch < 100 ? 1 : 0)} Hz`, noteName(pitch), `${level ? "" : "≤ "}${decibels(level).toFixed(1).replace("-", "−")} dB`);
    }
    const sample = samples[Math.min(Math.round(second * sampleRate), samples.length - 1)];
    parts.push(`amplitude ${sample.toFixed(3).replace("-", "−")}`);
    return parts.filter(Boolean).join("   ");
  }

  boxes() {
    const { clientWidth, clientHeight } = this.screen;
    const width = Math.max(clientWidth - MARGIN.left - MARGIN.right, 1);
    const free = Math.max(clientHeight - MARGIN.top - MARGIN.gap - MARGIN.bottom, 2);
    const wave = { left: MARGIN.left, top: MARGIN.top, width, height: free * WAVE_SHARE };
    const top = wave.top + wave.height + MARGIN.gap;
    return { wave, spectrum: { left: MARGIN.left, top, width, height: free * (1 - WAVE_SHARE) } };
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
    const { wave, spectrum } = this.boxes();
    drawWave(pen, this.sound.samples, this.sound.sampleRate, this.view, wave);
    drawPicture(pen, this.picture, this.view, spectrum);
    this.drawSeconds(pen, wave, spectrum);
    this.drawHz(pen, spectrum);
    drawScale(pen, spectrum);
    this.fit.disabled = !this.view.zoomed;
  }

  drawSeconds(pen, wave, spectrum) {
    const bottom = spectrum.top + spectrum.height;
    for (const { value, text } of ticks(this.view.from, this.view.to, wave.width / 80)) {
      const x = wave.left + this.view.fractionOf(value) * wave.width;
      pen.fillStyle = FAINT;
      pen.fillRect(Math.round(x), bottom, 1, 4);
      drawText(pen, text, x, bottom + 12, { align: "center" });
    }
    drawText(pen, "s", wave.left + wave.width + 8, bottom + 12);
    pen.fillStyle = FAINT;
    pen.fillRect(wave.left, wave.top + wave.height / 2, wave.width, 0.5);
    drawText(pen, "1", wave.left - 7, wave.top + 5, { align: "right" });
    drawText(pen, "−1", wave.left - 7, wave.top + wave.height - 5, { align: "right" });
  }

  drawHz(pen, { left, top, height }) {
    const { rows, hz, row } = this.picture;
    let above = Infinity;
    for (const { value, text } of ticksHz(Math.max(hz(0), 50), hz(rows - 1))) {
      const y = top + height * (1 - (row(value) + 0.5) / rows);
      if (above - y < 14 || y < top + 14) continue;
      above = y;
      pen.fillStyle = FAINT;
      pen.fillRect(left - 4, Math.round(y), 4, 1);
      drawText(pen, text, left - 7, y, { align: "right" });
    }
    drawText(pen, "Hz", left - 7, top + 2, { align: "right" });
  }

  drawOver() {
    if (!this.over.clientWidth) return;
    const { pen } = penOf(this.over);
    if (!this.sound) return;
    const { wave, spectrum } = this.boxes();
    const line = (x, colour) => {
      if (x < wave.left || x > wave.left + wave.width) return;
      pen.fillStyle = colour;
      pen.fillRect(Math.round(x), wave.top, 1, spectrum.top + spectrum.height - wave.top);
    };
    const x = (second) => wave.left + this.view.fractionOf(second) * wave.width;
    if (this.playing) line(x(this.playing.from + audio().currentTime - this.playing.voice.begin), "#ffffff");
    if (!this.cursor) return;
    line(x(this.cursor.second), INK);
    if (this.cursor.height >= 0) pen.fillRect(spectrum.left, Math.round(spectrum.top + spectrum.height * (1 - this.cursor.height)), spectrum.width, 1);
  }
}

// The levels' colours beside the spectrogram, in dB.
function drawScale(pen, { left, top, width, height }) {
  const x = left + width + 8;
  for (let y = 0; y < height; y += 1) {
    pen.fillStyle = `rgb(${MAGMA[Math.round(255 * (1 - y / height))]})`;
    pen.fillRect(x, top + y, 8, 1.5);
  }
  for (const db of [0, -20, -40, -60, -RANGE_DB]) {
    const y = top + Math.min(Math.max((-db / RANGE_DB) * height, 5), height - 5);
    drawText(pen, String(db).replace("-", "−"), x + 12, y);
  }
}

