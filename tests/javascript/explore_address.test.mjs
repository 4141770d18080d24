import assert from "node:assert/strict";
import test from "node:test";
import { addressOfPlace, readPlace } from "../../audiogan/ui/static/explore_address.js";

const MODELS = [
  { name: "hybrid", labels: ["Flute", "Snare_drum"], pitched: { Flute: [48, 72] } },
  { name: "plain", labels: [], pitched: {} },
];
const PLACE = { model: "hybrid", label: "Flute", pitch: 60, truncation: 1, corners: ["1", "2", "3", "9223372036854775807"] };

test("an address opens the place that it was made of", () => {
  const address = addressOfPlace(PLACE, 60);
  assert.equal(address, "#/explore?model=hybrid&label=Flute&seeds=1%2C2%2C3%2C9223372036854775807");
  assert.deepEqual(readPlace(address, MODELS), { ...PLACE, pitch: null, truncation: null });
  const tuned = { ...PLACE, pitch: 50, truncation: 0.5 };
  assert.deepEqual(readPlace(addressOfPlace(tuned, 60), MODELS), tuned);
});

test("a model without labels has none in its address", () => {
  const place = { ...PLACE, model: "plain", label: "", pitch: null };
  assert.deepEqual(readPlace(addressOfPlace(place), MODELS), { ...place, label: null, truncation: null });
});

test("what makes no sense in an address is left out", () => {
  const nothing = { model: null, label: null, corners: null, pitch: null, truncation: null };
  for (const hash of ["", "#/rate?model=hybrid", "#/explorer?model=hybrid", "#/explore?model=<b>&seeds=1,2,3", "#/explore?seeds=1,2,3,-4"]) {
    assert.deepEqual(readPlace(hash, MODELS), nothing);
  }
  const odd = readPlace("#explore?model=hybrid&label=Kazoo&pitch=1e9&truncation=x&seeds=1,2,3,4,5", MODELS);
  assert.deepEqual(odd, { ...nothing, model: "hybrid" });
});
