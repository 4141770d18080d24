// Compare: one instrument, real and as each model makes it, on one scale; a loop that switches between them in place.

import { button, choice, make, rename, words } from "./dom.js";
import { bufferOf } from "./engine.js";
import { loudness, matchingGains, peakOf } from "./loudness.js";
import { floatsOf } from "./pcm.js";
import { drawPicture, penOf } from "./picture.js";
import { ask } from "./points.js";
import { Progress } from "./progress.js";
import { scoreTable } from "./scores.js";
import { settle } from "./settle.js";
import { KINDS, RANGE_DB, spectrogram } from "./spectrum.js";
import { Switcher } from "./switcher.js";
import { toast } from "./toast.js";

const WITHOUT = "No evaluation lies beside these checkpoints, so the models are compared with one another only. Real sounds and scores appear here once python -m audiogan evaluate has written checkpoints/evaluation.";
const UNSCORED = "The evaluation beside these checkpoints did not score this model.";

export function mount({ element, props, server }) {
  settle(element.querySelector(".compare"), (root) => new Comparison(root, props, server));
}

class Comparison {
  constructor(root, props, server) {
    Object.assign(this, { root, props, server });
    this.label = props.labels.find((label) => props.systems[0].labels.includes(label)) ?? "";
    this.seed = "1";
    this.kind = "mel";
    this.matched = true;
    this.columns = [];
    this.switcher = new Switcher();
    this.build();
    new ResizeObserver(() => this.draw()).observe(this.grid);
  }

  build() {
    const label = choice("Instrument", this.props.labels.map((name) => [name, words(name)]), this.label, (name) => {
      this.label = name;
      this.renew();
    });
    label.hidden = !this.props.labels.length;
    const fresh = button("New sounds", () => this.roll(), { image: "dice" });
    this.grid = make("div", { className: "systems" });
    this.table = make("section", { className: "panel", "aria-label": "Scores", hidden: true });
    this.progress = new Progress("Models");
    const note = make("p", { className: "legend", textContent: this.props.source ? `Real sounds: held out from training, from ${this.props.source}.` : WITHOUT });
    this.root.append(make("div", { className: "toolbar" }, label, fresh, this.kinds(), this.scale()), this.transport(), note, this.progress.element, this.grid, this.table);
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  kinds() {
    const group = make("div", { className: "segments", role: "group", "aria-label": "Spectrogram" });
    for (const [kind, name] of Object.entries(KINDS)) {
      const node = button(name, () => {
        this.kind = kind;
        for (const other of group.children) other.setAttribute("aria-pressed", String(other === node));
        this.draw();
      }, { className: "segment" });
      node.setAttribute("aria-pressed", String(kind === this.kind));
      group.append(node);
    }
    return group;
  }

  scale() {
    const ends = [`−${RANGE_DB} dB`, make("i", { className: "ramp whole" }), "0 dB"];
    return make("span", { className: "scale", title: "One scale for all: dB relative to a full-scale sine" }, ...ends);
  }

  transport() {
    this.runButton = button("Play in a loop", () => this.toggle(), { image: "play", className: "tool primary run" });
    this.tabs = make("div", { className: "segments switch", role: "group", "aria-label": "Heard now" });
    const box = make("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => {
      this.matched = box.checked;
      this.switcher.setGains(this.gains());
    });
    const match = make("label", { className: "check" }, box, make("span", { textContent: "Match loudness" }));
    this.spoken = make("p", { className: "spoken", role: "status" });
    return make("div", { className: "ab" }, this.runButton, this.tabs, match, this.spoken);
  }

  roll() {
    this.seed = String(crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000);
    this.renew();
  }

  // Fetches every system that knows the label, and what the evaluation says of it.
  async renew() {
    const round = (this.round = {});
    this.stop();
    const systems = this.props.systems.filter(({ labels }) => !labels.length || labels.includes(this.label));
    this.progress.start(() => (this.round = null));
    const columns = [];
    try {
      for (const { name } of systems) {
        const request = { system: name, label: this.label || null, seed: this.seed };
        const answer = await ask(() => this.server.clips(request));
        if (this.round !== round) return;
        columns.push({ name, chosen: 0, clips: answer.sounds.map((pcm) => clipOf(floatsOf(pcm), answer.sample_rate)) });
        this.progress.at(columns.length, systems.length);
        this.show(columns);
      }
      const { rows, sentences } = await ask(() => this.server.scores({ label: this.label || null }));
      if (this.round === round) this.tell(rows, sentences);
    } catch (error) {
      toast(error.message);
    } finally {
      if (this.round === round || !this.round) this.progress.end();
    }
  }

  title(name) {
    return name === this.props.real ? "Real" : name;
  }

