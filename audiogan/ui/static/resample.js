// Sounds at the rate at which they are played: an AudioBufferSourceNode interpolates in straight lines, so a tone of 6 kHz
// at 16 kHz would come with one of 10 kHz, 9 dB below it.

const SIDE = 24; // taps on each side of a sample, of the lower rate
const BETA = 8; // Kaiser window: 80 dB
const WHOLE = bessel(BETA);
const MOST_PHASES = 2048; // rates without a common divisor have more; the nearest of these is 65 dB right at 8 kHz

const banks = new Map();
const made = new WeakMap(); // by buffer, what was made of it, by rate

// A buffer's sound at a rate in Hz, made once; the same buffer where it has that rate.
export function atRate(buffer, sampleRate) {
  if (buffer.sampleRate === sampleRate) return buffer;
  if (!made.has(buffer)) made.set(buffer, new Map());
  const rates = made.get(buffer);
  if (!rates.has(sampleRate)) rates.set(sampleRate, resampled(buffer, sampleRate));
  return rates.get(sampleRate);
}

function resampled(buffer, sampleRate) {
  const { numberOfChannels } = buffer;
  const channels = Array.from({ length: numberOfChannels }, (_, at) => resample(buffer.getChannelData(at), buffer.sampleRate, sampleRate));
  const played = new AudioBuffer({ length: channels[0].length, numberOfChannels, sampleRate });
  channels.forEach((channel, at) => played.copyToChannel(channel, at));
  return played;
}

// Samples at another rate by windowed sincs, one set of weights for each place between two samples (polyphase).
export function resample(samples, from, to) {
  const { reach, phases, weights } = bankOf(from, to);
  const taps = 2 * reach;
  const padded = new Float32Array(samples.length + taps);
  padded.set(samples, reach - 1);
  const output = new Float32Array(Math.ceil((samples.length * to) / from));
  for (let at = 0; at < output.length; at += 1) {
    const place = Math.round((at * from * phases) / to);
    const first = Math.floor(place / phases);
    const row = (place - first * phases) * taps;
    let [even, odd] = [0, 0]; // two sums side by side: each addition waits for the one before
    for (let tap = 0; tap < taps; tap += 2) {
      even += weights[row + tap] * padded[first + tap];
      odd += weights[row + tap + 1] * padded[first + tap + 1];
    }
    output[at] = even + odd;
  }
  return output;
}

function bankOf(from, to) {
  const key = `${from} ${to}`;
  if (!banks.has(key)) banks.set(key, makeBank(from, to));
  return banks.get(key);
}

// Weights [phases, 2 reach]: of the samples from reach - 1 before a place to reach after it.
function makeBank(from, to) {
  const cutoff = Math.min(1, to / from); // of the source's Nyquist rate
  const reach = Math.ceil(SIDE / cutoff);
  const phases = Math.min(to / divisor(Math.round(from), Math.round(to)), MOST_PHASES);
  const weights = new Float32Array(phases * 2 * reach);
  for (let phase = 0; phase < phases; phase += 1) {
    for (let tap = 0; tap < 2 * reach; tap += 1) {
      weights[phase * 2 * reach + tap] = windowedSinc(tap - (reach - 1) - phase / phases, cutoff, reach);
    }
  }
  return { reach, phases, weights };
}

function windowedSinc(distance, cutoff, reach) {
  const angle = Math.PI * cutoff * distance;
  const sinc = distance === 0 ? cutoff : (cutoff * Math.sin(angle)) / angle;
  return (sinc * bessel(BETA * Math.sqrt(Math.max(1 - (distance / reach) ** 2, 0)))) / WHOLE;
}

// The modified Bessel function of order 0, by its series.
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-9 * sum; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(one, other) {
  return other ? divisor(other, one % other) : one;
}
