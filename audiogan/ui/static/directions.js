// The panel of sliders along the latent space's directions: what they are called, and the sounds at their stops.

import { button, make } from "./dom.js";
import { ask } from "./line.js";
import { Progress } from "./progress.js";
import { DirectionSlider, stops } from "./sliders.js";
import { toast } from "./toast.js";

const ABOUT =
  "Each slider moves the whole map along a direction in which the network's first features vary most. What it changes is measured on sounds of this instrument; a slider without words changes several things at once.";

export class Directions {
  // `fetch(all)` gets the finger's point at each of some moves; `hear(sound)` sounds one; `moving()` comes with every
  // change, `done()` when a slider is let go; `place()` is where the tab listens.
  constructor(props, batch, server, { fetch, hear, moving, done, place }) {
    Object.assign(this, { props, batch, server, fetch, hear, moving, done, place, asked: false });
    this.moves = Array.from({ length: props.steered.length + props.principal }, () => 0);
    this.still = this.moves;
    this.known = new Map(); // sounds by the JSON of their moves
    this.element = this.build();
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.name(true);
    }).observe(this.element);
  }

  build() {
    this.sliders = this.moves.map((_, number) => {
      const handlers = { change: (value) => this.move(number, value), ahead: (value) => this.fetchAhead(number, value), done: this.done };
      return new DirectionSlider(number, this.props, handlers);
    });
    this.progress = new Progress("Listening to what each slider changes");
    this.findButton = button("Find what they change", () => this.name(true), { image: "play" });
    const reset = button("Reset", () => this.reset(true), { image: "back" });
    const news = make("div", { className: "news" }, this.progress.element, this.findButton); // one of them, in a place of their own
    const head = make("header", {}, make("h2", { id: "directions-title", textContent: "Directions" }), news, reset);
    const grid = make("div", { className: "directions" }, ...this.sliders.map((one) => one.element));
    return make("section", { className: "panel", "aria-labelledby": "directions-title" }, head, make("p", { className: "legend", textContent: ABOUT }), grid);
  }

  get moved() {
    return this.moves.some((value) => value);
  }

  // The sounds at the stops were another point's.
  forget() {
    this.known = new Map(); // answers under way go into the old one
  }

  reset(aloud = false) {
    this.open(this.still);
    if (aloud) this.done();
  }

  // The sliders at what an address asks for, unheard.
  open(moves) {
    this.moves = moves;
    for (const [number, one] of this.sliders.entries()) one.set(moves[number]);
  }

  // Asks what every direction changes, one at a time; only once the sliders have been looked at.
  async name(asked = false) {
    this.asked ||= asked;
    for (const one of this.sliders) one.mean(undefined);
    const run = (this.run = this.asked ? {} : null);
    if (!run) return;
    this.progress.start(() => (this.run = null));
    if (document.activeElement === this.findButton) this.progress.cancelButton.focus({ preventScroll: true });
    this.findButton.hidden = true;
    try {
      await this.listen(run);
    } catch (error) {
      this.run = null;
      toast(error.message);
    }
    if (this.run && this.run !== run) return; // another label's turn
    this.progress.end();
    this.findButton.hidden = this.run === run;
  }

  async listen(run) {
    const { model, label, pitch } = this.place();
    const tell = (text) => this.run === run && this.progress.say(text);
    for (const [number, one] of this.sliders.entries()) {
      const meaning = await ask(this.server, "direction", { model, label, pitch, number }, tell);
      if (this.run !== run) return;
      one.mean(meaning);
      this.progress.at(number + 1, this.sliders.length);
    }
  }

  // Sounds the finger's point at a slider's new value, at once where it was fetched ahead.
  async move(number, value) {
    const moves = (this.moves = this.moves.with(number, value));
    this.moving();
    const key = JSON.stringify(moves);
    if (!this.known.has(key)) await this.fetchStops([moves]).catch((error) => toast(error.message));
    if (this.known.has(key) && this.moves === moves) this.hear(this.known.get(key));
  }

  async fetchAhead(number, value) {
    const wanted = stops(value, this.props.reach).map((stop) => this.moves.with(number, stop));
    const missing = wanted.filter((moves) => !this.known.has(JSON.stringify(moves)));
    for (let at = 0; at < missing.length; at += this.batch) {
      await this.fetchStops(missing.slice(at, at + this.batch)).catch(() => {}); // the thumb will ask again, and say so
    }
  }

  async fetchStops(all) {
    const { known } = this;
    const sounds = await this.fetch(all);
    sounds.forEach((sound, number) => known.set(JSON.stringify(all[number]), sound));
  }
}
