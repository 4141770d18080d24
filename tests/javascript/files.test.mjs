import assert from "node:assert/strict";
import test from "node:test";
import { deflateRawSync } from "node:zlib";
import { bytesOf, floatsOf, wavOf } from "../../audiogan/ui/static/pcm.js";
import { chromaticSfz, kitSfz } from "../../audiogan/ui/static/sfz.js";
import { outline } from "../../audiogan/ui/static/wave.js";
import { isZip, unzipped } from "../../audiogan/ui/static/unzip.js";
import { crc32, zipOf } from "../../audiogan/ui/static/zip.js";
import { base64Of } from "./base64.mjs";

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

// An archive of one deflated file that claims a size.
function deflated(name, text, size = text.length) {
  const archive = zipOf({ [name]: new Uint8Array(deflateRawSync(text)) });
  const view = new DataView(archive.buffer);
  const directory = view.getUint32(archive.length - 6, true);
  for (const [at, method, sum, length] of [[0, 8, 14, 22], [directory, 10, 16, 24]]) {
    view.setUint16(at + method, 8, true);
    view.setUint32(at + sum, crc32(new TextEncoder().encode(text)), true);
    view.setUint32(at + length, size, true);
  }
  return archive;
}

test("one file comes out of an archive, stored or deflated, at the top or in a folder", async () => {
  const text = '{"é": 1}'.repeat(50);
  const many = zipOf({ "01.wav": new Uint8Array(500), "kit.json": text, "02.wav": new Uint8Array(3) });
  assert.equal(await unzipped(new Blob([many]), "kit.json", 1000), text);
  for (const name of ["kit.json", "my kit/kit.json"]) {
    const plain = '{"pads": []}'.repeat(20);
    assert.equal(await unzipped(new Blob([deflated(name, plain)]), "kit.json", 1000), plain);
  }
  assert.deepEqual(await Promise.all([many, "{}", "PK"].map((content) => isZip(new Blob([content])))), [true, false, false]);
});

test("an archive that is hostile or damaged is a sentence", async () => {
  const open = (bytes) => unzipped(new Blob([bytes]), "kit.json", 1000);
  const good = zipOf({ "kit.json": "{}" });
  const changed = (at, ...bytes) => good.map((byte, index) => bytes[index - at] ?? byte);
  const directory = new DataView(good.buffer).getUint32(good.length - 6, true);
  for (const [bytes, words] of [
    [zipOf({ "kit.json": "x".repeat(1001) }), /too large\.$/],
    [deflated("kit.json", "0".repeat(50_000_000), 10), /too large\.$/],
    [zipOf({ "other.json": "{}" }), /holds no kit\.json/],
    [changed(directory + 8, 1), /password/],
    [changed(directory + 10, 12), /browsers do not know/],
    [changed(directory + 42, 9), /damaged/],
    [changed(directory + 20, 0xff, 2), /damaged/],
    [changed(38, 120), /damaged/],
    [changed(good.length - 10, 0xff, 0xff, 0xff, 0xff), /too many/],
    [changed(good.length - 6, 0xff, 0xff, 0xff, 0xff), /damaged/],
    [new Uint8Array(70_000), /damaged/],
  ]) await assert.rejects(open(bytes), words);
  const packed = deflated("kit.json", "abc".repeat(99));
  packed.fill(255, 38, 44);
  await assert.rejects(open(packed), /damaged/);
  for (let end = 0; end < good.length; end += 1) await assert.rejects(open(good.subarray(0, end)), /^Error: This ZIP archive/);
});

test("a kit's SFZ gives each pad a key, its level and its tuning", () => {
  const text = kitSfz([{ file: "a.wav", gain: 0, tune: 0 }, { file: "b.wav", gain: -3.5, tune: -5 }]);
  assert.match(text, /<region> sample=a\.wav key=36 loop_mode=one_shot group=1 off_by=1\n/);
  assert.match(text, /sample=b\.wav key=37 .* volume=-3\.5 transpose=-5 tune=0/);
});

test("a kit's SFZ cuts a shortened pad where the page does, with its fade", () => {
  const text = kitSfz([{ file: "a.wav", gain: 0, tune: 0, seconds: 0.25 }, { file: "b.wav", gain: 0, tune: 0, seconds: null }]);
  assert.match(text, /sample=a\.wav .* ampeg_hold=0\.2450 ampeg_decay=0\.005 ampeg_sustain=0\n/);
  assert.match(text, /sample=b\.wav .* off_by=2\n/);
});

test("a chromatic SFZ covers every key once", () => {
  const text = chromaticSfz([{ file: "c.wav", gain: -7.5, pitch: 62 }, { file: "a.wav", gain: 0, pitch: 48 }, { file: "b.wav", gain: 0, pitch: 49 }]);
  const ranges = [...text.matchAll(/lokey=(\d+) hikey=(\d+)/g)].map(([, low, high]) => [Number(low), Number(high)]);
  assert.deepEqual(ranges, [[0, 48], [49, 61], [62, 127]]);
  assert.equal(text.match(/volume=/g).length, 1);
  assert.match(text, /sample=c\.wav .* volume=-7\.5\n/);
});

test("a chromatic SFZ cuts every key of a shortened sound after as much of it, whichever way it is played", () => {
  const regions = chromaticSfz([{ file: "a.wav", gain: 0, pitch: 60, seconds: 0.25 }]).split("\n").filter((line) => line.startsWith("<region>"));
  assert.equal(regions.length, 128);
  assert.match(regions[60], /lokey=60 hikey=60 ampeg_hold=0\.2450 ampeg_decay=0\.005 ampeg_sustain=0$/);
  assert.match(regions[72], /pitch_keycenter=60 lokey=72 hikey=72 ampeg_hold=0\.1200 /); // an octave up
});

test("an outline keeps each part's peak", () => {
  assert.deepEqual(outline([0, -0.5, 0.25, 0, 0, 1], 3), [0.5, 0.25, 1]);
  assert.deepEqual(outline([0.5], 2), [0.5, 0.5]);
});
