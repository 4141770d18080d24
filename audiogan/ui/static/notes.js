// The selected pad's sound at every pitch of a keyboard.

import { gainOf, play, wake } from "./engine.js";

export const COUNT = 25; // two octaves and the C above
export const BASE = { min: 24, max: 84, value: 48 }; // MIDI number of the lowest key
const RELEASE = 0.07; // time constant of a released key, seconds

export class Notes extends EventTarget {
  constructor(studio, tuner, sequencer) {
    super();
    Object.assign(this, { studio, tuner, sequencer, base: BASE.value, voices: new Map(), held: new Set(), sustain: false, made: "", label: null });
  }

  get pad() {
    return this.studio.pads[this.studio.selected];
  }

  get sound() {
    return this.pad.sound;
  }

  get pitched() {
    return this.tuner.range(this.sound) !== undefined;
  }

  get pitches() {
    return Array.from({ length: COUNT }, (_, at) => this.base + at);
  }

  // Those of a sound's notes that are here; where none is, what else is.
  samplesOf(sound, pitches) {
    const { drawn } = this.tuner.of(sound);
    const here = pitches.filter((pitch) => drawn.has(pitch));
    return (here.length ? here : [...drawn.keys()]).map((pitch) => ({ pitch, sound: drawn.get(pitch) }));
  }

  // Fetch the selected pad's sound at the keyboard's pitches in one batch, but for those that are here.
  async refresh() {
    if (this.pitched && this.sound.label !== this.label) this.suit();
    this.label = this.sound.label;
    const { sound, base, pitches } = this;
    const key = JSON.stringify([sound.model, sound.label, sound.z, this.pitched && base]);
    if (key === this.made && !(this.pitched && this.tuner.missing(sound, pitches).length)) return;
    this.made = key;
    if (this.pitched) await this.fetchAll(key, sound);
    this.dispatchEvent(new Event("ready"));
  }

  // Move the keyboard to where the instrument is at home.
  suit() {
    const [low, high] = this.tuner.range(this.sound);
    this.base = Math.min(Math.max(12 * Math.round((low + high) / 24) - 12, BASE.min), BASE.max);
  }

  // Whether the model has heard its instrument at this pitch.
  isKnown(pitch) {
    const [low, high] = this.tuner.range(this.sound) ?? [0, 127];
    return low <= pitch && pitch <= high;
  }

  async fetchAll(key, sound) {
    this.dispatchEvent(new Event("busy"));
    try {
      await this.tuner.fetch(sound, this.pitches);
    } catch (error) {
      if (this.made === key) this.made = "";
      throw error;
    } finally {
      this.dispatchEvent(new Event("ready"));
    }
  }

  // How hard, where that is known.
  down(pitch, velocity) {
    wake();
    this.held.add(pitch);
    this.voices.get(pitch)?.stop();
    const { sound, gain: level, length } = this.pad;
    const { buffer, gain, rate } = this.tuner.at(sound, pitch);
    this.voices.set(pitch, play(buffer, { gain: (velocity ?? this.sequencer.velocity) * gain * gainOf(level), rate, share: length / 100 }));
    this.dispatchEvent(new CustomEvent("played", { detail: { pitch, velocity } }));
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
    this.dispatchEvent(new Event("sustain"));
    if (!on) for (const pitch of [...this.voices.keys()]) if (!this.held.has(pitch)) this.release(pitch);
  }

  hush() {
    for (const pitch of [...this.held]) this.up(pitch);
    for (const pitch of [...this.voices.keys()]) this.release(pitch);
  }

  setBase(base) {
    this.base = Math.min(Math.max(base, BASE.min), BASE.max);
    this.dispatchEvent(new Event("ready"));
    return this.refresh();
  }

  // What a sampler needs: the model's own notes, once all are here, or the one sound.
  async files() {
    const { sound, pitches } = this;
    if (this.pitched) await this.tuner.fetch(sound, pitches);
    return this.samplesOf(sound, pitches).map((one) => ({ ...one, pitch: Math.round(one.pitch) }));
  }
}
