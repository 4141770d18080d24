// Sounds of a study: fetched by token, unmasked, kept as AudioBuffers, played one at a time and timed.

import { openAudio } from "./audio_context.js";
import { bytesOf } from "./pcm.js";
import { t } from "./rate_wording.js";
import { atRate } from "./resample.js";

const ATTEMPTS = 4;
const FACTOR = 1664525;
const STEP = 1013904223;
const KEPT = 64;
const PAUSE_MS = 250; // between the sounds of a row

let context = null;
let current = null; // what sounds, or was asked for and waits until the audio is awake
let row = null; // the sounds in a row that it is one of

// Created at the first press: browsers let nothing sound before it.
function audio() {
  return (context ??= openAudio());
}

export function mayPlayUnasked() {
  return context?.state === "running";
}

export class Sounds {
  #server;
  #session;
  #tell;
  #buffers = new Map(); // token to a promise of an AudioBuffer

  // `tell` shows a sentence while the server is away, and "" when it is back.
  constructor(server, session, tell) {
    this.#server = server;
    this.#session = session;
    this.#tell = tell;
  }

  // All of a step's sounds in one request, whose length says nothing. Rejects when the server would not give them.
  load(tokens, { sampleRate, channels = 1 }) {
    const missing = tokens.filter((token) => !this.#buffers.has(token));
    if (missing.length) this.#fetch(missing, sampleRate, channels);
    return Promise.all(tokens.map((token) => this.#buffers.get(token)));
  }

  #fetch(tokens, sampleRate, channels) {
    const clips = this.#retry(tokens);
    for (const token of tokens) {
      const buffer = clips.then((found) => decode(found[token], token, sampleRate, channels));
      buffer.catch(() => this.#buffers.delete(token)); // the next load asks again
      this.#buffers.set(token, buffer);
    }
    for (const old of [...this.#buffers.keys()].slice(0, -KEPT)) this.#buffers.delete(old);
  }

  // While nobody answers anything, these sounds have not failed: only what fails with the server there is given up.
  async #retry(clips) {
    for (let failed = 0, told = false; ; ) {
      const reply = await this.#server.sounds({ session: this.#session, clips }).catch(() => null);
      if (reply?.clips) {
        if (told) this.#tell("");
        return reply.clips;
      }
      const away = reply ? reply.wait_ms > 0 : !(await this.#answers());
      if (!away) failed += 1;
      if (failed === ATTEMPTS || (reply && !away)) throw new Error(reply?.error ?? "no answer");
      if (away) this.#tell(t("The server cannot be reached: the sound comes as soon as it is back."));
      told ||= away;
      await new Promise((resume) => setTimeout(resume, reply?.wait_ms || 500 * 2 ** failed));
    }
  }

  // Whether the server says anything at all.
  #answers() {
    const asked = this.#server.listen({ session: this.#session, action: "open" });
    return asked.then((reply) => !reply.wait_ms, () => false);
  }
}

// Each 16-bit sample was XORed with the upper half of x[n + 1] = FACTOR x[n] + STEP, x[0] the token's first eight digits.
function decode(text, token, sampleRate, channels) {
  const samples = new Int16Array(bytesOf(text).buffer);
  let state = parseInt(token.slice(0, 8), 16);
  for (let at = 0; at < samples.length; at++) {
    state = (Math.imul(state, FACTOR) + STEP) >>> 0;
    samples[at] ^= state >>> 16;
  }
  const length = samples.length / channels;
  const buffer = new AudioBuffer({ length, numberOfChannels: channels, sampleRate });
  for (let channel = 0; channel < channels; channel++) {
    const part = Float32Array.from({ length }, (_, time) => samples[time * channels + channel] / 32768);
    buffer.copyToChannel(part, channel);
  }
  return buffer;
}

// Play buffers in a row, whatever played before; resolves with the milliseconds heard and whether that was all. `progress`
// is called with the place in the row and the share of that buffer. What is stopped, or gives way to another row, is over
// between two sounds as well as in one; before the audio is awake it was not heard at all.
export async function play(buffers, progress = () => {}) {
  stop();
  const mine = (row = {});
  const result = { ms: 0, whole: true };
  for (const [at, buffer] of buffers.entries()) {
    if (at) await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    const part = row === mine ? await sound(buffer, (share) => progress(at, share)) : { ms: 0, whole: false };
    result.ms += part.ms;
    result.whole &&= part.whole;
    if (!result.whole) return result;
  }
  row = null;
  return result;
}

export function stop() {
  row = null;
  if (!current) return;
  current.stopped = true;
  current.source?.stop();
  current = null;
}

async function sound(buffer, progress) {
  const where = audio();
  const voice = (current = { source: null, stopped: false });
  if (where.state !== "running") await where.resume().catch(() => (voice.stopped = true)); // a call has the speaker
  if (voice.stopped) return { ms: 0, whole: false };
  const source = (voice.source = new AudioBufferSourceNode(where, { buffer: atRate(buffer, where.sampleRate) }));
  source.connect(where.destination);
  const begun = where.currentTime;
  const ended = new Promise((resolve) => (source.onended = resolve));
  source.start();
  const draw = () => {
    if (current !== voice) return;
    progress(Math.min((where.currentTime - begun) / buffer.duration, 1));
    requestAnimationFrame(draw);
  };
  draw();
  await ended;
  const seconds = Math.min(where.currentTime - begun, buffer.duration);
  if (current === voice) current = null;
  return { ms: Math.round(1000 * seconds), whole: !voice.stopped };
}
