// Fields for seeds, and dice.

import { button, leaveOnEnter, make } from "./dom.js";
import { MAX_SEED, randomSeed, seedOf } from "./kit.js";
import { toast } from "./toast.js";

const CORNERS = ["Top left", "Top right", "Bottom left", "Bottom right"];

// `change()` comes with another seed; what is none is said, and the seed before stays.
export function seedField(label, value, change) {
  const input = make("input", { value, inputMode: "numeric", maxLength: 19, autocomplete: "off" });
  leaveOnEnter(input);
  const set = (seed) => {
    value = seed;
    input.value = seed;
  };
  input.addEventListener("change", () => {
    const seed = seedOf(input.value.trim());
    if (seed) {
      set(seed);
      change();
    } else {
      toast(`A seed is a whole number from 0 to ${MAX_SEED}.`);
      set(value);
    }
  });
  const element = make("label", { className: "field" }, make("span", { textContent: label }), input);
  return {
    element,
    get value() {
      return value;
    },
    set,
    roll() {
      set(randomSeed());
    },
  };
}

// The four corners of a map, each with its dice: [fields, rows above and below the map].
export function cornerFields(values, change) {
  const fields = values.map((value, number) => seedField(`${CORNERS[number]} seed`, value, change));
  const cells = fields.map((field, number) => {
    const roll = () => {
      field.roll();
      change();
    };
    const dice = button(`New ${CORNERS[number].toLowerCase()} seed`, roll, { image: "dice", wordless: true });
    return make("div", { className: "corner" }, field.element, dice);
  });
  const row = (...pair) => make("div", { className: "corners" }, ...pair);
  return [fields, row(cells[0], cells[1]), row(cells[2], cells[3])];
}
