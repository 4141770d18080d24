// Explore: a map of sounds between four seeds, directions that change them, morphs, and a close look at what sounds.

import { midiName } from "./axis.js";
import { Directions } from "./directions.js";
import { button, choice, make, slider, words } from "./dom.js";
import { play, wake } from "./engine.js";
import { Likeness } from "./likeness.js";
import { SIDE } from "./lattice.js";
import { LatentMap } from "./map.js";
import { Morph } from "./morph.js";
import { ask, fetchPoints } from "./points.js";
import { Progress } from "./progress.js";
import { Scope } from "./scope.js";
import { cornerFields, seedField } from "./seeds.js";
import { toast } from "./toast.js";

const RETRIGGER = 70; // milliseconds between two sounds of a moving finger
const CALM = 350; // milliseconds without a change after which the map is drawn again

export function mount({ element, props, server }) {
  const root = element.querySelector(".explore");
  if (!root.childElementCount) new Explorer(root, props, server);
}

class Explorer {
  constructor(root, props, server) {
    Object.assign(this, { root, props, server });
    this.model = props.models.find((model) => Object.keys(model.pitched).length) ?? props.models[0];
    this.label = this.model.labels[0] ?? "";
    this.pitch = null;
    this.truncation = 1;
    this.round = 0; // counts settings: answers to earlier ones are dropped
    this.stopped = false;
    this.build();
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.renew();
    }).observe(root);
  }

  // Where the tab listens, as the server wants it.
  get place() {
    const { model, label, pitch, truncation } = this;
    return { model: model.name, label, pitch, truncation, corners: this.corners.map((field) => field.value) };
  }

  build() {
    this.map = new LatentMap();
    this.map.addEventListener("move", ({ detail }) => this.follow(detail));
    this.map.addEventListener("again", () => this.sound(true));
    this.scope = new Scope();
    this.likeness = new Likeness(this.server, () => this.heard);
    this.likeness.setModel(this.model);
    this.filling = new Progress("Sounds on the map");
    this.morph = new Morph({
      place: () => this.place,
      fetch: (place, points, progress) => this.fetchAll(place, points, progress),
      show: (sound, voice) => this.look(sound, voice),
      seedField: (label, value) => seedField(label, value, () => {}),
      progress: new Progress("Steps"),
    });
    this.directions = new Directions(this.props.directions, this.props.batch, this.server, {
      fetch: (all) => this.fetchStops(all),
      hear: (sound) => this.hear(this.named({ ...this.map.finger, sound })),
      moving: () => (this.round += 1),
      done: () => this.change({}),
      place: () => this.place,
    });
    const [corners, above, below] = cornerFields(this.props.corners, () => this.renew());
    this.corners = corners;
    const map = make("section", { className: "panel", "aria-label": "Map" });
    map.append(above, this.map.element, below, this.legend(), make("div", { className: "keep" }, this.filling.element));
    const stage = make("div", { className: "explore-stage" }, map, make("div", { className: "panel close-up" }, this.scope.element, this.likeness.element));
    this.root.append(this.toolbar(), stage, this.directions.element, this.morph.element);
    this.showPitch();
  }

  toolbar() {
    const { models } = this.props;
    const pick = choice("Model", models.map(({ name }) => [name, name]), this.model.name, (name) => this.setModel(name));
    this.labelField = choice("Instrument", [], "", (label) => this.setLabel(label));
    this.fillLabels();
    this.pitchField = slider("Pitch", { min: 24, max: 96, step: 1, value: 60, say: midiName }, (pitch) => this.change({ pitch }));
    const truncation = { min: 0.1, max: 1, step: 0.05, value: 1, say: (value) => (value < 1 ? value.toFixed(2) : "1 (off)") };
    const tame = slider("Truncation", truncation, (value) => this.change({ truncation: value }));
    tame.title = "Smaller: more typical sounds, less variety";
    const fresh = button("New map", () => this.renewCorners(), { image: "dice", className: "tool primary" });
    return make("div", { className: "toolbar" }, pick, this.labelField, this.pitchField, tame, fresh);
  }

  fillLabels() {
    this.labelField.fill(this.model.labels.map((label) => [label, words(label)]), this.label);
    this.labelField.hidden = !this.model.labels.length;
  }

  showPitch() {
    const range = this.model.pitched[this.label];
    this.pitchField.hidden = !range;
    this.pitch = range ? Math.round((range[0] + range[1]) / 2) : null;
    if (!range) return;
    Object.assign(this.pitchField.input, { min: Math.ceil(range[0]), max: Math.floor(range[1]) });
    this.pitchField.set(this.pitch);
  }

  setModel(name) {
    this.model = this.props.models.find((model) => model.name === name);
    if (!this.model.labels.includes(this.label)) this.label = this.model.labels[0] ?? "";
    this.fillLabels();
    this.likeness.setModel(this.model);
    this.setLabel(this.label);
  }

  setLabel(label) {
    this.label = label;
    this.showPitch();
    this.directions.reset();
    this.renew();
    this.directions.name();
  }

  change(settings) {
    Object.assign(this, settings);
    clearTimeout(this.calm);
    this.round += 1;
    this.calm = setTimeout(() => this.renew(), CALM);
  }

  renewCorners() {
    for (const field of this.corners) field.roll();
    this.renew();
  }

  legend() {
    const scale = make("span", { className: "scale" }, "darker", make("i", { className: "ramp" }), "brighter");
    return make("p", { className: "legend" }, make("span", { textContent: "Drag a finger over the map, or use the arrow keys, to hear what lies between the four seeds." }), scale);
  }

  // The map

  async renew() {
    clearTimeout(this.calm);
    this.round += 1;
    this.stopped = false;
    this.directions.forget();
    this.map.clear();
    await this.fill();
  }

  // Fetches the map, batch after batch, nearest to the finger first; again when the finger goes where it is not known.
  async fill() {
    if (this.busy === this.round) return;
    const round = (this.busy = this.round);
    const [known, all] = this.map.lattice.progress();
    if (known < all && !this.stopped) this.filling.start(() => (this.stopped = true));
    try {
      for (;;) {
        const { map, stopped } = this;
        const points = map.lattice.plan(map.finger, this.props.batch, { touched: map.touched, filling: !stopped });
        if (!points.length) break;
        await this.fetchInto(round, points);
        if (round !== this.round) return;
      }
    } catch (error) {
      if (round === this.round) toast(error.message);
    } finally {
      if (this.busy === round) {
        this.busy = null;
        this.filling.end();
      }
    }
  }

  async fetchInto(round, points) {
    const { map } = this;
    const requests = points.map(({ x, y }) => ({ at: [x / SIDE, y / SIDE], moves: this.directions.moves }));
    const sounds = await fetchPoints(this.server, this.place, this.model.sample_rate, requests);
    if (round !== this.round) return;
    sounds.forEach((sound, number) => map.put(points[number], sound));
    this.filling.at(...map.lattice.progress());
    const near = map.nearest();
    if (near.sound === this.heard) return;
    if (map.touched && near.distance === 0) this.sound();
    else if (!this.heard || this.heardRound !== round) this.look(this.named(near));
    this.heardRound = round;
  }

  follow({ aloud }) {
    this.directions.forget();
    this.sound();
    if (!this.map.lattice.get(this.map.finger)) this.fill();
    if (aloud) this.scope.spoken.textContent = this.whereabouts(this.map.finger);
  }

  // Sounds what is known nearest to the finger, unless that is what sounded last.
  sound(again = false) {
    const near = this.map.nearest();
    if (!near || (!again && near.sound === this.heard)) return;
    const wait = (this.last ?? -Infinity) + RETRIGGER - performance.now();
    if (wait > 0 && !again) {
      this.later ??= setTimeout(() => {
        this.later = null;
        this.sound();
      }, wait);
      return;
    }
    wake();
    this.hear(this.named(near));
  }

  hear(sound) {
    this.voice?.stop();
    this.last = performance.now();
    this.voice = play(sound.buffer);
    this.look(sound, this.voice);
  }

  look(sound, voice) {
    if (sound !== this.heard) this.likeness.clear();
    this.heard = sound;
    this.scope.show(sound);
    if (voice) this.scope.follow(voice);
  }

  // The sound at a point, with its identity in words.
  named({ x, y, sound }) {
    const { model, label, corners } = this.place;
    const moved = this.directions.moved ? " · moved by sliders" : "";
    return Object.assign(sound, {
      title: words(label || model),
      detail: `${model} · seeds ${corners.join(", ")} · ${this.whereabouts({ x, y })}${moved}`,
      fileName: `${model}-${(label || "any").replaceAll(" ", "_")}-${corners.join("-")}-${x}-${y}.wav`,
    });
  }

  whereabouts({ x, y }) {
    return `${Math.round((100 * x) / SIDE)} % across, ${Math.round((100 * y) / SIDE)} % down`;
  }

  // The finger's point, moved along the directions in several ways.
  fetchStops(all) {
    const { x, y } = this.map.finger;
    wake();
    return fetchPoints(this.server, this.place, this.model.sample_rate, all.map((moves) => ({ at: [x / SIDE, y / SIDE], moves })));
  }

  // Sounds for any number of points, in batches, or null where the visitor stopped it.
  async fetchAll(place, points, progress) {
    const sounds = [];
    let stopped = false;
    const stop = () => (stopped = true);
    progress.start(stop);
    try {
      while (sounds.length < points.length && !stopped) {
        const batch = points.slice(sounds.length, sounds.length + this.props.batch).map(({ at }) => ({ at, moves: this.directions.still }));
        sounds.push(...(await fetchPoints(this.server, place, this.model.sample_rate, batch)));
        progress.at(sounds.length, points.length);
      }
    } finally {
      if (progress.stop === stop) progress.end(); // else another began meanwhile
    }
    return stopped ? null : sounds;
  }
}
