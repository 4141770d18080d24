// The page's state and what changes it. Views listen to `changed` (which pad, or null for all). `busy` holds what each pad
// was last asked for while that is on its way: what was asked before does not take its place.

import { addressOf, readAddress, WrongLink } from "./address.js";
import { STEPS } from "./clock.js";
import { newKit, randomSeed } from "./kit.js";
import { emptyPitches, OPENING, PATTERNS, packPattern, startingPattern } from "./pattern.js";
import { latentOf } from "./pcm.js";
import { batches, byModel, decoded, Supply } from "./supply.js";

const VARIATION = 0.35;

export class Studio extends EventTarget {
  constructor({ models, kit, roles, server }) {
    super();
    Object.assign(this, { models, roles, beat: "", supply: new Supply(server, (text) => this.say(text || (this.task?.what ?? ""))), kit: newKit(), selected: 0, busy: new Map(), task: null });
    this.base = { model: kit[0].model, label: null, seed: kit[0].seed };
    this.settled = this.base; // the last that came to its end
    kit.forEach((sound, number) => (this.kit.pads[number].sound = decoded(sound)));
    this.startWith(OPENING);
    this.opening = packPattern(this.kit.pattern);
  }

  // One of the starting patterns, on the pads that have the instruments for it. Answers the beat before.
  startWith(name, { tempo, swing, steps = STEPS } = PATTERNS[name]) {
    const pattern = startingPattern(name, this.pads.map(({ sound }) => this.roles[sound.label] ?? ""));
    return this.setBeat({ name, pattern, tempo, swing, steps });
  }

  // Another beat, with its name where it is a starting pattern as it was; answers the one before.
  setBeat({ name = "", pitches = emptyPitches(), ...beat }) {
    const before = this.beatNow();
    Object.assign(this.kit, { pitches, ...beat });
    this.beat = name;
    this.changed();
    return before;
  }

  // The beat, to be had back whatever becomes of its steps.
  beatNow() {
    const { pattern, pitches, tempo, swing, steps } = this.kit;
    return { name: this.beat, ...structuredClone({ pattern, pitches }), tempo, swing, steps };
  }

  // A step that falls silent is no note any more.
  setStep(number, step, level, pitch = this.kit.pitches[number][step]) {
    const { pattern, pitches } = this.kit;
    const note = level ? pitch : null;
    if (pattern[number][step] === level && pitches[number][step] === note) return;
    pattern[number][step] = level;
    pitches[number][step] = note;
    this.beat = "";
    this.changed(number);
  }

  model(name) {
    return this.models.find((model) => model.name === name);
  }

  get pads() {
    return this.kit.pads;
  }

  changed(number = null) {
    this.dispatchEvent(new CustomEvent("changed", { detail: number }));
  }

  say(text) {
    this.dispatchEvent(new CustomEvent("said", { detail: text }));
  }

  select(number) {
    const before = this.selected;
    this.selected = number;
    if (before !== number) this.dispatchEvent(new CustomEvent("selected", { detail: before }));
  }

  fetch(sounds) {
    return this.supply.fetch(sounds);
  }

  // The instrument of each pad in a kit.
  labelsOf({ model, label }) {
    return label ? new Array(this.pads.length).fill(label) : this.model(model).pad_labels;
  }

  // A whole kit from one seed; locked pads stay. Comes in halves, so that the first pads are ready early. Answers whether it
  // came to its end; throws where every pad is locked, and the kit is still called what it was.
  async load({ model, label, seed }, only = null) {
    const wanted = this.labelsOf({ model, label }).map((name, index) => ({ number: index, model, label: name, seed: String(seed), index }));
    const chosen = wanted.filter(({ number }) => !this.pads[number].locked && (!only || only.includes(number)));
    const locked = !only && !chosen.length;
    const base = locked ? this.base : (this.base = { model, label, seed: String(seed) });
    this.changed(); // also to controls that say already what was asked for
    if (locked) throw new Error("All pads are locked: unlock one to get another sound.");
    let whole = false;
    try {
      whole = await this.fill(chosen, `Making ${chosen.length} sounds`);
    } finally {
      if (whole) this.settled = base;
      if (this.base === base && !whole) this.goBack(); // else a later one took over
    }
    return whole;
  }

  // The kit is called what it was before a change that failed or was cancelled.
  goBack() {
    this.base = this.settled;
    this.changed();
  }

  // Replace pads by wanted sounds [{ number, ...request }], a batch at a time; a later call takes over from an earlier one.
  async fill(wanted, what) {
    return this.working(wanted, what, async (task) => {
      for (const batch of batches(wanted)) {
        const sounds = await this.fetch(batch.map(({ number, ...request }) => request));
        if (task.cancelled) return;
        for (const [at, sound] of sounds.entries()) if (this.waitsFor(batch[at].number, task)) this.put(batch[at].number, sound);
      }
    });
  }

