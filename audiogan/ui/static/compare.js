// Compare: one instrument, real and as each model makes it, on one scale; a loop that switches between them in place.

import { Column } from "./column.js";
import { listenToKeys } from "./compare_keys.js";
import { allow, button, choice, make, rename, segmented, words } from "./dom.js";
import { randomSeed } from "./kit.js";
import { ask } from "./line.js";
import { lost } from "./lost.js";
import { matchingGains } from "./loudness.js";
import { Progress } from "./progress.js";
import { Scores } from "./scores.js";
import { settle } from "./settle.js";
import { KINDS, RANGE_DB } from "./spectrum.js";
import { Switcher } from "./switcher.js";
import { toast } from "./toast.js";

const WITHOUT = "No evaluation lies beside these checkpoints, so the models are compared with one another only. Real sounds and scores appear here once python -m audiogan evaluate has written checkpoints/evaluation.";
const CANCELLED = "You cancelled before a sound came.";
const UNSCORED = "The evaluation of these real sounds did not score this model.";

export function mount({ element, props, server }) {
  settle(element.querySelector(".compare"), (root) => new Comparison(root, props, server));
}

class Comparison {
  constructor(root, props, server) {
    Object.assign(this, { root, props, server });
    this.label = props.labels.find((label) => label in props.sources) ?? props.labels[0] ?? "";
    this.seed = "1";
    this.kind = "mel";
    this.matched = true;
    this.why = CANCELLED;
    this.columns = [];
    this.switcher = new Switcher();
    this.build();
    new ResizeObserver(() => this.draw()).observe(this.grid);
    addEventListener("tab", () => this.stop());
  }

  build() {
    const label = choice("Instrument", this.props.labels.map((name) => [name, words(name)]), this.label, (name) => {
      this.label = name;
      this.renew();
    });
    label.hidden = !this.props.labels.length;
    const fresh = button("New sounds", () => this.roll(), { image: "dice" });
    this.grid = make("div", { className: "systems" });
    this.scores = new Scores((name) => this.title(name));
    this.progress = new Progress("Models");
    this.source = make("p", { className: "legend", textContent: WITHOUT });
    const news = make("div", { className: "shares" }, this.source, this.progress.element);
    this.root.append(make("div", { className: "toolbar" }, label, fresh, this.kinds(), this.scale()), this.transport(), news, this.grid, this.scores.element);
    listenToKeys(this.root, { count: () => this.columns.length, hear: (number) => this.hear(number), toggle: () => this.toggle() });
  }

  kinds() {
    return segmented("Spectrogram", Object.entries(KINDS), this.kind, (kind) => {
      this.kind = kind;
      this.draw();
    });
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
    this.seed = randomSeed();
    this.renew();
  }

  // Fetches every system that knows the label, and what the evaluation says of it.
  async renew() {
    const round = (this.round = {});
    this.stop();
    if (this.of !== this.label) this.scores.element.hidden = true; // they are another instrument's
    const systems = this.props.systems[this.label];
    const { sources } = this.props;
    this.source.hidden = Boolean(Object.keys(sources).length) && !(this.label in sources);
    if (this.label in sources) this.source.textContent = `Real sounds: held out from training, from ${sources[this.label]}.`;
    const tell = (text) => this.round === round && this.progress.say(text);
    this.progress.start(() => (this.round = null));
    if (!this.columns.length) this.restart(systems);
    try {
      for (const [place, name] of systems.entries()) {
        const request = { system: name, label: this.label || null, seed: this.seed };
        const answer = await ask(this.server, "clips", request, tell);
        if (this.round !== round) return;
        if (!place) this.restart(systems);
        this.add(name, answer);
        if (!place) this.refocus();
        this.progress.at(this.columns.length, systems.length);
      }
      const { rows, sentences } = await ask(this.server, "scores", { label: this.label || null }, tell);
      if (this.round === round) this.tell(rows, sentences);
    } catch (error) {
      if (this.round === round) this.fail(error.message);
    } finally {
      if (this.round === round || !this.round) this.end();
    }
  }

