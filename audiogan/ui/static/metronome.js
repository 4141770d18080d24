// The clicks of a take on an empty beat. They are heard only: in no beat and in no file.

import { audio, bufferOf, play } from "./engine.js";

const RATE = 44100;
const SECONDS = 0.04;
const GAIN = 0.5;
const HERTZ = { beat: 1000, accent: 1600 };

export class Metronome {
  constructor() {
    Object.assign(this, { voices: [], tones: {} });
  }

  // A click at a time of the audio clock.
  click(time, accent) {
    const name = accent ? "accent" : "beat";
    const tone = (this.tones[name] ??= tick(HERTZ[name]));
    const coming = this.voices.filter(({ end }) => end > audio().currentTime);
    this.voices = [...coming, play(tone, { when: time, gain: GAIN })];
  }

  hush() {
    for (const voice of this.voices) voice.stop();
    this.voices = [];
  }
}

function tick(hertz) {
  const decay = (at) => Math.exp(-at / (RATE * SECONDS * 0.2));
  return bufferOf(Float32Array.from({ length: RATE * SECONDS }, (_, at) => decay(at) * Math.sin((2 * Math.PI * hertz * at) / RATE)), RATE);
}
