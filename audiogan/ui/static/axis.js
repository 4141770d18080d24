// Ticks and words for axes: seconds, Hz, notes.

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const TICKS_HZ = [50, 100, 200, 500, 1000, 2000, 4000, 8000, 16000];

// Round numbers within [from, to], at most `most` of them.
export function ticks(from, to, most) {
  const rough = (to - from) / Math.max(most, 1);
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => size >= rough * 0.999);
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: Math.max(count, 0) }, (_, number) => {
    const value = (first + number) * step;
    return { value, text: value.toFixed(digits) };
  });
}

export function ticksHz(lowest, highest) {
  const inside = TICKS_HZ.filter((hz) => hz >= lowest && hz <= highest);
  return inside.map((value) => ({ value, text: value < 1000 ? String(value) : `${value / 1000}k` }));
}

// A number as text, with a minus sign of its own instead of a hyphen.
export function minus(number) {
  return String(number).replace("-", "−");
}

// The nearest equal-tempered note and how far it is off: "A4 +12 ct".
export function noteName(hz) {
  if (!(hz >= 16)) return "";
  const [name, cents] = nearestNote(69 + 12 * Math.log2(hz / 440));
  return `${name} ${cents}`;
}

// The note of a pitch in MIDI numbers, and how far it is off where it is: "F♯4", "A3 −20 ct".
export function pitchName(midi) {
  const [name, cents] = nearestNote(midi);
  return cents === "+0 ct" ? name : `${name} ${cents}`;
}

function nearestNote(midi) {
  const nearest = Math.round(midi);
  const cents = Math.round(100 * (midi - nearest));
  return [midiName(nearest), `${cents < 0 ? "−" : "+"}${Math.abs(cents)} ct`];
}

// "D♯4" of its MIDI number, called by its sharp as keyboards do.
export function midiName(midi) {
  return `${NAMES[((midi % 12) + 12) % 12]}${Math.floor(midi / 12) - 1}`;
}

export function isSharp(midi) {
  return midiName(midi).includes("♯");
}
