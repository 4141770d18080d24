// The page's one AudioContext and its output: every voice goes through a level guard. Times are seconds, gains linear.

import { openAudio } from "./audio_context.js";
import { floatsOf } from "./pcm.js";
import { atRate } from "./resample.js";

const MAX_VOICES = 32;
export const FADE = 0.005; // no click where a sound is cut
const CHOKE = 0.004; // time constant with which a pad's next hit takes over from the last
const GUARD = { threshold: -6, knee: 6, ratio: 20, attack: 0.002, release: 0.12 };
const MAKEUP = 0.7; // undoes what the compressor adds by itself (Web Audio, section 1.19.6), so quiet sounds pass unchanged

let context = null;
let bus = null;
const voices = new Set();

// The running context, created suspended: browsers let it sound after the first press.
export function audio() {
  if (!context) {
    context = openAudio({ latencyHint: "interactive" });
    bus = guard(context);
  }
  return context;
}

// To browsers a touch is a gesture only once the finger is lifted: what the first one asked for sounds then.
export function wake() {
  if (audio().state === "running") return Promise.resolve();
  for (const end of ["pointerup", "touchend", "click"]) addEventListener(end, resume, { once: true, capture: true });
  return resume();
}

function resume() {
  return context.resume();
}

// A compressor for the level and a soft clip for what is too quick for it: sixteen pads at once stay under full scale.
// It is always fed: Firefox drops what a compressor has yet to give, and with it a sound's fade, once nothing feeds it.
export function guard(where) {
  const input = new DynamicsCompressorNode(where, GUARD);
  const makeup = new GainNode(where, { gain: MAKEUP });
  const clip = new WaveShaperNode(where, { curve: softClip() });
  const silence = new ConstantSourceNode(where, { offset: 0 });
  silence.connect(input);
  silence.start();
  input.connect(makeup).connect(clip).connect(where.destination);
  return input;
}

function softClip(size = 2049, knee = 0.85) {
  return Float32Array.from({ length: size }, (_, at) => {
    const level = (2 * at) / (size - 1) - 1;
    const over = Math.max(Math.abs(level) - knee, 0) / (1 - knee);
    return Math.sign(level) * (Math.min(Math.abs(level), knee) + (1 - knee) * 0.95 * Math.tanh(over));
  });
}

export function bufferOf(samples, sampleRate) {
  const buffer = new AudioBuffer({ length: samples.length, numberOfChannels: 1, sampleRate });
  buffer.copyToChannel(samples, 0);
  return buffer;
}

// What the server answered, PCM16 as base64, as a sound: samples and an audio buffer.
export function soundOf(pcm, sampleRate) {
  const samples = floatsOf(pcm);
  return { samples, sampleRate, buffer: bufferOf(samples, sampleRate) };
}

// Sound a buffer now or at `when`. `share` in (0, 1] cuts it to a part of its length. Returns a voice with `stop(when)`.
export function play(buffer, options = {}) {
  const voice = start(audio(), bus, buffer, options);
  voices.add(voice);
  voice.source.onended = () => voices.delete(voice);
  if (voices.size > MAX_VOICES) [...voices][0].stop();
  return voice;
}

// The same on any context, for rendering a loop to a file.
export function start(where, output, buffer, { when = 0, gain = 1, rate = 1, share = 1 } = {}) {
  const source = new AudioBufferSourceNode(where, { buffer: atRate(buffer, where.sampleRate), playbackRate: rate });
  const level = new GainNode(where, { gain });
  const begin = Math.max(when, where.currentTime);
  const end = begin + Math.max((buffer.duration * share) / rate, 2 * FADE);
  level.gain.setValueAtTime(gain, begin).setValueAtTime(gain, end - FADE).linearRampToValueAtTime(0, end);
  source.connect(level).connect(output);
  source.start(when);
  source.stop(end);
  const stop = (at = where.currentTime, constant = CHOKE) => {
    if (at >= end - FADE) return; // it fades already: to begin anew would be the click
    level.gain.cancelScheduledValues(at).setTargetAtTime(0, at, constant);
    source.stop(Math.min(at + 8 * constant, end));
  };
  return { source, begin, end, stop };
}

export function gainOf(decibels) {
  return 10 ** (decibels / 20);
}

export function rateOf(semitones) {
  return 2 ** (semitones / 12);
}
