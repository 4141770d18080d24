// One sound at every pitch of a keyboard: drawn by the model where it takes a pitch, else the sound played faster or slower.

import { play, rateOf, wake } from "./engine.js";
import { latentOf } from "./pcm.js";

export const COUNT = 25; // two octaves and the C above
export const BASE = { min: 24, max: 84, value: 48 }; // MIDI number of the lowest key
const RELEASE = 0.07; // time constant of a released key, seconds
const UNKNOWN_PITCH = 60; // what an unpitched sound counts as: middle C plays it unchanged

export class Notes extends EventTarget {
  constructor(studio) {
    super();
    Object.assign(this, { studio, base: BASE.value, samples: [], voices: new Map(), held: new Set(), sustain: false, made: "", drawn: {}, label: null });
  }

  get sound() {
    return this.studio.pads[this.studio.selected].sound;
  }

  get pitched() {
    return this.studio.model(this.sound.model).pitched[this.sound.label ?? ""] !== undefined;
  }

  // Fetch the selected pad's sound at the keyboard's pitches in one batch, but for those that are here.
  async refresh() {
    if (this.pitched && this.sound.label !== this.label) this.suit();
    this.label = this.sound.label;
    const { sound, base } = this;
    const key = JSON.stringify([sound.model, sound.label, sound.z, this.pitched && base]);
    if (key === this.made) return;
    this.made = key;
    if (this.drawn.of !== sound) this.drawn = { of: sound, notes: new Map([[sound.pitch ?? UNKNOWN_PITCH, sound]]) };
    this.samples = [...this.drawn.notes].map(([pitch, one]) => ({ pitch, sound: one }));
    if (this.pitched) await this.fetchAll(key, sound, base);
    this.dispatchEvent(new Event("ready"));
  }

  // Move the keyboard to where the instrument is at home.
  suit() {
    const [low, high] = this.studio.model(this.sound.model).pitched[this.sound.label ?? ""];
    this.base = Math.min(Math.max(12 * Math.round((low + high) / 24) - 12, BASE.min), BASE.max);
  }

  // Whether the model has heard its instrument at this pitch.
  isKnown(pitch) {
    const [low, high] = this.studio.model(this.sound.model).pitched[this.sound.label ?? ""] ?? [0, 127];
    return low <= pitch && pitch <= high;
  }

  async fetchAll(key, { model, label, z }, base) {
    const exact = latentOf(z);
    const { notes } = this.drawn;
    const all = Array.from({ length: COUNT }, (_, at) => base + at);
    const pitches = all.filter((pitch) => !notes.has(pitch));
    this.dispatchEvent(new Event("busy"));
    try {
      const sounds = pitches.length ? await this.studio.fetch(pitches.map((pitch) => ({ model, label, z: exact, pitch }))) : [];
      sounds.forEach((sound, at) => notes.set(pitches[at], sound));
      if (this.made === key) this.samples = all.map((pitch) => ({ pitch, sound: notes.get(pitch) }));
    } catch (error) {
      if (this.made === key) this.made = "";
      throw error;
    } finally {
      this.dispatchEvent(new Event("ready"));
    }
  }

  down(pitch, velocity = 1) {
    wake();
    this.held.add(pitch);
    this.voices.get(pitch)?.stop();
    const { sound, pitch: native } = this.nearest(pitch);
    this.voices.set(pitch, play(sound.buffer, { gain: velocity, rate: rateOf(pitch - native) }));
    this.dispatchEvent(new CustomEvent("note", { detail: pitch }));
  }

  up(pitch) {
    this.held.delete(pitch);
    if (!this.sustain) this.release(pitch);
    this.dispatchEvent(new CustomEvent("note", { detail: pitch }));
  }

  release(pitch) {
    this.voices.get(pitch)?.stop(undefined, RELEASE);
    this.voices.delete(pitch);
  }

  setSustain(on) {
    this.sustain = on;
    if (!on) for (const pitch of [...this.voices.keys()]) if (!this.held.has(pitch)) this.release(pitch);
  }

  hush() {
    for (const pitch of [...this.held]) this.up(pitch);
    for (const pitch of [...this.voices.keys()]) this.release(pitch);
  }

  nearest(pitch) {
    return this.samples.reduce((best, one) => (Math.abs(one.pitch - pitch) < Math.abs(best.pitch - pitch) ? one : best));
  }

  setBase(base) {
    this.base = Math.min(Math.max(base, BASE.min), BASE.max);
    this.dispatchEvent(new Event("ready"));
    return this.refresh();
  }

  // What a sampler needs: the model's own notes, or the one sound.
  files() {
    return this.samples.map(({ pitch, sound }) => ({ pitch: Math.round(pitch), samples: sound.samples, sampleRate: sound.sample_rate }));
  }
}
