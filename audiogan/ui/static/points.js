// Asks the server for points of a plane through seeds, a batch at a time, and makes sounds of the answers.

import { bufferOf } from "./engine.js";
import { floatsOf } from "./pcm.js";

const PATIENCE = [400, 800, 1600]; // milliseconds to wait before asking a busy server again

// `place` is { model, label, pitch, truncation, corners }; points are { at: [across, down], moves }.
export async function fetchPoints(server, place, sampleRate, points) {
  const request = { ...place, points: points.map(({ at }) => at), moves: points.map(({ moves }) => moves) };
  const { sounds } = await ask(() => server.points(request));
  const origin = (at) => ({ ...place, points: [request.points[at]], moves: [request.moves[at]] });
  return sounds.map((pcm, at) => ({ ...soundOf(floatsOf(pcm), sampleRate), origin: origin(at) }));
}

export function soundOf(samples, sampleRate) {
  return { samples, sampleRate, buffer: bufferOf(samples, sampleRate) };
}

// The server's answer; a busy one is asked again. Throws with a sentence for the visitor.
export async function ask(call, wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))) {
  for (const pause of [...PATIENCE, null]) {
    const answer = await call().catch(() => null);
    if (answer && !answer.error) return answer;
    if (!answer) throw new Error("The server did not answer: check the connection, then try again.");
    if (!answer.busy || pause === null) throw new Error(`${answer.error[0].toUpperCase()}${answer.error.slice(1)}.`);
    await wait(Math.max(answer.wait_ms ?? 0, pause));
  }
}