  show(columns) {
    this.columns = columns;
    this.heard = 0;
    this.grid.replaceChildren(...columns.map((column, number) => this.columnOf(column, number)));
    this.tabs.replaceChildren(...columns.map(({ name }, number) => {
      const node = button(this.title(name), () => this.hear(number), { className: "segment", title: `Key ${number + 1}` });
      return node;
    }));
    this.mark();
    this.draw();
  }

  columnOf(column, number) {
    column.said = make("div", { className: "said" });
    const cells = column.clips.map((clip, place) => this.cellOf(column, clip, number, place));
    return make("section", { className: "panel system", "aria-label": this.title(column.name) }, make("h3", { textContent: this.title(column.name) }), make("div", { className: "cells" }, ...cells), column.said);
  }

  cellOf(column, clip, number, place) {
    const name = `${words(this.label)}, ${this.title(column.name)}, sound ${place + 1}`;
    clip.canvas = make("canvas", {});
    clip.head = make("i", { className: "head", hidden: true });
    const loud = Number.isFinite(clip.loudness) ? `${clip.loudness.toFixed(1).replace("-", "−")} LUFS` : "silent";
    clip.cell = make("button", { type: "button", className: "cell", ariaLabel: `Hear ${name}, ${loud}` }, make("span", { className: "picture" }, clip.canvas, clip.head), make("small", { textContent: loud }));
    clip.cell.addEventListener("click", () => this.choose(number, place));
    return clip.cell;
  }

  async choose(number, place) {
    const changed = this.columns[number].chosen !== place;
    this.columns[number].chosen = place;
    if (changed || !this.switcher.running) return this.run(number);
    this.hear(number);
  }

  get chosen() {
    return this.columns.map(({ clips, chosen }) => clips[chosen]);
  }

  gains() {
    return this.matched ? matchingGains(this.chosen) : this.chosen.map(() => 1);
  }

  async run(number) {
    this.heard = number;
    const gains = this.gains();
    this.mark();
    await this.switcher.start(this.chosen.map(({ buffer }, track) => ({ buffer, gain: gains[track] })), number);
    this.mark();
    this.follow();
  }

  toggle() {
    if (!this.columns.length) return;
    if (this.switcher.running) this.stop();
    else this.run(this.heard);
  }

  hear(number) {
    this.heard = number;
    if (this.switcher.running) this.switcher.switch(number);
    else this.run(number);
    this.spoken.textContent = `${this.title(this.columns[number].name)}`;
    this.mark();
  }

  stop() {
    this.switcher.stop();
    this.mark();
  }

  mark() {
    if (this.switcher.running) rename(this.runButton, "Stop", "stop");
    else rename(this.runButton, "Play in a loop", "play");
    for (const [number, node] of [...this.tabs.children].entries()) node.setAttribute("aria-pressed", String(number === this.heard));
    this.columns.forEach(({ clips, chosen }, number) => {
      clips.forEach(({ cell, head }, place) => {
        cell.dataset.state = place !== chosen ? "" : number === this.heard ? "heard" : "chosen";
        head.hidden = place !== chosen || !this.switcher.running;
      });
    });
  }

  follow() {
    if (!this.switcher.running) return;
    const share = this.switcher.position / this.switcher.duration;
    for (const { head, samples, sampleRate } of this.chosen) {
      const at = (share * this.switcher.duration * sampleRate) / samples.length;
      head.style.left = `${100 * Math.min(at, 1)}%`;
    }
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.follow());
  }

  key(event) {
    const number = Number(event.key) - 1;
    if (event.altKey || event.ctrlKey || event.metaKey || !(number in this.columns)) return;
    event.preventDefault();
    this.hear(number);
  }

  draw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      for (const { clips } of this.columns) for (const clip of clips) this.drawClip(clip);
    });
  }

  drawClip(clip) {
    if (!clip.canvas?.clientWidth) return;
    const { pen, width, height } = penOf(clip.canvas);
    clip.pictures[this.kind] ??= spectrogram(this.kind, clip.samples, clip.sampleRate);
    const view = { from: 0, to: clip.samples.length / clip.sampleRate };
    drawPicture(pen, clip.pictures[this.kind], view, { left: 0, top: 0, width, height });
  }

  tell(rows, sentences) {
    const scored = this.columns.map(({ name }) => name).filter((name) => rows.some(({ values }) => values[name]));
    for (const { name, said } of this.columns) {
      const all = rows.length && !scored.includes(name) ? [UNSCORED] : (sentences[name] ?? []);
      said.replaceChildren(...all.map((textContent) => make("p", { textContent })));
    }
    this.table.hidden = !rows.length;
    if (rows.length) this.table.replaceChildren(...scoreTable(rows, scored, (name) => this.title(name), words(this.label)));
  }
}

function clipOf(samples, sampleRate) {
  return { samples, sampleRate, buffer: bufferOf(samples, sampleRate), loudness: loudness(samples, sampleRate), peak: peakOf(samples), pictures: {} };
}
