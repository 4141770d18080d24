// How every tab asks the server: a busy one is asked again, a lost answer too, and whoever waits is told their place in line.

import { pause } from "./patience.js";
import { randomHex } from "./random.js";
import { sentence } from "./sentence.js";

const PATIENCE = [500, 1000, 2000, 4000]; // milliseconds to wait before asking again, where the server names none
const LOOK_MS = 1000; // how often to ask for the place in line
const TICKET_BYTES = 8;
const LOST = "No connection: asking again.";
const NO_ANSWER = "the server did not answer: check the connection and try again";

// The answer of the server's function of that name; throws an Error with a sentence for the visitor where there is none.
// `tell` gets a sentence while it takes long, and "" when that is over.
export async function ask(server, name, request, tell = () => {}, wait = pause) {
  const answer = await askInLine(server, name, request, tell, wait);
  if (answer && !answer.error) return answer;
  throw new Error(sentence(answer?.error ?? NO_ANSWER));
}

// The last answer that came, null where none did.
async function askInLine(server, name, request, tell, wait) {
  for (const least of [...PATIENCE, null]) {
    const answer = await watched(server, name, request, tell);
    if ((answer && !answer.busy) || least === null) return answer;
    tell(answer ? sentence(answer.error) : LOST);
    await wait(Math.max(answer?.wait_ms ?? 0, least) * (1 + Math.random() / 4));
    tell("");
  }
}

async function watched(server, name, request, tell) {
  const ticket = randomHex(TICKET_BYTES);
  let told = false;
  const look = setInterval(async () => {
    const { place } = (await server.line?.(ticket).catch(() => null)) ?? {};
    if (!place || told === null) return;
    told = true;
    tell(`Many are listening: you are number ${place} in line.`);
  }, LOOK_MS);
  look.unref?.(); // under node, whose tests need not wait for answers that never come
  try {
    return await server[name]({ ...request, ticket }).catch(() => null);
  } finally {
    clearInterval(look);
    if (told) tell("");
    told = null;
  }
}
