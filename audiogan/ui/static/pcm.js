// PCM16 as base64, as floats and as WAV files; latents as base64 float32. All little-endian, as is every browser.

const SCALE = 32768;

// By loops: from() with a function takes ten times as long, and a page opens with sixteen sounds.
export function bytesOf(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

export function floatsOf(base64) {
  const floats = new Float32Array(new Int16Array(bytesOf(base64).buffer));
  for (let at = 0; at < floats.length; at += 1) floats[at] /= SCALE;
  return floats;
}

export function latentOf(base64) {
  return [...new Float32Array(bytesOf(base64).buffer)];
}

function pcmOf(floats) {
  return Int16Array.from(floats, (value) => Math.max(-SCALE, Math.min(SCALE - 1, Math.round(value * SCALE))));
}

// A PCM16 WAV file; channels are float arrays of one length.
export function wavOf(channels, sampleRate) {
  const count = channels.length;
  const pcm = channels.map(pcmOf);
  const size = 2 * count * pcm[0].length;
  const view = new DataView(new ArrayBuffer(44 + size));
  const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, count, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2 * count, true);
  view.setUint16(32, 2 * count, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, size, true);
  const body = new Int16Array(view.buffer, 44);
  pcm.forEach((channel, number) => channel.forEach((value, time) => (body[time * count + number] = value)));
  return new Uint8Array(view.buffer);
}

// One channel as a WAV file to be saved.
export function wavFile(samples, sampleRate) {
  return new Blob([wavOf([samples], sampleRate)], { type: "audio/wav" });
}
