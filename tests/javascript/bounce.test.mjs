import assert from "node:assert/strict";
import test from "node:test";
import { studio } from "./a_studio.mjs";
import { chromaticZip, loopWav } from "../../audiogan/ui/static/bounce.js";
import { bufferOf } from "../../audiogan/ui/static/engine.js";
import { evenGain } from "../../audiogan/ui/static/loudness.js";
import { emptyPattern } from "../../audiogan/ui/static/pattern.js";
import { Tuner } from "../../audiogan/ui/static/tuner.js";
import { unzipped } from "../../audiogan/ui/static/unzip.js";

// Web Audio that renders nothing and remembers in `started` when each source starts and how fast it plays, in `gains` how loud.
let started = [];
let gains = [];
const level = { setValueAtTime: () => level, linearRampToValueAtTime: () => level, cancelScheduledValues: () => level, setTargetAtTime: () => level };
class Node {
  constructor(where, options) {
    if (where.length > 44100 && options.gain) gains.push(options.gain);
    Object.assign(this, options, { where, gain: level });
  }
  connect = (to) => to;
  stop() {}
  start(when) {
    if (this.where.length > 44100 && this.buffer) started.push([when, this.playbackRate]);
  }
}
for (const name of ["AudioBufferSourceNode", "ConstantSourceNode", "DynamicsCompressorNode", "GainNode", "WaveShaperNode"]) globalThis[name] = Node;
globalThis.OfflineAudioContext = class {
  constructor(_channels, length, sampleRate) {
    Object.assign(this, { length, sampleRate, currentTime: 0 });
  }
  startRendering = async () => ({ getChannelData: () => new Float32Array(this.length).fill(1) });
};

test("a loop plays a step at its pitch, on every turn", async () => {
  const { studio: it } = studio();
  it.setBeat({ pattern: emptyPattern(), tempo: 60, steps: 4 }); // a second long
  it.setStep(3, 1, 2, 72);
  it.setStep(3, 2, 2);
  started = [];
  const wav = await loopWav(it.kit, new Tuner(it));
  assert.deepEqual(started, [[0.25, 2], [0.5, 1], [1.25, 2], [1.5, 1]]);
  assert.equal(wav.size, 44 + 2 * 44100);
});

test("a loop of an odd number of steps is whole where swing falls on the same ones again", async () => {
  const { studio: it } = studio();
  it.setBeat({ pattern: emptyPattern(), tempo: 60, steps: 3, swing: 40 });
  it.setStep(3, 1, 2);
  for (const [swing, times] of [[40, [0.35, 1, 1.85, 2.5]], [0, [0.25, 1]]]) {
    it.kit.swing = swing;
    started = [];
    const wav = await loopWav(it.kit, new Tuner(it));
    assert.deepEqual(started.map(([when]) => when), times);
    assert.equal(wav.size, 44 + 2 * 44100 * 0.375 * times.length);
  }
});

test("a loop plays a loud sound as much softer as the page does, under its pad's own level", async () => {
  const { studio: it } = studio();
  const pad = it.kit.pads[3];
  const buffer = bufferOf(Float32Array.from({ length: 16000 }, (_, n) => Math.sin(n)), 16000);
  Object.assign(pad, { gain: -6, sound: { ...pad.sound, buffer } });
  it.setBeat({ pattern: emptyPattern(), tempo: 60, steps: 4 });
  it.setStep(3, 1, 3);
  gains = [];
  await loopWav(it.kit, new Tuner(it));
  const [, ...hits] = gains; // the first is the level guard's
  assert.ok(evenGain(buffer) < 0.3);
  for (const gain of hits) assert.ok(Math.abs(gain - evenGain(buffer) * 10 ** (-6 / 20)) < 1e-9);
  assert.equal(hits.length, 2);
});

test("keys are saved at the level and the length that they are played with", async () => {
  const { studio: it } = studio();
  const samples = new Float32Array(16000).fill(0.001); // a second
  const notes = [{ pitch: 60, sound: { samples, sampleRate: 16000, buffer: bufferOf(samples, 16000) } }];
  const saved = (pad) => unzipped(chromaticZip("keys", notes, pad), "keys.sfz", 100_000);
  assert.match(await saved({ ...it.pads[0], gain: -6, length: 40, tune: 12 }), /lokey=60 hikey=60 volume=-6 ampeg_hold=0\.3950 /);
  assert.doesNotMatch(await saved(it.pads[0]), /volume|hold/);
});
