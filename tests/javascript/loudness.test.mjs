import assert from "node:assert/strict";
import test from "node:test";
import { evenGain, loudness, matchingGains, momentary, peakOf } from "../../audiogan/ui/static/loudness.js";

const tone = (hz, rate, amplitude = 1, seconds = 2) =>
  Float32Array.from({ length: rate * seconds }, (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / rate));
const near = (one, other, by) => assert.ok(Math.abs(one - other) < by, `${one} is not ${other}`);

test("a full-scale sine of 997 Hz has -3.01 LUFS (BS.1770), at any rate", () => {
  for (const rate of [16000, 44100, 48000]) near(loudness(tone(997, rate), rate), -3.01, 0.1);
});

test("half the amplitude is 6 dB less, bass counts less, treble more", () => {
  near(loudness(tone(997, 48000, 0.5), 48000), -9.03, 0.1);
  assert.ok(loudness(tone(30, 48000), 48000) < -9);
  near(loudness(tone(6000, 48000), 48000), 0.3, 0.6);
});

test("a pause does not make a sound quieter, silence has no loudness", () => {
  const burst = new Float32Array(48000 * 4);
  burst.set(tone(997, 48000, 1, 2));
  near(loudness(burst, 48000), -3.01, 0.5);
  assert.equal(loudness(new Float32Array(48000), 48000), -Infinity);
});

test("a clip shorter than a block is measured whole", () => {
  near(loudness(tone(997, 48000, 1, 1).subarray(0, 9600), 48000), -3.01, 0.2);
});

test("gains bring all to one loudness without a peak over full scale", () => {
  const tracks = [{ loudness: -10, peak: 0.5 }, { loudness: -30, peak: 0.9 }, { loudness: -Infinity, peak: 1e-6 }];
  const gains = matchingGains(tracks);
  const levels = gains.map((gain, at) => tracks[at].loudness + 20 * Math.log10(gain));
  near(levels[0], levels[1], 1e-9);
  near(gains[1] * tracks[1].peak, 1, 1e-9);
  assert.equal(gains[2], 1);
});

test("momentary loudness is that of the loudest 400 ms, a shorter sound's as if silence followed", () => {
  const swelling = tone(997, 48000, 0.1, 2);
  swelling.set(tone(997, 48000, 1, 1).subarray(0, 19200), 48000);
  near(momentary(swelling, 48000), -3.01, 0.1);
  near(momentary(tone(997, 48000, 1, 1).subarray(0, 4800), 48000), -3.01 - 6.02, 0.2);
  assert.ok(momentary(new Float32Array(48000), 48000) < -140);
});

test("a loud sound is turned down to -15 LUFS, what is softer stays, and silence too", () => {
  const bufferOf = (samples) => ({ sampleRate: 16000, getChannelData: () => samples });
  near(20 * Math.log10(evenGain(bufferOf(tone(997, 16000, 1)))), -15 + 3.01, 0.1);
  assert.equal(evenGain(bufferOf(tone(997, 16000, 0.2))), 1);
  assert.equal(evenGain(bufferOf(new Float32Array(16000))), 1);
});

test("the peak is the largest magnitude", () => {
  assert.equal(peakOf(Float32Array.from([0.25, -0.75])), 0.75);
});
