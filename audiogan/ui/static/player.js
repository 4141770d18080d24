// Sounds pads: at once when pressed, on the beat from the sequencer. A pad's next hit takes over from its last.

import { audio, gainOf, play, wake } from "./engine.js";
import { isHeard } from "./kit.js";

export class Player extends EventTarget {
  constructor(studio, tuner) {
    super();
    Object.assign(this, { studio, tuner, voices: studio.pads.map(() => []) });
  }

  press(number, velocity = 1) {
    wake();
    return this.hit(number, 0, velocity);
  }

  // A hit at a time of the audio clock if the mixer lets the pad be heard, at a pitch where the step has one.
  beat(number, time, velocity, pitch) {
    return isHeard(this.studio.pads, number) ? this.hit(number, time, velocity, pitch) : null;
  }

  // Sound a pad at a time of the audio clock; 0 is now.
  hit(number, when, velocity, pitch = null) {
    const pad = this.studio.pads[number];
    if (!pad.sound) return null;
    const { buffer, gain, rate } = this.tuner.step(pad, pitch);
    const voice = play(buffer, { when, gain: velocity * gain * gainOf(pad.gain), rate, share: pad.length / 100 });
    this.takeOver(number, voice);
    this.dispatchEvent(new CustomEvent("hit", { detail: { number, time: voice.begin } }));
    return voice;
  }

  // Ends what sounds on the pad when the voice begins, and the voice when what is already scheduled begins.
  takeOver(number, voice) {
    const now = audio().currentTime;
    const others = this.voices[number].filter(({ end }) => end > now);
    for (const other of others) {
      if (other.begin <= voice.begin) other.stop(voice.begin);
      else voice.stop(other.begin);
    }
    this.voices[number] = [...others, voice].sort((one, other) => one.begin - other.begin);
  }

  // Silence now, and of what was scheduled: the next hit gives way to none of it.
  hush() {
    for (const voice of this.voices.flat()) voice.stop();
    this.voices = this.voices.map(() => []);
  }
}
