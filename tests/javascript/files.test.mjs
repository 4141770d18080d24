import assert from "node:assert/strict";
import test from "node:test";
import { base64Of, bytesOf, floatsOf, wavOf } from "../../audiogan/ui/static/pcm.js";
import { chromaticSfz, kitSfz } from "../../audiogan/ui/static/sfz.js";
import { outline } from "../../audiogan/ui/static/wave.js";
import { crc32, zipOf } from "../../audiogan/ui/static/zip.js";

test("PCM16 goes through floats and WAV unchanged", () => {
  const pcm = Int16Array.from({ length: 20000 }, (_, at) => (at * 7919) % 65536 - 32768);
  const floats = floatsOf(base64Of(new Uint8Array(pcm.buffer)));
  const wav = wavOf([floats], 16000);
  assert.equal(wav.length, 44 + 40000);
  assert.equal(new DataView(wav.buffer).getUint32(24, true), 16000);
  assert.deepEqual(new Int16Array(wav.buffer, 44), pcm);
  assert.deepEqual(bytesOf(base64Of(new Uint8Array([0, 255, 3]))), new Uint8Array([0, 255, 3]));
});

test("WAV clips at full scale and interleaves channels", () => {
  const wav = wavOf([new Float32Array([2, 0]), new Float32Array([-2, 0.5])], 44100);
  assert.deepEqual([...new Int16Array(wav.buffer, 44)], [32767, -32768, 0, 16384]);
});

test("CRC-32 has its check value", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("an archive ends with a directory of its files", () => {
  const archive = zipOf({ "a.txt": "hello", "b.bin": new Uint8Array(3) });
  const end = new DataView(archive.buffer, archive.length - 22);
  assert.equal(end.getUint32(0, true), 0x06054b50);
  assert.equal(end.getUint16(10, true), 2);
  assert.equal(new DataView(archive.buffer).getUint32(end.getUint32(16, true), true), 0x02014b50);
});

test("a kit's SFZ gives each pad a key, its level and its tuning", () => {
  const text = kitSfz([{ file: "a.wav", gain: 0, tune: 0 }, { file: "b.wav", gain: -3.5, tune: -5 }]);
  assert.match(text, /<region> sample=a\.wav key=36 loop_mode=one_shot group=1 off_by=1\n/);
  assert.match(text, /sample=b\.wav key=37 .* volume=-3\.5 transpose=-5 tune=0/);
});

test("a chromatic SFZ covers every key once", () => {
  const text = chromaticSfz([{ file: "c.wav", pitch: 62 }, { file: "a.wav", pitch: 48 }, { file: "b.wav", pitch: 49 }]);
  const ranges = [...text.matchAll(/lokey=(\d+) hikey=(\d+)/g)].map(([, low, high]) => [Number(low), Number(high)]);
  assert.deepEqual(ranges, [[0, 48], [49, 61], [62, 127]]);
});

test("an outline keeps each part's peak", () => {
  assert.deepEqual(outline([0, -0.5, 0.25, 0, 0, 1], 3), [0.5, 0.25, 1]);
  assert.deepEqual(outline([0.5], 2), [0.5, 0.5]);
});
