// Asks the server for points of a plane through seeds, a batch at a time, and makes sounds of the answers.

import { soundOf } from "./engine.js";
import { ask } from "./line.js";

// `place` is { model, label, pitch, truncation, corners }; points are { at: [across, down], moves }; `tell` as in line.js.
export async function fetchPoints(server, place, sampleRate, points, tell) {
  const request = { ...place, points: points.map(({ at }) => at), moves: points.map(({ moves }) => moves) };
  const { sounds } = await ask(server, "points", request, tell);
  const origin = (at) => ({ ...place, points: [request.points[at]], moves: [request.moves[at]] });
  return sounds.map((pcm, at) => ({ ...soundOf(pcm, sampleRate), origin: origin(at) }));
}
