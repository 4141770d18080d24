// Asks the server for points of a plane through seeds, a batch at a time, and makes sounds of the answers.

import { bufferOf } from "./engine.js";
import { ask } from "./line.js";
import { floatsOf } from "./pcm.js";

// `place` is { model, label, pitch, truncation, corners }; points are { at: [across, down], moves }; `tell` as in line.js.
export async function fetchPoints(server, place, sampleRate, points, tell) {
  const request = { ...place, points: points.map(({ at }) => at), moves: points.map(({ moves }) => moves) };
  const { sounds } = await ask(server, "points", request, tell);
  const origin = (at) => ({ ...place, points: [request.points[at]], moves: [request.moves[at]] });
  return sounds.map((pcm, at) => ({ ...soundOf(floatsOf(pcm), sampleRate), origin: origin(at) }));
}

function soundOf(samples, sampleRate) {
  return { samples, sampleRate, buffer: bufferOf(samples, sampleRate) };
}
