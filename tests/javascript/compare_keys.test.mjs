import assert from "node:assert/strict";
import test from "node:test";

const page = new EventTarget();
globalThis.addEventListener = page.addEventListener.bind(page);
const { listenToKeys } = await import("../../audiogan/ui/static/compare_keys.js");

const heard = [];
listenToKeys({ checkVisibility: () => true }, { count: () => 4, hear: (number) => heard.push(number), toggle: () => {} });

// What a key has switched to: the number of a system, from 0.
function press(code, key, { within = "", ...rest } = {}) {
  const target = { closest: (list) => within && list.includes(within), matches: (list) => within && list.includes(within) };
  const event = Object.assign(new Event("keydown", { cancelable: true }), { code, key, ...rest });
  Object.defineProperty(event, "target", { value: target });
  page.dispatchEvent(event);
  return heard.splice(0);
}

test("a digit switches systems by its place, whatever the keyboard writes there", () => {
  assert.deepEqual([press("Digit2", "2"), press("Digit2", "é"), press("Numpad4", "4")], [[1], [1], [3]]);
});

test("what is no system's digit, or means something else, switches nothing", () => {
  for (const [code, key] of [["Digit5", "5"], ["Digit0", "0"], ["KeyA", "a"], ["Numpad2", "ArrowDown"], ["F2", "F2"]]) {
    assert.deepEqual(press(code, key), [], code);
  }
  assert.deepEqual([press("Digit2", "2", { within: "textarea" }), press("Digit2", "2", { altKey: true })], [[], []]);
});
