// The training sounds nearest to the sound that is looked at, so that memorising would show.

import { button, make } from "./dom.js";
import { ask } from "./line.js";
import { toast } from "./toast.js";

const WITHOUT = "This model ships no index of its training sounds, so the nearest ones cannot be named.";

export class Likeness {
  // `sound()` is what is looked at; it has an origin, what the server made it from.
  constructor(server, sound) {
    Object.assign(this, { server, sound });
    this.askButton = button("Nearest training sounds", () => this.ask(), { className: "tool small" });
    this.list = make("ol", { className: "neighbours" });
    this.words = make("p", { className: "legend", role: "status" });
    this.element = make("div", { className: "likeness" }, this.askButton, this.list, this.words);
  }

  setModel(model) {
    this.model = model;
    const { indexed } = model;
    this.askButton.hidden = !indexed;
    this.clear();
    this.words.textContent = indexed ? "" : WITHOUT;
  }

  clear() {
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
      this.list.replaceChildren(...neighbours.map(({ source, distance_db: distance }) => make("li", {}, make("span", { textContent: source }), make("b", { textContent: `${distance.toFixed(1)} dB` }))));
      this.words.textContent = verdict(neighbours, typical);
    } catch (error) {
      this.words.textContent = "";
      toast(error.message);
    }
  }
}

// What the distances mean, in a sentence.
export function verdict(neighbours, typical) {
  if (!neighbours.length) return "There are no training sounds of this instrument in the index.";
  if (typical === null) return "";
  const nearest = neighbours[0].distance_db;
  const said = `One training sound is typically ${typical.toFixed(1)} dB from the next.`;
  return `${said} ${nearest < typical / 2 ? "This sound is much nearer than that: it may be a copy." : "This sound is no nearer than that would explain."}`;
}
