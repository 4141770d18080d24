// Draws a sound: waveform over spectrogram on one axis in seconds, Hz at the left, dB at the right; and marks on it.

import { minus, ticks, ticksHz } from "./axis.js";
import { MAGMA } from "./magma.js";
import { drawPicture, drawText, drawWave, FAINT, INK } from "./picture.js";
import { RANGE_DB } from "./spectrum.js";

const MARGIN = { left: 40, right: 46, top: 8, gap: 10, bottom: 22 };
const WAVE_SHARE = 0.26;

// Where the two parts lie on a screen, in its pixels.
export function boxesOf({ clientWidth, clientHeight }) {
  const { left, top } = MARGIN;
  const width = Math.max(clientWidth - left - MARGIN.right, 1);
  const free = Math.max(clientHeight - top - MARGIN.gap - MARGIN.bottom, 2);
  const wave = { left, top, width, height: free * WAVE_SHARE };
  return { wave, spectrum: { left, top: top + wave.height + MARGIN.gap, width, height: free * (1 - WAVE_SHARE) } };
}

export function drawChart(pen, { wave, spectrum }, view, { samples, sampleRate }, picture) {
  drawWave(pen, samples, sampleRate, view, wave);
  drawPicture(pen, picture, view, spectrum);
  drawSeconds(pen, view, wave, spectrum);
  drawHz(pen, picture, spectrum);
  drawScale(pen, spectrum);
}

// `playhead` is a second; the cursor { second, height }, its height from 0 (bottom of the spectrogram) to 1.
export function drawMarks(pen, { wave, spectrum }, view, { playhead, cursor }) {
  const line = (second, colour) => {
    const share = view.fractionOf(second);
    pen.fillStyle = colour;
    if (share >= 0 && share <= 1) pen.fillRect(Math.round(wave.left + share * wave.width), wave.top, 1, spectrum.top + spectrum.height - wave.top);
  };
  if (playhead) line(playhead, "#ffffff");
  if (!cursor) return;
  line(cursor.second, INK);
  if (cursor.height >= 0) pen.fillRect(spectrum.left, Math.round(spectrum.top + spectrum.height * (1 - cursor.height)), spectrum.width, 1);
}

function drawSeconds(pen, view, wave, spectrum) {
  const bottom = spectrum.top + spectrum.height;
  for (const { value, text } of ticks(view.from, view.to, wave.width / 80)) {
    const x = wave.left + view.fractionOf(value) * wave.width;
    pen.fillStyle = FAINT;
    pen.fillRect(Math.round(x), bottom, 1, 4);
    drawText(pen, text, x, bottom + 12, { align: "center" });
  }
  drawText(pen, "s", wave.left + wave.width + 8, bottom + 12);
  pen.fillStyle = FAINT;
  pen.fillRect(wave.left, wave.top + wave.height / 2, wave.width, 0.5);
  drawText(pen, "1", wave.left - 7, wave.top + 5, { align: "right" });
  drawText(pen, "−1", wave.left - 7, wave.top + wave.height - 5, { align: "right" });
}

function drawHz(pen, { rows, hz, row }, { left, top, height }) {
  let above = Infinity;
  for (const { value, text } of ticksHz(Math.max(hz(0), 50), hz(rows - 1))) {
    const y = top + height * (1 - (row(value) + 0.5) / rows);
    if (above - y < 14 || y < top + 14) continue;
    above = y;
    pen.fillStyle = FAINT;
    pen.fillRect(left - 4, Math.round(y), 4, 1);
    drawText(pen, text, left - 7, y, { align: "right" });
  }
  drawText(pen, "Hz", left - 7, top + 2, { align: "right" });
}

// The levels' colours beside the spectrogram, in dB.
function drawScale(pen, { left, top, width, height }) {
  const x = left + width + 8;
  for (let y = 0; y < height; y += 1) {
    pen.fillStyle = `rgb(${MAGMA[Math.round(255 * (1 - y / height))]})`;
    pen.fillRect(x, top + y, 8, 1.5);
  }
  for (const db of [0, -20, -40, -60, -RANGE_DB]) {
    const y = top + Math.min(Math.max((-db / RANGE_DB) * height, 5), height - 5);
    drawText(pen, minus(db), x + 12, y);
  }
}
