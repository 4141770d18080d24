// The sound of a pad at any pitch: drawn by its model where that takes one, else the sound played faster or slower.

import { rateOf } from "./engine.js";
import { evenGain } from "./loudness.js";
import { latentOf } from "./pcm.js";

const UNKNOWN_PITCH = 60; // what an unpitched sound counts as: middle C plays it unchanged

export class Tuner {
  constructor(studio) {
    Object.assign(this, { studio, kept: new Map() });
  }

  // The lowest and the highest pitch at which the model has heard the sound's instrument; undefined where it takes none.
  range({ model, label }) {
    return this.studio.model(model).pitched[label ?? ""];
  }

  // What is here of a sound, by pitch, and what is on its way. Only what lies on a pad is kept.
  of(sound) {
    if (!this.kept.has(sound)) {
      for (const one of this.kept.keys()) if (this.studio.pads.every((pad) => pad.sound !== one)) this.kept.delete(one);
      this.kept.set(sound, { drawn: new Map([[sound.pitch ?? UNKNOWN_PITCH, sound]]), coming: new Map() });
    }
    return this.kept.get(sound);
  }

  // Pitches that are neither here nor on their way.
  missing(sound, pitches) {
    const { drawn, coming } = this.of(sound);
    return pitches.filter((pitch) => !drawn.has(pitch) && !coming.has(pitch));
  }

  // Have a sound drawn at these pitches: those that are missing in one batch, and none twice.
  async fetch(sound, pitches) {
    const { drawn, coming } = this.of(sound);
    const missing = this.missing(sound, pitches);
    if (missing.length) {
      const batch = this.draw(sound, missing, drawn).finally(() => missing.forEach((pitch) => coming.delete(pitch)));
      for (const pitch of missing) coming.set(pitch, batch);
    }
    await Promise.all(pitches.map((pitch) => coming.get(pitch)));
  }

  async draw({ model, label, z }, pitches, drawn) {
    const exact = latentOf(z);
    const sounds = await this.studio.fetch(pitches.map((pitch) => ({ model, label, z: exact, pitch })));
    sounds.forEach((one, at) => drawn.set(pitches[at], one));
  }

  // Fetch the notes of the beat that their models draw; a pad that is being made has another sound when it comes.
  async prepare() {
    await Promise.resolve(); // until what a change has begun is marked as being made
    const { pads, pitches } = this.studio.kit;
    const fetched = pads.map(({ sound }, number) => {
      const wanted = [...new Set(pitches[number])].filter((pitch) => pitch !== null);
      return wanted.length && this.range(sound) && !this.studio.busy.has(number) ? this.fetch(sound, wanted) : null;
    });
    await Promise.all(fetched);
  }

  // What to play for a pitch, how loud and how fast: the nearest that is here.
  at(sound, pitch) {
    const [native, { buffer }] = [...this.of(sound).drawn].reduce((best, one) => (Math.abs(one[0] - pitch) < Math.abs(best[0] - pitch) ? one : best));
    return { buffer, gain: evenGain(buffer), rate: rateOf(pitch - native) };
  }

  // The same for a step of a pad; without a pitch, the pad's sound as it is tuned.
  step({ sound, tune }, pitch) {
    return pitch === null ? { buffer: sound.buffer, gain: evenGain(sound.buffer), rate: rateOf(tune) } : this.at(sound, pitch);
  }
}
