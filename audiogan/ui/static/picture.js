// Waveforms and spectrograms on canvases. Screens are dark on light and dark pages alike, so their colours are fixed.

import { sized } from "./canvas.js";
import { MAGMA } from "./magma.js";

export const INK = "#d5dce6";
export const FAINT = "#39424f";
const TRACE = "#5cc8d7";

// Sizes a canvas for the display's pixels and returns a pen in CSS pixels, with the width and height to draw in.
export function penOf(canvas) {
  const { pen, scale, width, height } = sized(canvas);
  pen.scale(scale, scale);
  return { pen, width, height };
}

// A spectrogram's levels as an image of one pixel a level, highest frequency on top; kept with the picture.
function imageOf(picture) {
  if (!picture.image) {
    const { rows, columns, levels } = picture;
    picture.image = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
    const pen = picture.image.getContext("2d");
    const pixels = pen.createImageData(columns, rows);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const [red, green, blue] = MAGMA[levels[row * columns + column]];
        const at = 4 * ((rows - 1 - row) * columns + column);
        pixels.data[at] = red;
        pixels.data[at + 1] = green;
        pixels.data[at + 2] = blue;
        pixels.data[at + 3] = 255;
      }
    }
    pen.putImageData(pixels, 0, 0);
  }
  return picture.image;
}

// The stretch [from, to] in seconds of a spectrogram into a box; a column's middle lies at its own second.
export function drawPicture(pen, picture, { from, to }, { left, top, width, height }) {
  const column = (second) => second / picture.step + 0.5;
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = `rgb(${MAGMA[0]})`;
  pen.fillRect(left, top, width, height);
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  const first = Math.max(column(from), 0.5);
  const last = Math.min(column(to), picture.columns);
  const scale = width / (column(to) - column(from));
  const start = left + (first - column(from)) * scale;
  pen.drawImage(imageOf(picture), first, 0, last - first, picture.rows, start, top, (last - first) * scale, height);
  pen.restore();
}

// The range of samples under each pixel; once samples are far apart, the line through them and each as a dot.
export function drawWave(pen, samples, sampleRate, { from, to }, { left, top, width, height }) {
  const middle = top + height / 2;
  const y = (value) => middle - value * (height / 2 - 1);
  const perPixel = ((to - from) * sampleRate) / width;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.fillStyle = pen.strokeStyle = TRACE;
  if (perPixel > 2) drawRanges(pen, samples, from * sampleRate, perPixel, { left, width, y });
  else drawLine(pen, samples, sampleRate, { from, to }, { left, width, y });
  pen.restore();
}

function drawRanges(pen, samples, first, perPixel, { left, width, y }) {
  for (let pixel = 0; pixel < width; pixel += 1) {
    const start = Math.max(Math.floor(first + pixel * perPixel), 0);
    const end = Math.min(Math.ceil(first + (pixel + 1) * perPixel), samples.length);
    let [low, high] = [Infinity, -Infinity];
    for (let at = start; at < end; at += 1) {
      if (samples[at] < low) low = samples[at];
      if (samples[at] > high) high = samples[at];
    }
    if (start < end) pen.fillRect(left + pixel, y(high), 1, Math.max(y(low) - y(high), 1));
  }
}

function drawLine(pen, samples, sampleRate, { from, to }, { left, width, y }) {
  const x = (at) => left + ((at / sampleRate - from) / (to - from)) * width;
  const start = Math.max(Math.floor(from * sampleRate) - 1, 0);
  const end = Math.min(Math.ceil(to * sampleRate) + 1, samples.length - 1);
  pen.beginPath();
  for (let at = start; at <= end; at += 1) pen.lineTo(x(at), y(samples[at]));
  pen.lineWidth = 1.25;
  pen.stroke();
  if (width / (end - start) < 6) return;
  for (let at = start; at <= end; at += 1) {
    pen.beginPath();
    pen.arc(x(at), y(samples[at]), 2, 0, 2 * Math.PI);
    pen.fill();
  }
}

export function drawText(pen, text, x, y, { align = "left" } = {}) {
  Object.assign(pen, { font: "11px system-ui, sans-serif", textAlign: align, textBaseline: "middle", fillStyle: INK });
  pen.fillText(text, x, y);
}
