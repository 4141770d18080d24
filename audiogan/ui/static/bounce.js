// What leaves the page as files: a kit, one sound, a loop, a chromatic instrument.

import { StepClock, stepSeconds, stepsOfLoop } from "./clock.js";
import { bufferOf, gainOf, guard, rateOf, start } from "./engine.js";
import { describeKit, fileName, isHeard } from "./kit.js";
import { evenGain } from "./loudness.js";
import { LEVELS } from "./pattern.js";
import { wavFile, wavOf } from "./pcm.js";
import { chromaticSfz, kitSfz } from "./sfz.js";
import { beatMidi } from "./smf.js";
import { zipOf } from "./zip.js";

const LOOP_RATE = 44100;

export function soundWav(sound) {
  return wavFile(sound.samples, sound.sampleRate);
}

// WAV files, kit.sfz, the beat for its keys, and kit.json.
export function kitZip(kit) {
  const files = Object.fromEntries(kit.pads.map(({ sound }, number) => [fileName(sound, number), wavOf([sound.samples], sound.sampleRate)]));
  const pads = kit.pads.map((pad, number) => ({ file: fileName(pad.sound, number), gain: volumeOf(pad.sound, pad.gain), tune: pad.tune, seconds: cutAfter(pad) }));
  return zip({ ...files, "kit.sfz": kitSfz(pads), "beat.mid": beatMidi(kit), "kit.json": JSON.stringify(describeKit(kit), null, 1) });
}

// How loud samplers should play a sound, in dB, to do as the page does: its file holds what the model made.
function volumeOf({ buffer }, gain = 0) {
  return Math.round(10 * (gain + 20 * Math.log10(evenGain(buffer)))) / 10;
}

// Seconds after which a shortened pad is cut; null for one that sounds whole.
function cutAfter({ sound, tune, length }) {
  return length < 100 ? (sound.buffer.duration * length) / 100 / rateOf(tune) : null;
}

// Notes as [{ pitch, sound }], at the level and the length of the pad that plays them.
export function chromaticZip(name, notes, { gain, length }) {
  const named = notes.map(({ pitch, sound }) => ({ pitch, sound, file: `${name}-${pitch}.wav`, gain: volumeOf(sound, gain), seconds: cutAfter({ sound, tune: 0, length }) }));
  const files = Object.fromEntries(named.map(({ file, sound }) => [file, wavOf([sound.samples], sound.sampleRate)]));
  return zip({ ...files, [`${name}.sfz`]: chromaticSfz(named) });
}

// The beat rendered at once, until it is as it was at first and once more: what is kept carries the tails of what was
// before it, and is exactly a whole number of steps long, so it loops without a seam.
export async function loopWav(kit, tuner) {
  const steps = stepsOfLoop(kit);
  const length = Math.round(steps * stepSeconds(kit.tempo) * LOOP_RATE);
  const end = 2 * length + (await guardDelay());
  const offline = new OfflineAudioContext(1, end, LOOP_RATE);
  schedule(offline, kit, 2 * steps, tuner);
  const rendered = await offline.startRendering();
  const samples = rendered.getChannelData(0).subarray(end - length);
  return wavFile(samples, LOOP_RATE);
}

// By how many samples the level guard is late: its compressor looks ahead, as far as the browser likes.
async function guardDelay() {
  const offline = new OfflineAudioContext(1, LOOP_RATE / 10, LOOP_RATE);
  const click = new AudioBufferSourceNode(offline, { buffer: bufferOf(Float32Array.of(0.1), LOOP_RATE) });
  click.connect(guard(offline));
  click.start();
  const samples = (await offline.startRendering()).getChannelData(0);
  return samples.findIndex((value) => value > 0.01);
}

function schedule(offline, kit, count, tuner) {
  const output = guard(offline);
  const clock = new StepClock(0, kit.tempo, kit.swing);
  const last = new Map();
  for (let number = 0; number < count; number += 1) {
    const when = clock.timeOf(number);
    kit.pads.forEach((pad, at) => {
      const level = kit.pattern[at][number % kit.steps];
      if (!level || !isHeard(kit.pads, at)) return;
      last.get(at)?.stop(when);
      const { buffer, gain, rate } = tuner.step(pad, kit.pitches[at][number % kit.steps]);
      last.set(at, start(offline, output, buffer, { when, gain: LEVELS[level] * gain * gainOf(pad.gain), rate, share: pad.length / 100 }));
    });
  }
}

function zip(files) {
  return new Blob([zipOf(files)], { type: "application/zip" });
}
