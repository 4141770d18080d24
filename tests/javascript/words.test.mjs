// What the page says and how long it waits: helpers that every tab shares.

import assert from "node:assert/strict";
import { test } from "node:test";

import { minus } from "../../audiogan/ui/static/axis.js";
import { inTime } from "../../audiogan/ui/static/patience.js";
import { capital, sentence } from "../../audiogan/ui/static/sentence.js";

test("the server's words begin with a capital and end with one full stop", () => {
  assert.equal(sentence("too many requests: wait a moment"), "Too many requests: wait a moment.");
  assert.equal(sentence("This is not the key."), "This is not the key.");
  assert.equal(sentence("ärger"), "Ärger.");
  assert.equal(capital(""), "");
});

test("numbers below nothing have a minus sign", () => {
  assert.deepEqual([-3, "-0.50", 2, 0].map(minus), ["−3", "−0.50", "2", "0"]);
});

test("an answer in time is the answer, a late one is none, and a refusal stays one", async () => {
  assert.equal(await inTime(Promise.resolve(7), 1000), 7);
  await assert.rejects(inTime(new Promise(() => {}), 1), /too late/);
  await assert.rejects(inTime(Promise.reject(new Error("refused")), 1000), /refused/);
});

test("helpers have one home", async () => {
  const { readdir, readFile } = await import("node:fs/promises");
  const folder = new URL("../../audiogan/ui/static/", import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".js"));
  const sources = await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, folder), "utf8")]));
  const homes = (words) => sources.filter(([, source]) => words.test(source)).map(([name]) => name);
  assert.deepEqual(homes(/clipboard\?*\.writeText/), ["dom.js"]);
  assert.deepEqual(homes(/devicePixelRatio/), ["canvas.js"]);
  assert.deepEqual(homes(/function (pause|inTime)\(/), ["patience.js"]);
  assert.deepEqual(homes(/function (capital|sentence)\(/), ["sentence.js"]);
});
