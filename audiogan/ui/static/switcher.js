// Sounds that run in a loop together, one of them heard: changing between them keeps the position.

import { audio, guard, wake } from "./engine.js";
import { atRate } from "./resample.js";

const CROSSFADE = 0.006; // time constant, seconds
const LEAD = 0.03;

export class Switcher {
  constructor() {
    Object.assign(this, { tracks: [], current: 0, duration: 1, running: false, turn: null });
  }

  // Tracks are { buffer, gain }; shorter ones are followed by silence, so that all loop as one. Of two calls that wait for
  // the audio to wake, the later one counts.
  async start(tracks, current) {
    this.stop();
    const turn = (this.turn = {});
    await wake();
    if (this.turn === turn) this.begin(tracks, current);
  }

  begin(tracks, current) {
    this.stop();
    const context = audio();
    this.output ??= guard(context);
    const longest = Math.max(...tracks.map(({ buffer }) => buffer.duration));
    this.duration = Math.ceil(longest * context.sampleRate) / context.sampleRate;
    const ready = tracks.map((track, number) => this.prepare(track, number === current)); // which takes longer than the lead
    Object.assign(this, { running: true, current, origin: context.currentTime + LEAD });
    this.tracks = ready.map((track) => this.run(track));
  }

  // One more track, unheard, at the position of the others; one that is longer makes the loop longer, from its beginning.
  join(track) {
    if (track.buffer.duration > this.duration) this.begin([...this.tracks, track], this.current);
    else this.tracks.push(this.run(this.prepare(track, false)));
  }

  prepare({ buffer, gain }, heard) {
    const context = audio();
    const { sampleRate } = context;
    const padded = new AudioBuffer({ length: Math.round(this.duration * sampleRate), numberOfChannels: 1, sampleRate });
    padded.copyToChannel(atRate(buffer, sampleRate).getChannelData(0), 0);
    const source = new AudioBufferSourceNode(context, { buffer: padded, loop: true });
    const level = new GainNode(context, { gain: heard ? gain : 0 });
    source.connect(level).connect(this.output);
    return { buffer, source, level, gain };
  }

  // From where the others are.
  run(track) {
    const now = audio().currentTime;
    const when = now < this.origin ? this.origin : now + LEAD;
    track.source.start(when, (when - this.origin) % this.duration);
    return track;
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
    return Math.max(audio().currentTime - this.origin, 0) % this.duration;
  }

  stop() {
    for (const { source, level } of this.tracks) {
      level.gain.setTargetAtTime(0, audio().currentTime, CROSSFADE);
      source.stop(audio().currentTime + 8 * CROSSFADE);
    }
    Object.assign(this, { tracks: [], running: false, turn: null });
  }
}
