// Spectrograms of a clip: mel, linear and constant-Q, in dB relative to a full-scale sine. Audio is a float array.

export const RANGE_DB = 80;
const N_FFT = 1024;
const HOP = 128;
const N_MELS = 96;
const HANN_BANDWIDTH = 1.5; // bins: a sine's power is spread over its main lobe
const CQ_LOWEST_HZ = 32.703; // C1
const CQ_BINS_PER_OCTAVE = 24;
const CQ_WIDTH = 2 ** (1 / 12) - 1; // of a band to either side, as a part of its frequency
const CQ_NARROWEST_HZ = 4;

export const KINDS = { mel: "Mel", linear: "Linear", cq: "Constant-Q" };

// A picture: levels [rows x columns] from 0 (RANGE_DB below full scale, or less) to 255 (full scale), lowest row first,
// one column every `step` seconds from second 0; `hz` and `row` translate between the two, rows being fractions.
export function spectrogram(kind, audio, sampleRate) {
  if (kind === "cq") return constantQ(audio, sampleRate);
  const power = stftPower(audio);
  return kind === "mel" ? mel(power, sampleRate) : linear(power, sampleRate);
}

// In-place radix-2 transform of a length that is a power of two (Cooley and Tukey 1965).
export function fft(real, imaginary) {
  const size = real.length;
  for (let at = 1, mirror = 0; at < size; at += 1) {
    let bit = size >> 1;
    for (; mirror & bit; bit >>= 1) mirror ^= bit;
    mirror ^= bit;
    if (at < mirror) {
      [real[at], real[mirror]] = [real[mirror], real[at]];
      [imaginary[at], imaginary[mirror]] = [imaginary[mirror], imaginary[at]];
    }
  }
  const [cosines, sines] = twiddles(size);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k += 1) {
        const [up, down] = [start + k, start + k + half];
        const re = real[down] * cosines[k * stride] - imaginary[down] * sines[k * stride];
        const im = real[down] * sines[k * stride] + imaginary[down] * cosines[k * stride];
        real[down] = real[up] - re;
        imaginary[down] = imaginary[up] - im;
        real[up] += re;
        imaginary[up] += im;
      }
    }
  }
}

const twiddleCache = new Map();

function twiddles(size) {
  if (!twiddleCache.has(size)) {
    const angles = Float64Array.from({ length: size / 2 }, (_, k) => (-2 * Math.PI * k) / size);
    twiddleCache.set(size, [angles.map(Math.cos), angles.map(Math.sin)]);
  }
  return twiddleCache.get(size);
}

// Power of each bin and frame, [frames][bins]; frames are centred, edges reflected, a full-scale sine peaks at 1.
function stftPower(audio) {
  const frames = 1 + Math.floor(audio.length / HOP);
  const window = Float64Array.from({ length: N_FFT }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / N_FFT));
  return Array.from({ length: frames }, (_, frame) => {
    const real = new Float64Array(N_FFT);
    const imaginary = new Float64Array(N_FFT);
    const start = frame * HOP - N_FFT / 2;
    for (let n = 0; n < N_FFT; n += 1) real[n] = window[n] * reflected(audio, start + n);
    fft(real, imaginary);
    return Float64Array.from({ length: N_FFT / 2 + 1 }, (_, k) => (real[k] ** 2 + imaginary[k] ** 2) / (N_FFT / 4) ** 2);
  });
}

function reflected(audio, at) {
  const last = audio.length - 1;
  const inside = at < 0 ? -at : at > last ? 2 * last - at : at;
  return audio[inside] ?? 0;
}

function picture(rows, columns, step, levelOf, hz, row) {
  const levels = new Uint8Array(rows * columns);
  for (let r = 0; r < rows; r += 1) {
    for (let c = 0; c < columns; c += 1) levels[r * columns + c] = toLevel(levelOf(r, c));
  }
  return { rows, columns, step, levels, hz, row };
}

function toLevel(power) {
  const db = 10 * Math.log10(Math.max(power, 1e-12));
  return Math.round(255 * Math.min(Math.max(1 + db / RANGE_DB, 0), 1));
}

export function decibels(level) {
  return RANGE_DB * (level / 255 - 1);
}

function linear(power, sampleRate) {
  const rows = N_FFT / 2 + 1;
  const width = sampleRate / N_FFT;
  const hz = (row) => row * width;
  return picture(rows, power.length, HOP / sampleRate, (r, c) => power[c][r], hz, (value) => value / width);
}

