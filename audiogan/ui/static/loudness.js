// Loudness as in ITU-R BS.1770-4, mono, and the gains that make sounds equally loud. Levels are LUFS and dB, gains linear.

const BLOCK = 0.4; // seconds, three quarters overlapping
const ABSOLUTE_GATE = -70;
const RELATIVE_GATE = -10;
const TARGET = -18; // LUFS; lower where a peak would not fit
const EVEN = -15; // LUFS, momentary: about what a drum has whose peak is at full scale

const gains = new WeakMap();

export function loudness(samples, sampleRate) {
  const heard = blockPowers(samples, sampleRate).filter((power) => levelOf(power) > ABSOLUTE_GATE);
  if (!heard.length) return -Infinity;
  const gate = levelOf(mean(heard)) + RELATIVE_GATE;
  return levelOf(mean(heard.filter((power) => levelOf(power) > gate)));
}

// That of the loudest block, as in EBU Tech 3341; what is shorter than one is taken as followed by silence.
export function momentary(samples, sampleRate) {
  const whole = new Float32Array(Math.max(samples.length, Math.round(BLOCK * sampleRate)));
  whole.set(samples);
  return levelOf(Math.max(...blockPowers(whole, sampleRate)));
}

// What a buffer is turned down by, so that a held note is not much louder beside drums of the same peak.
export function evenGain(buffer) {
  if (!gains.has(buffer)) {
    const level = momentary(buffer.getChannelData(0), buffer.sampleRate);
    gains.set(buffer, Math.min(10 ** ((EVEN - level) / 20), 1));
  }
  return gains.get(buffer);
}

// Gains that bring sounds to one loudness, as loud as the tamest of them can be without a peak over full scale.
// `tracks` are { loudness, peak } with peak linear; silence is left alone.
export function matchingGains(tracks) {
  const room = tracks.filter((track) => Number.isFinite(track.loudness)).map((track) => track.loudness - 20 * Math.log10(track.peak));
  const target = Math.min(TARGET, ...room);
  return tracks.map((track) => (Number.isFinite(track.loudness) ? 10 ** ((target - track.loudness) / 20) : 1));
}

export function peakOf(samples) {
  return samples.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
}

// Weighted power of each 400 ms, or of all where it is shorter.
function blockPowers(samples, sampleRate) {
  const weighted = filter(filter(samples, shelf(sampleRate)), highPass(sampleRate));
  const size = Math.min(Math.round(BLOCK * sampleRate), weighted.length);
  const hop = Math.max(Math.round(size / 4), 1);
  const powers = [];
  for (let start = 0; start + size <= weighted.length; start += hop) powers.push(meanSquare(weighted, start, size));
  return powers;
}

function levelOf(power) {
  return -0.691 + 10 * Math.log10(Math.max(power, 1e-15));
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanSquare(samples, start, size) {
  let sum = 0;
  for (let at = start; at < start + size; at += 1) sum += samples[at] ** 2;
  return sum / size;
}

// The standard's two filters for 48 kHz, as the analogue prototypes that they sample, at any rate.
function shelf(sampleRate) {
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
  const [q, high] = [0.7071752369554196, 10 ** (3.999843853973347 / 20)];
  const middle = high ** 0.4996667741545416;
  const scale = 1 + k / q + k * k;
  const b = [(high + (middle * k) / q + k * k) / scale, (2 * (k * k - high)) / scale, (high - (middle * k) / q + k * k) / scale];
  return { b, a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale] };
}

function highPass(sampleRate) {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const q = 0.5003270373238773;
  const scale = 1 + k / q + k * k;
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale] };
}

function filter(samples, { b, a }) {
  const output = new Float64Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let at = 0; at < samples.length; at += 1) {
    const x = samples[at];
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    output[at] = y;
  }
  return output;
}
