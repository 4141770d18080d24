// Sounds from the server, and a stock of them for re-rolls: eight cost the server what one does.

import { soundOf } from "./engine.js";
import { randomSeed } from "./kit.js";
import { ask } from "./line.js";

const BATCH = 8; // what the server computes at once, whether asked for one sound or for eight
const SPARE = 2; // with so few sounds left, the next are fetched in the background

export class Supply {
  // `tell` shows a sentence while the server is busy, and "" when it no longer is.
  constructor(server, tell = () => {}) {
    Object.assign(this, { server, tell, stocks: new Map() });
  }

  // Sounds in the order of their requests; throws an Error with a sentence for the visitor.
  async fetch(sounds) {
    const answer = await ask(this.server, "answer", { sounds }, this.tell);
    return answer.sounds.map(decoded);
  }

  // A sound of a model and instrument that nobody here has heard.
  async draw(model, label) {
    const stock = this.stock(model, label);
    while (!stock.sounds.length) await this.restock(stock);
    const sound = stock.sounds.shift();
    if (stock.sounds.length <= SPARE) this.restock(stock).catch(() => {}); // the next draw asks again, and says what is wrong
    return sound;
  }

  stock(model, label) {
    const key = JSON.stringify([model, label]);
    if (!this.stocks.has(key)) this.stocks.set(key, { model, label, sounds: [], coming: null });
    return this.stocks.get(key);
  }

  // One request at a time for each stock; those who ask meanwhile wait for the same.
  restock(stock) {
    const { model, label } = stock;
    const seed = randomSeed();
    const wanted = Array.from({ length: BATCH }, (_, index) => ({ model, label, seed, index }));
    stock.coming ??= this.fetch(wanted)
      .then((sounds) => stock.sounds.push(...sounds))
      .finally(() => (stock.coming = null));
    return stock.coming;
  }
}

// The page's form of an answer: a sound in place of PCM.
export function decoded({ pcm, sample_rate: sampleRate, ...identity }) {
  return { ...identity, ...soundOf(pcm, sampleRate) };
}

// Requests in groups that the server computes at once: of one model, at most eight.
export function batches(wanted) {
  return byModel(wanted).flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / BATCH) }, (_, at) => group.slice(at * BATCH, (at + 1) * BATCH)),
  );
}

export function byModel(wanted) {
  const groups = new Map();
  for (const one of wanted) groups.set(one.model, [...(groups.get(one.model) ?? []), one]);
  return [...groups.values()];
}