function mel(power, sampleRate) {
  const filters = melFilters(sampleRate);
  const levelOf = (r, c) => filters[r].weights.reduce((sum, weight, k) => sum + weight * power[c][filters[r].first + k], 0) / HANN_BANDWIDTH;
  const highest = melOf(sampleRate / 2);
  const hz = (row) => hzOfMel(((row + 1) * highest) / (N_MELS + 1)); // a filter peaks at its middle edge
  const row = (value) => (melOf(value) * (N_MELS + 1)) / highest - 1;
  return picture(N_MELS, power.length, HOP / sampleRate, levelOf, hz, row);
}

// Slaney's scale: linear below 1 kHz, logarithmic above.
function melOf(hz) {
  return hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4);
}

function hzOfMel(mel) {
  return mel < 15 ? (200 * mel) / 3 : 1000 * 6.4 ** ((mel - 15) / 27);
}

// Triangles whose largest weight is 1: { first: bin, weights }, lowest first.
function melFilters(sampleRate) {
  const highest = melOf(sampleRate / 2);
  const edges = Array.from({ length: N_MELS + 2 }, (_, m) => (hzOfMel((m * highest) / (N_MELS + 1)) * N_FFT) / sampleRate);
  return Array.from({ length: N_MELS }, (_, m) => {
    const [low, middle, high] = edges.slice(m, m + 3);
    const first = Math.ceil(low);
    const count = Math.max(Math.floor(high) - first + 1, 0);
    const weight = (bin) => Math.max(Math.min((bin - low) / (middle - low), (high - bin) / (high - middle)), 0);
    const weights = Array.from({ length: count }, (_, k) => weight(first + k));
    const peak = Math.max(...weights, 1e-12);
    return { first, weights: weights.map((value) => value / peak) };
  });
}

// A bank of Hann-shaped bands, a quarter tone apart and a semitone wide, cut from one transform of the whole clip
// (Velasco, Holighaus, Doerfler and Grill 2011): high bands are sharp in time, low ones slow.
function constantQ(audio, sampleRate) {
  const size = 2 ** Math.ceil(Math.log2(audio.length + 1)); // zeros behind the clip, so that its end does not meet its start
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  real.set(audio);
  fft(real, imaginary);
  const rows = Math.floor(CQ_BINS_PER_OCTAVE * Math.log2((0.49 * sampleRate) / CQ_LOWEST_HZ));
  const hz = (row) => CQ_LOWEST_HZ * 2 ** (row / CQ_BINS_PER_OCTAVE);
  const row = (value) => CQ_BINS_PER_OCTAVE * Math.log2(Math.max(value, 1) / CQ_LOWEST_HZ);
  const bands = Array.from({ length: rows }, (_, r) => band(real, imaginary, hz(r), sampleRate));
  const frames = bands.at(-1).length;
  const columns = Math.ceil((frames * audio.length) / size);
  const levelOf = (r, c) => bands[r][Math.floor((c * bands[r].length) / frames)];
  return picture(rows, columns, size / frames / sampleRate, levelOf, hz, row);
}

// Power over time of the band around a frequency, in as many frames as its width needs; a full-scale sine there has 1.
function band(real, imaginary, hz, sampleRate) {
  const size = real.length;
  const centre = (hz * size) / sampleRate;
  const half = (Math.max(hz * CQ_WIDTH, CQ_NARROWEST_HZ) * size) / sampleRate;
  const frames = Math.max(2 ** Math.ceil(Math.log2(2 * half + 1)), 256);
  const re = new Float64Array(frames);
  const im = new Float64Array(frames);
  for (let bin = Math.max(Math.ceil(centre - half), 1); bin <= Math.min(centre + half, size / 2); bin += 1) {
    const weight = (1 + Math.cos((Math.PI * (bin - centre)) / half)) / size;
    re[bin % frames] += weight * real[bin]; // shifted to the frames' own grid, which changes the phase alone
    im[bin % frames] -= weight * imaginary[bin]; // conjugated: a forward transform then does the inverse one
  }
  fft(re, im);
  return re.map((value, frame) => value ** 2 + im[frame] ** 2);
}

// The clip's mean frequency in Hz, weighted by magnitude: how bright it sounds.
export function centroid(audio, sampleRate) {
  const size = 2 ** Math.ceil(Math.log2(audio.length));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  real.set(audio);
  fft(real, imaginary);
  let [total, weighted] = [1e-9, 0];
  for (let bin = 0; bin <= size / 2; bin += 1) {
    const magnitude = Math.hypot(real[bin], imaginary[bin]);
    total += magnitude;
    weighted += magnitude * bin;
  }
  return ((weighted / total) * sampleRate) / size;
}