  // Where some came, they stay, and it is said beside them.
  fail(text) {
    if (this.columns.length && this.of === this.label) toast(text);
    else this.why = text;
  }

  // Nothing more comes: the places of what did not go, and where nothing came, another instrument's sounds are not this one's.
  end() {
    this.progress.end();
    if (this.of !== this.label) this.restart([]);
    for (const part of [this.grid, this.tabs]) for (const place of [...part.children].slice(this.columns.length)) place.remove();
    if (!this.columns.length) this.grid.append(lost(this.why, () => this.renew()));
    this.why = CANCELLED;
  }

  title(name) {
    return name === this.props.real ? "Real" : name;
  }

  // The first of other sounds takes the place of all the earlier ones; those that follow have theirs at once, so that nothing
  // moves from under a finger.
  restart(systems) {
    this.focused = [this.grid, this.tabs].find((part) => part.contains(document.activeElement));
    this.stop();
    Object.assign(this, { columns: [], heard: 0, of: this.label });
    this.grid.replaceChildren(...systems.map((name) => make("section", { className: "panel system" }, make("h2", { textContent: this.title(name) }))));
    this.tabs.replaceChildren(...systems.map((name, number) => this.tabOf(this.title(name), number)));
  }

  tabOf(title, number) {
    const tab = button(title, () => this.hear(number), { className: "segment", title: `Key ${number + 1}` });
    allow(tab, false);
    return tab;
  }

  // It takes their focus too, where they had it.
  refocus() {
    this.focused?.querySelector("button").focus({ preventScroll: true });
  }

  // One more system: what is heard goes on, and the new one can be switched to at once.
  add(name, { sounds, sample_rate: sampleRate }) {
    const number = this.columns.length;
    const column = new Column({ name, title: this.title(name), label: this.label, sounds, sampleRate, choose: (place) => this.choose(number, place) });
    this.columns.push(column);
    this.grid.children[number].replaceWith(column.element);
    allow(this.tabs.children[number], true);
    this.joinAll();
    this.mark();
    this.draw();
  }

  // What came while the others began to sound, or sounded, joins them.
  joinAll() {
    if (!this.switcher.running) return;
    const gains = this.gains();
    const missing = this.chosen.slice(this.switcher.tracks.length);
    for (const { buffer } of missing) this.switcher.join({ buffer, gain: gains[this.switcher.tracks.length] });
    this.switcher.setGains(gains);
  }

  async choose(number, place) {
    const changed = this.columns[number].chosen !== place;
    this.columns[number].chosen = place;
    if (changed || !this.switcher.running) return this.run(number);
    this.hear(number);
  }

  get chosen() {
    return this.columns.map(({ clip }) => clip);
  }

  gains() {
    return this.matched ? matchingGains(this.chosen) : this.chosen.map(() => 1);
  }

  async run(number) {
    this.heard = number;
    const gains = this.gains();
    this.mark();
    await this.switcher.start(this.chosen.map(({ buffer }, track) => ({ buffer, gain: gains[track] })), number);
    this.joinAll();
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
    this.spoken.textContent = this.columns[number].title;
    this.mark();
  }

  stop() {
    this.switcher.stop();
    this.mark();
  }

  mark() {
    if (this.switcher.running) rename(this.runButton, "Stop", "stop");
    else rename(this.runButton, "Play in a loop", "play");
    allow(this.runButton, this.columns.length > 0);
    for (const [number, node] of [...this.tabs.children].entries()) node.setAttribute("aria-pressed", String(number === this.heard));
    for (const [number, column] of this.columns.entries()) column.mark(number === this.heard, this.switcher.running);
  }

  follow() {
    if (!this.switcher.running) return;
    for (const column of this.columns) column.follow(this.switcher.position);
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.follow());
  }

  draw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      for (const column of this.columns) column.draw(this.kind);
    });
  }

  tell(rows, sentences) {
    const scored = this.columns.map(({ name }) => name).filter((name) => rows.some(({ values }) => values[name]));
    for (const column of this.columns) column.tell(rows.length && !scored.includes(column.name) ? [UNSCORED] : (sentences[column.name] ?? []));
    this.scores.show(rows, scored, words(this.label));
  }
}