  // Work on pads [{ number }] that shows, and that can be cancelled; answers whether it came to its end.
  async working(wanted, what, work) {
    this.task?.cancel();
    const task = { what: `${what}…`, cancelled: false, cancel: () => this.finish(task, wanted) };
    this.task = task;
    for (const { number } of wanted) this.waitFor(number, task);
    this.say(task.what);
    try {
      await Promise.race([work(task), new Promise((stop) => (task.stop = stop))]);
      return !task.cancelled;
    } catch (error) {
      if (!task.cancelled) throw error;
      return false;
    } finally {
      if (!task.cancelled) this.finish(task, wanted);
    }
  }

  finish(task, wanted) {
    task.cancelled = true;
    task.stop?.(); // whoever asked for it is told at once, whenever the server answers
    if (this.task === task) this.task = null;
    for (const { number } of wanted) this.release(number, task);
    this.say("");
  }

  // A pad waits for what something brings, whatever it waited for before.
  waitFor(number, what) {
    this.busy.set(number, what);
    this.changed(number);
  }

  waitsFor(number, what) {
    return this.busy.get(number) === what && !this.pads[number].locked;
  }

  release(number, what) {
    if (this.busy.get(number) !== what) return;
    this.busy.delete(number);
    this.changed(number);
  }

  put(number, sound) {
    const pad = this.pads[number];
    if (pad.sound) pad.past = [...pad.past.slice(-15), pad.sound];
    pad.sound = sound;
    this.busy.delete(number);
    this.changed(number);
  }

  undo(number) {
    const pad = this.pads[number];
    if (!pad.past.length) return;
    pad.sound = pad.past.pop();
    this.changed(number);
  }

  // Another sound of a pad's model and instrument.
  async reroll(number) {
    const { model, label } = this.pads[number].sound;
    if (this.pads[number].locked || this.busy.has(number)) return null;
    return this.replace(number, () => this.supply.draw(model, label));
  }

  // A neighbour of the pad's sound in the latent space.
  async vary(number) {
    const { model, label, pitch, z } = this.pads[number].sound;
    if (this.pads[number].locked || this.busy.has(number)) return null;
    const vary = { amount: VARIATION, seed: randomSeed() };
    const request = { model, label, pitch, z: latentOf(z), vary };
    return this.replace(number, async () => (await this.fetch([request]))[0]);
  }

  // One pad from another model or instrument, same seed.
  async change(number, model, label) {
    const request = { model, label, seed: this.base.seed, index: number };
    return this.replace(number, async () => (await this.fetch([request]))[0], request);
  }

  // Another sound for a pad; answers it, or null where the pad was locked, or asked for yet another, before it came.
  async replace(number, work, turn = {}) {
    this.waitFor(number, turn);
    try {
      const sound = await work();
      if (!this.waitsFor(number, turn)) return null;
      this.put(number, sound);
      return sound;
    } finally {
      this.release(number, turn);
    }
  }

  // Another kit with its beat's name and what it is called, in which nothing that is on its way comes; answers the one before.
  exchange({ kit, beat, base }) {
    this.task?.cancel();
    this.busy.clear();
    const before = { kit: this.kit, beat: this.beat, base: this.settled };
    Object.assign(this, { kit, beat, base, settled: base });
    this.changed();
    this.dispatchEvent(new Event("exchanged"));
    return before;
  }

  // What the address asks for: the kit that is already here, or another, how it is played, and its beat. Requests for what
  // no address can hold come beside it. Answers whether it came to its end; throws a WrongLink where it asks for what is not here.
  async openAddress(search, exact = []) {
    const asked = readAddress(search, this.models);
    const { pattern, pitches } = asked.pattern ? asked : this.kit;
    this.setBeat({ name: asked.pattern ? "" : this.beat, pattern, pitches, tempo: asked.tempo, swing: asked.swing, steps: asked.steps });
    const base = { model: asked.model ?? this.base.model, label: asked.label, seed: asked.seed ?? this.base.seed };
    for (const { number, locked, ...how } of asked.mix) Object.assign(this.pads[number], how); // locked once its sound is there
    const same = base.model === this.base.model && !base.label && base.seed === this.base.seed;
    this.changed();
    const others = [...asked.pads, ...exact];
    const rest = this.pads.map((_, number) => number).filter((at) => !others.some(({ number }) => number === at));
    if (!same && !(await this.load(base, rest))) return false;
    for (const group of byModel(others)) if (!(await this.fill(group, `Making ${group.length} sounds`))) return false;
    for (const { number, locked } of asked.mix) this.pads[number].locked ||= Boolean(locked);
    this.changed();
    if (asked.wrong) throw new WrongLink(asked.wrong);
    return true;
  }

  address(search) {
    return addressOf({ ...this.base, labels: this.labelsOf(this.base) }, this.kit, this.opening, search);
  }
}
