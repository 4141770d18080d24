// A sound's outline on a canvas, in the colour that CSS gives the canvas.

import { sized } from "./canvas.js";

const waiting = new Map(); // by canvas, what is drawn on it in the next frame

// Draws in the next frame, all outlines at once: each that is measured after another was drawn lays the page out anew.
export function drawOutline(canvas, samples, { share = 1 } = {}) {
  if (!waiting.size) requestAnimationFrame(drawAll);
  waiting.set(canvas, { samples, share });
}

function drawAll() {
  const sizes = [...waiting.keys()].map(({ clientWidth, clientHeight }) => [clientWidth || 96, clientHeight || 36]);
  for (const [at, [canvas, { samples, share }]] of [...waiting].entries()) draw(canvas, sizes[at], samples, share);
  waiting.clear();
}

function draw(canvas, size, samples, share) {
  const { pen, scale } = sized(canvas, ...size);
  const { width, height } = canvas;
  pen.fillStyle = getComputedStyle(canvas).color;
  const bar = Math.max(Math.round(2 * scale), 1);
  const columns = Math.floor(width / (bar * 1.5));
  const peaks = outline(samples, columns);
  const most = Math.max(...peaks, 0.05);
  peaks.forEach((peak, column) => {
    const tall = Math.max((peak / most) * height * 0.94, scale);
    pen.globalAlpha = column / columns < share ? 1 : 0.25;
    pen.fillRect(Math.round(column * bar * 1.5), (height - tall) / 2, bar, tall);
  });
}

// The largest magnitude in each of so many equal parts.
export function outline(samples, columns) {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * samples.length) / columns);
    const to = Math.max(Math.floor(((column + 1) * samples.length) / columns), from + 1);
    let peak = 0;
    for (let at = from; at < to && at < samples.length; at += 1) peak = Math.max(peak, Math.abs(samples[at]));
    return peak;
  });
}
