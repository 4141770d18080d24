// A palette for levels that is even to the eye and reads in grey: matplotlib's magma (public domain), between anchors.

const ANCHORS = ["000004", "0a0822", "1d1147", "36106b", "51127c", "6a1c81", "832681", "9c2e7f", "b73779", "d0416f", "e75263", "f56b5c", "fc8961", "fea772", "fec488", "fde2a3", "fcfdbf"];

// 256 colours as [red, green, blue].
export const MAGMA = Array.from({ length: 256 }, (_, level) => {
  const at = (level / 255) * (ANCHORS.length - 1);
  const from = Math.min(Math.floor(at), ANCHORS.length - 2);
  const [low, high] = [channels(ANCHORS[from]), channels(ANCHORS[from + 1])];
  return low.map((value, channel) => Math.round(value + (at - from) * (high[channel] - value)));
});

function channels(hex) {
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
