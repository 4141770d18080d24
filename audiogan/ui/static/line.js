// A place in the server's line: a busy server is asked again, and whoever waits is told where they stand.

const PATIENCE = [500, 1000, 2000, 4000]; // milliseconds to wait before asking again, where the server names none
const LOOK_MS = 1000; // how often to ask for the place in line
const TICKET_BYTES = 8;
const LOST = "No connection: asking again.";

// The answer to a request, null where none came; `tell` gets a sentence while it takes long, and "" when that is over.
export async function askInLine(server, request, tell = () => {}, wait = pause) {
  for (const least of [...PATIENCE, null]) {
    const answer = await watched(server, request, tell);
    if ((answer && !answer.busy) || least === null) return answer;
    tell(answer ? sentence(answer.error) : LOST);
    await wait(Math.max(answer?.wait_ms ?? 0, least) * (1 + Math.random() / 4));
    tell("");
  }
}

async function watched(server, request, tell) {
  const ticket = [...crypto.getRandomValues(new Uint8Array(TICKET_BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  let told = false;
  const look = setInterval(async () => {
    const { place } = (await server.line?.(ticket).catch(() => null)) ?? {};
    if (!place || told === null) return;
    told = true;
    tell(`Many are listening: you are number ${place} in line.`);
  }, LOOK_MS);
  look.unref?.(); // under node, whose tests need not wait for answers that never come
  try {
    return await server.answer({ ...request, ticket }).catch(() => null);
  } finally {
    clearInterval(look);
    if (told) tell("");
    told = null;
  }
}

export function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}

function pause(milliseconds) {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
