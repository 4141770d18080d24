// Sounds that run in a loop together, one of them heard: changing between them keeps the position.

import { audio, guard, wake } from "./engine.js";

const CROSSFADE = 0.006; // time constant, seconds
const LEAD = 0.03;

export class Switcher {
  constructor() {
    Object.assign(this, { tracks: [], current: 0, duration: 1, running: false });
  }

  // Tracks are { buffer, gain }; shorter ones are followed by silence, so that all loop as one.
  async start(tracks, current) {
    this.stop();
    await wake();
    const context = audio();
    this.output ??= guard(context);
    this.duration = Math.max(...tracks.map(({ buffer }) => buffer.duration));
    this.begin = context.currentTime + LEAD;
    this.running = true;
    this.current = current;
    this.tracks = tracks.map(({ buffer, gain }, number) => this.run(context, buffer, gain, number === current));
  }

  run(context, buffer, gain, heard) {
    const length = Math.round(this.duration * buffer.sampleRate);
    const padded = new AudioBuffer({ length, numberOfChannels: 1, sampleRate: buffer.sampleRate });
    padded.copyToChannel(buffer.getChannelData(0), 0);
    const source = new AudioBufferSourceNode(context, { buffer: padded, loop: true });
    const level = new GainNode(context, { gain: heard ? gain : 0 });
    source.connect(level).connect(this.output);
    source.start(this.begin);
    return { source, level, gain };
  }

  // Hear another track from where this one is.
  switch(number) {
    this.current = number;
    this.fade();
  }

  setGains(gains) {
    this.tracks.forEach((track, number) => (track.gain = gains[number]));
    this.fade();
  }

  fade() {
    const now = audio().currentTime;
    this.tracks.forEach(({ level, gain }, number) => level.gain.setTargetAtTime(number === this.current ? gain : 0, now, CROSSFADE));
  }

  // Seconds into the loop.
  get position() {
    return Math.max(audio().currentTime - this.begin, 0) % this.duration;
  }

  stop() {
    for (const { source, level } of this.tracks) {
      level.gain.setTargetAtTime(0, audio().currentTime, CROSSFADE);
      source.stop(audio().currentTime + 8 * CROSSFADE);
    }
    Object.assign(this, { tracks: [], running: false });
  }
}
