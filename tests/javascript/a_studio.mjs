// A studio without a page, for tests.

import { base64Of } from "./base64.mjs";

globalThis.AudioBuffer ??= class {
  constructor({ length, numberOfChannels = 1, sampleRate }) {
    Object.assign(this, { length, numberOfChannels, sampleRate, duration: length / sampleRate });
  }
  copyToChannel(samples) {
    this.samples = Float32Array.from(samples);
  }
  getChannelData() {
    return this.samples;
  }
};
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail } = {}) {
    super(type);
    this.detail = detail;
  }
};
const { Studio } = await import("../../audiogan/ui/static/studio.js");

const MODELS = [{ name: "one", labels: ["Flute"], pad_labels: new Array(16).fill("Flute"), pitched: {} }];

function sound(request) {
  const [z, pcm] = [base64Of(new Uint8Array(8)), base64Of(new Uint8Array(4))];
  return { pitch: null, truncation: 1, label: "Flute", ...request, seed: request.seed ?? null, z, pcm, sample_rate: 16000 };
}

// A studio and its server, which answers when told to; `calls` are its requests.
export function studio() {
  const calls = [];
  const answer = ({ sounds }) => new Promise((resolve) => calls.push({ sounds, reply: () => resolve({ sounds: sounds.map(sound) }), resolve }));
  const kit = Array.from({ length: 16 }, (_, index) => sound({ model: "one", seed: "7", index }));
  return { studio: new Studio({ models: MODELS, kit, roles: {}, server: { answer } }), calls };
}

export const settle = () => new Promise((resolve) => setTimeout(resolve));
