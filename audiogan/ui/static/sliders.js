// Sliders along directions of the latent space. Their stops are fetched ahead, so that sound follows the thumb.

import { make, resettable } from "./dom.js";
import { capital } from "./sentence.js";

export const STOP = 0.5; // standard deviations between stops
const NONE = "no direction found";

// The stops of a slider, nearest to its value first.
export function stops(value, reach) {
  const all = Array.from({ length: Math.round((2 * reach) / STOP) + 1 }, (_, number) => number * STOP - reach);
  return all.filter((stop) => stop !== value).sort((first, second) => Math.abs(first - value) - Math.abs(second - value));
}

// Which way round a slider is: what was measured rises to its right, whether or not it does along the direction.
function signOf(meaning) {
  return meaning?.change < 0 ? -1 : 1;
}

// What a slider is called, and the words at its left and right end, from what the server measured.
export function wordsOf(number, meaning, steered) {
  const aim = steered[number];
  const ends = signOf(meaning) < 0 ? { low: meaning.high, high: meaning.low } : { low: meaning?.low, high: meaning?.high };
  if (aim) return { name: capital(aim), low: ends.low || "less", high: ends.high || "more" };
  const name = `Direction ${number - steered.length + 1}`;
  return meaning?.name ? { name: `${name}: ${meaning.name}`, ...ends } : { name, low: "−", high: "+" };
}

// How much a descriptor changes to either end of a slider: it was measured over 4 standard deviations.
export function changeOf(meaning, reach) {
  if (!meaning?.name) return "";
  const change = (Math.abs(meaning.change) * reach) / 4;
  const digits = change < 10 ? 1 : 0;
  return `± ${change.toFixed(digits)} ${meaning.unit}`;
}

export class DirectionSlider {
  // `change(value)` follows the thumb, `ahead(value)` is the time to fetch stops, `done()` comes when it is let go. The value is
  // along the direction, whichever way round the slider is.
  constructor(number, { steered, reach }, { change, ahead, done }) {
    Object.assign(this, { number, steered, reach, value: 0 });
    this.input = make("input", { type: "range", min: -reach, max: reach, step: STOP, defaultValue: 0 });
    this.name = make("b", {});
    this.effect = make("small", {});
    this.low = make("small", { "aria-hidden": "true" }); // the slider's value names them
    this.high = make("small", { "aria-hidden": "true" });
    const ends = make("span", { className: "ends" }, this.low, this.effect, this.high);
    this.element = make("label", { className: "direction" }, this.name, this.input, ends);
    let moved = false; // and not let go: a thumb that is back where it began brings no change
    const letGo = () => {
      if (moved) done();
      moved = false;
    };
    this.input.addEventListener("input", () => {
      moved = true;
      this.value = signOf(this.meaning) * Number(this.input.value);
      this.say();
      change(this.value);
    });
    for (const event of ["pointerdown", "focus"]) this.input.addEventListener(event, () => ahead(this.value));
    for (const event of ["change", "pointerup", "pointercancel"]) this.input.addEventListener(event, letGo);
    resettable(this.input);
    this.mean(undefined);
  }

  // Show what the server measured. A steered slider is of use once that is known to be what it steers; until then, and where it
  // steers nothing, it keeps its place, for what comes behind it may be under a finger.
  mean(meaning) {
    this.meaning = meaning;
    const { name, low, high } = wordsOf(this.number, meaning, this.steered);
    this.name.textContent = name;
    this.input.disabled = this.number < this.steered.length && !meaning?.name;
    const none = Boolean(meaning) && this.input.disabled;
    this.low.textContent = none ? NONE : low;
    this.high.textContent = none ? "" : high;
    this.effect.textContent = changeOf(meaning, this.reach);
    this.set(this.value);
  }

  say() {
    const { low, high } = wordsOf(this.number, this.meaning, this.steered);
    const word = Number(this.input.value) < 0 ? low : high;
    this.input.setAttribute("aria-valuetext", this.value ? `${Math.abs(this.value)} towards ${word}` : "unchanged");
  }

  set(value) {
    this.value = value;
    this.input.value = signOf(this.meaning) * value;
    this.say();
  }
}
