// One system's column in Compare: its sounds as pictures that can be pressed, and what the evaluation says of it.

import { minus } from "./axis.js";
import { make, words } from "./dom.js";
import { soundOf } from "./engine.js";
import { loudness, peakOf } from "./loudness.js";
import { drawPicture, penOf } from "./picture.js";
import { spectrogram } from "./spectrum.js";

export class Column {
  // `choose(place)` comes when one of its sounds is pressed.
  constructor({ name, title, label, sounds, sampleRate, choose }) {
    Object.assign(this, { name, title, chosen: 0 });
    this.clips = sounds.map((pcm) => clipOf(soundOf(pcm, sampleRate)));
    const cells = this.clips.map((clip, place) => cellOf(clip, `${words(label)}, ${title}, sound ${place + 1}`, () => choose(place)));
    this.said = make("div", { className: "said" });
    this.element = make("section", { className: "panel system", "aria-label": title }, make("h2", { textContent: title }), make("div", { className: "cells" }, ...cells), this.said);
  }

  get clip() {
    return this.clips[this.chosen];
  }

  mark(heard, running) {
    this.clips.forEach(({ cell, head }, place) => {
      cell.dataset.state = place !== this.chosen ? "" : heard ? "heard" : "chosen";
      head.hidden = place !== this.chosen || !running;
    });
  }

  // Shows how far the loop got, in seconds.
  follow(seconds) {
    const { head, samples, sampleRate } = this.clip;
    head.style.left = `${100 * Math.min((seconds * sampleRate) / samples.length, 1)}%`;
  }

  draw(kind) {
    for (const clip of this.clips) drawClip(clip, kind);
  }

  tell(sentences) {
    this.said.replaceChildren(...sentences.map((textContent) => make("p", { textContent })));
  }
}

function clipOf(sound) {
  return { ...sound, loudness: loudness(sound.samples, sound.sampleRate), peak: peakOf(sound.samples), pictures: {} };
}

function cellOf(clip, name, press) {
  clip.canvas = make("canvas", {});
  clip.head = make("i", { className: "head", hidden: true });
  const loud = Number.isFinite(clip.loudness) ? `${minus(clip.loudness.toFixed(1))} LUFS` : "silent";
  clip.cell = make("button", { type: "button", className: "cell", ariaLabel: `Hear ${name}, ${loud}` }, make("span", { className: "picture" }, clip.canvas, clip.head), make("small", { textContent: loud }));
  clip.cell.addEventListener("click", press);
  return clip.cell;
}

function drawClip(clip, kind) {
  if (!clip.canvas.clientWidth) return;
  const { pen, width, height } = penOf(clip.canvas);
  clip.pictures[kind] ??= spectrogram(kind, clip.samples, clip.sampleRate);
  const view = { from: 0, to: clip.samples.length / clip.sampleRate };
  drawPicture(pen, clip.pictures[kind], view, { left: 0, top: 0, width, height });
}
