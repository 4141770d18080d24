// Explore: a map of sounds between four seeds, directions that change them, morphs, and a close look at what sounds.

import { Directions } from "./directions.js";
import { button, isShown, make, words } from "./dom.js";
import { play, wake } from "./engine.js";
import { PlaceAddress } from "./explore_address.js";
import { stemOf } from "./kit.js";
import { Likeness } from "./likeness.js";
import { SIDE } from "./lattice.js";
import { evenGain } from "./loudness.js";
import { LatentMap, legend } from "./map.js";
import { Morph } from "./morph.js";
import { Place } from "./place.js";
import { fetchPoints } from "./points.js";
import { Progress } from "./progress.js";
import { Scope } from "./scope.js";
import { cornerFields, seedField } from "./seeds.js";
import { settle } from "./settle.js";
import { copyLink } from "./share.js";
import { padButton } from "./to_pad.js";
import { toast } from "./toast.js";

const RETRIGGER = 70; // milliseconds between two sounds of a moving finger
const CALM = 350; // milliseconds without a change after which the map is drawn again

export function mount({ element, props, server }) {
  settle(element.querySelector(".explore"), (root) => new Explorer(root, props, server));
}

class Explorer {
  constructor(root, props, server) {
    Object.assign(this, { root, props, server });
    this.round = 0; // counts settings: answers to earlier ones are dropped
    this.stopped = false;
    this.build();
    addEventListener("tab", () => this.silence());
  }

  // Where the tab listens, as the server wants it.
  get place() {
    return { ...this.settings.request, corners: this.corners.map((field) => field.value) };
  }

  build() {
    this.settings = new Place(this.props.models, { other: () => this.moveOn(), tuned: () => this.change(), fresh: () => this.renewCorners() });
    this.map = new LatentMap();
    this.map.addEventListener("move", ({ detail }) => this.follow(detail));
    this.map.addEventListener("again", () => this.sound(true));
    const share = button("Share", () => this.share(), { image: "share", title: "Copy a link to this place on the map", className: "tool share" });
    this.scope = new Scope({ hush: () => this.silence(), tools: [padButton(this.server, () => this.heard), share] });
    this.likeness = new Likeness(this.server, () => this.heard);
    this.filling = new Progress("Sounds on the map");
    this.morph = new Morph({
      place: () => this.place,
      fetch: (place, points, progress) => this.fetchAll(place, points, progress),
      show: (sound, voice) => this.look(sound, voice),
      hush: () => this.silence(),
      seedField: (label, value) => seedField(label, value, () => {}),
      progress: new Progress("Steps"),
    });
    this.directions = new Directions(this.props.directions, this.props.batch, this.server, {
      fetch: (all) => this.fetchStops(all),
      hear: (sound) => this.hear(this.named({ ...this.map.finger, sound })),
      moving: () => (this.round += 1),
      done: () => this.change(),
      place: () => this.place,
    });
    const [corners, above, below] = cornerFields(this.props.corners, () => this.renewAt());
    this.corners = corners;
    const { settings, map, directions } = this;
    this.address = new PlaceAddress(this.props.models, { settings, corners, map, directions }, () => this.settleDown());
    this.likeness.setModel(this.settings.model);
    const keep = make("div", { className: "keep" }, this.filling.element);
    const panel = make("section", { className: "panel", "aria-label": "Map" }, above, map.element, below, legend(), keep);
    const stage = make("div", { className: "explore-stage" }, panel, make("div", { className: "panel close-up" }, this.scope.element, this.likeness.element));
    this.root.append(this.settings.element, stage, this.directions.element, this.morph.element);
  }

  // Another model or instrument.
  moveOn() {
    this.directions.reset();
    this.settleDown();
  }

  settleDown() {
    if (this.likeness.model !== this.settings.model) this.likeness.setModel(this.settings.model);
    this.renewAt();
    this.directions.name();
  }

  // The same elsewhere, which the address then names.
  renewAt() {
    this.address.keep();
    this.renew();
  }

  // Another setting of the same: the map follows once it is calm.
  change() {
    clearTimeout(this.calm);
    this.round += 1;
    this.calm = setTimeout(() => this.renewAt(), CALM);
  }

  renewCorners() {
    for (const field of this.corners) field.roll();
    this.renewAt();
  }

  share() {
    copyLink(location.pathname + this.address.text /* not Play's kit */, "this place on the map.").catch((error) => toast(error.message));
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
      if (round === this.round) this.fail(error.message);
    } finally {
      if (this.busy === round) {
        this.busy = null;
        this.filling.end();
      }
    }
  }

  fail(text) {
    if (this.map.nearest()) toast(text);
    else this.map.fail(text, () => this.renew());
  }

  async fetchInto(round, points) {
    const { map } = this;
    const requests = points.map(({ x, y }) => ({ at: [x / SIDE, y / SIDE], moves: this.directions.moves }));
    const tell = (text) => round === this.round && this.filling.say(text);
    const sounds = await fetchPoints(this.server, this.place, this.settings.model.sample_rate, requests, tell);
    if (round !== this.round) return;
    sounds.forEach((sound, number) => map.put(points[number], sound));
    this.filling.at(...map.lattice.progress());
    const near = map.nearest();
    if (near.sound === this.heard || (this.heardRound === round && this.morph.sounds.includes(this.heard))) return;
    if (map.touched && near.distance === 0) this.sound();
    else if (!this.heard || this.heardRound !== round) this.look(this.named(near));
    this.heardRound = round;
  }

  follow({ aloud }) {
    this.directions.forget();
    this.address.keepSoon();
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

  silence() {
    this.scope.stop();
    this.morph.silence();
  }

  hear(sound) {
    this.silence(); // what is touched replaces what sounds
    this.last = performance.now();
    const voice = isShown(this.root) ? play(sound.buffer, { gain: evenGain(sound.buffer) }) : null; // it may have come after the tab was left
    this.look(sound, voice);
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
      fileName: `${stemOf(model, label)}-${corners.join("-")}-${x}-${y}.wav`,
    });
  }

  whereabouts({ x, y }) {
    return `${Math.round((100 * x) / SIDE)} % across, ${Math.round((100 * y) / SIDE)} % down`;
  }

  // The finger's point, moved along the directions in several ways.
  fetchStops(all) {
    const { x, y } = this.map.finger;
    wake();
    return fetchPoints(this.server, this.place, this.settings.model.sample_rate, all.map((moves) => ({ at: [x / SIDE, y / SIDE], moves })));
  }

  // Sounds for any number of points, in batches, or null where the visitor cancelled it.
  async fetchAll(place, points, progress) {
    const [sounds, run] = [[], { cancelled: false }];
    const cancel = () => (run.cancelled = true);
    const tell = (text) => progress.cancel === cancel && progress.say(text);
    progress.start(cancel);
    try {
      while (sounds.length < points.length && !run.cancelled) {
        const batch = points.slice(sounds.length, sounds.length + this.props.batch).map(({ at }) => ({ at, moves: this.directions.still }));
        sounds.push(...(await fetchPoints(this.server, place, this.settings.model.sample_rate, batch, tell)));
        progress.at(sounds.length, points.length);
      }
    } finally {
      if (progress.cancel === cancel) progress.end(); // else another began meanwhile
    }
    return run.cancelled ? null : sounds;
  }
}
