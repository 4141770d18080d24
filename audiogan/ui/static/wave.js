// A sound's outline on a canvas, in the colour that CSS gives the canvas.

import { sized } from "./canvas.js";

export function drawOutline(canvas, samples, { share = 1 } = {}) {
  const { pen, scale } = sized(canvas, canvas.clientWidth || 96, canvas.clientHeight || 36);
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
