// The training sounds nearest to the sound that is looked at, so that memorising would show.

import { midiName } from "./axis.js";
import { allow, button, make } from "./dom.js";
import { ask } from "./line.js";
import { toast } from "./toast.js";

const WITHOUT = "This model ships no index of its training sounds, so the nearest ones cannot be named.";
const HINT = "Once you ask, the three nearest to this sound stand here: copying would show.";

export class Likeness {
  // `sound()` is what is looked at; it has an origin, what the server made it from.
  constructor(server, sound) {
    Object.assign(this, { server, sound });
    this.askButton = button("Nearest training sounds", () => this.ask(), { className: "tool small" });
    this.list = make("ol", { className: "neighbours" });
    this.words = make("p", { className: "legend", role: "status" });
    this.element = make("div", { className: "likeness" }, this.askButton, this.words, this.list, make("p", { className: "legend hint", textContent: HINT }));
  }

  setModel(model) {
    this.model = model;
    const { indexed } = model;
    this.askButton.hidden = this.list.hidden = !indexed;
    this.clear();
    this.words.textContent = indexed ? "" : WITHOUT;
  }

  clear() {
    allow(this.askButton, Boolean(this.sound()));
    this.list.replaceChildren();
    if (!this.askButton.hidden) this.words.textContent = "";
  }

  async ask() {
    const asked = this.sound();
    if (!asked?.origin) return;
    const tell = (text) => this.sound() === asked && (this.words.textContent = text || "Looking…");
    tell("");
    try {
      const { neighbours, typical_db: typical } = await ask(this.server, "nearest", asked.origin, tell);
      if (this.sound() !== asked) return;
      this.list.replaceChildren(...neighbours.map(rowOf));
      this.words.textContent = verdict(neighbours, typical);
    } catch (error) {
      this.words.textContent = "";
      toast(error.message);
    }
  }
}

const NOTE = /^(.+)\.sf[23] bank (\d+) program \d+ key (\d+) velocity (\d+) tuning (\S+)$/;
const DRUMS = "128"; // the bank whose keys are instruments and not notes

// "A3, velocity 120 · FluidR3_GM" for a note of a soundfont as the data names it; the name itself for anything else.
export function sourceName(source) {
  const [, font, bank, key, velocity, tuning] = NOTE.exec(source) ?? [];
  if (!font) return source;
  const note = bank === DRUMS ? `drum ${key}` : midiName(Number(key));
  return `${note}, velocity ${velocity}${Number(tuning) ? `, tuning ${tuning}` : ""} · ${font}`;
}

function rowOf({ source, distance_db: distance }) {
  return make("li", {}, make("span", { textContent: sourceName(source), title: source }), make("b", { textContent: inDecibels(distance) }));
}

// What the distances mean, in a sentence. `typical` is how far a training sound usually is from the one nearest to it; null
// where there is but one.
export function verdict(neighbours, typical) {
  if (!neighbours.length) return "The index has no training sounds of this instrument.";
  const nearest = neighbours[0].distance_db;
  if (typical === null) return `The only training sound to compare with is ${inDecibels(nearest)} away.`;
  const copied = nearest < typical / 2 ? "it may be a copy" : "no sign of copying";
  return `Nearest is ${inDecibels(nearest)} away; training sounds typically lie ${inDecibels(typical)} from their nearest: ${copied}.`;
}

function inDecibels(distance) {
  return `${distance.toFixed(1)} dB`;
}
