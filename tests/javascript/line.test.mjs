// Asking a busy server: again, with patience, and with words for who waits.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask } from "../../audiogan/ui/static/line.js";

const BUSY = { error: "the server is busy, and you would be number 49 in line", busy: true, wait_ms: 700 };
const REQUEST = { sounds: [] };

// A server that gives these answers one after the other; `asked` are its requests.
function serverOf(...answers) {
  const asked = [];
  const answer = async (request) => {
    asked.push(request);
    const next = answers.shift();
    return next instanceof Error ? Promise.reject(next) : next;
  };
  return { asked, answer };
}

test("a busy server is asked again after the time that it names, and says why", async () => {
  const server = serverOf(BUSY, { sounds: [1] });
  const [told, waits] = [[], []];
  const answer = await ask(server, "answer", REQUEST, (text) => told.push(text), async (ms) => waits.push(ms));
  assert.deepEqual(answer, { sounds: [1] });
  assert.deepEqual(told, ["The server is busy, and you would be number 49 in line.", ""]);
  assert.ok(waits[0] >= 700 && waits[0] <= 875);
});

test("a lost answer is asked for again, a refusal is not", async () => {
  const lost = serverOf(new Error("connection lost"), { sounds: [1] });
  const told = [];
  assert.deepEqual(await ask(lost, "answer", REQUEST, (text) => told.push(text), async () => {}), { sounds: [1] });
  assert.deepEqual(told, ["No connection: asking again.", ""]);
  const refusing = serverOf({ error: "seed must be a number" }, { sounds: [1] });
  await assert.rejects(ask(refusing, "answer", REQUEST, () => {}, async () => {}), /^Error: Seed must be a number\.$/);
  assert.equal(refusing.asked.length, 1);
});

test("patience ends", async () => {
  const lost = new Error("connection lost");
  for (const [answer, words] of [[BUSY, /^Error: The server is busy, and you/], [lost, /^Error: The server did not answer: check the connection/]]) {
    const server = serverOf(...Array(9).fill(answer));
    await assert.rejects(ask(server, "answer", REQUEST, () => {}, async () => {}), words);
    assert.equal(server.asked.length, 5);
  }
});

test("who waits long is told the place in line, and of its end", async () => {
  const told = [];
  let reply;
  const server = {
    answer: ({ ticket }) => new Promise((resolve) => (reply = () => resolve({ sounds: [], ticket }))),
    line: async (ticket) => ({ place: ticket.length }),
  };
  const asking = ask(server, "answer", REQUEST, (text) => told.push(text));
  await new Promise((resume) => setTimeout(resume, 1100));
  assert.deepEqual(told, ["Many are listening: you are number 16 in line."]);
  reply();
  assert.equal((await asking).ticket.length, 16);
  assert.equal(told.at(-1), "");
});
