import assert from "node:assert/strict";
import test from "node:test";
import { addressOfPlace, readPlace } from "../../audiogan/ui/static/explore_address.js";

const MODELS = [
  { name: "hybrid", labels: ["Flute", "Snare_drum"], pitched: { Flute: [48, 72] } },
  { name: "plain", labels: [], pitched: {} },
];
const PLACE = { model: "hybrid", label: "Flute", pitch: 60, truncation: 1, corners: ["1", "2", "3", "9223372036854775807"] };
const NOTHING = { model: null, label: null, corners: null, pitch: null, truncation: null, at: null, moves: null, wrong: "" };
const read = (hash) => readPlace(hash, MODELS, { steered: ["attack"], principal: 3, reach: 2 });

test("an address opens the place that it was made of", () => {
  const address = addressOfPlace(PLACE, 60);
  assert.equal(address, "#/explore?model=hybrid&label=Flute&seeds=1,2,3,9223372036854775807");
  assert.deepEqual(read(address), { ...NOTHING, ...PLACE, pitch: null, truncation: null });
  assert.deepEqual(read(address.replaceAll(",", "%2C")), read(address)); // as it was written before
  assert.deepEqual(read("#/explore?model=hybrid&seeds=0,007,8,9").corners, ["0", "7", "8", "9"]);
  const tuned = { ...PLACE, pitch: 50, truncation: 0.5 };
  assert.deepEqual(read(addressOfPlace(tuned, 60)), { ...NOTHING, ...tuned });
});

test("an address leads to the spot and the sliders' moves", () => {
  const spot = { ...PLACE, at: [0.25, 1 / 32], moves: [0, -1.5, 0, 0] };
  const address = addressOfPlace(spot, 60);
  assert.match(address, /&at=0\.25,0\.0313&moves=0,-1\.5$/);
  const { at, moves } = read(address);
  assert.deepEqual(at.map((share) => Math.round(32 * share)), [8, 1]);
  assert.deepEqual(moves, spot.moves);
  assert.doesNotMatch(addressOfPlace({ ...spot, at: [0.5, 0.5], moves: [0, 0, 0, 0] }), /at=|moves=/);
});

test("a spot, a move, a pitch or a truncation that cannot be is left out, which is said, and the rest opens", () => {
  const address = addressOfPlace(PLACE, 60);
  const odd = {
    spot: ["at=2,0", "at=0.5", "at=x,y", "at=,", "at=-0.1,0"],
    "setting of the sliders": ["moves=9", "moves=0.3", "moves=a", "moves=0,0,0,0,1", "moves=,"],
    pitch: ["pitch=999", "pitch=x"],
    truncation: ["truncation=-4", "truncation=0"],
  };
  for (const [name, all] of Object.entries(odd)) {
    for (const rest of all) {
      const wrong = `This link's ${name} cannot be had: what it opens has another.`;
      assert.deepEqual(read(`${address}&${rest}`), { ...read(address), wrong }, rest);
    }
  }
  assert.match(read("#/explore?model=plain&seeds=1,2,3,4&pitch=60").wrong, /^This link's pitch/); // it takes none
  assert.equal(read(`${address}&at=&moves=&pitch=`).wrong, "");
});

test("a model without labels has none in its address", () => {
  const place = { ...PLACE, model: "plain", label: "", pitch: null };
  assert.deepEqual(read(addressOfPlace(place)), { ...NOTHING, ...place, label: null, truncation: null });
});

test("what makes no sense in an address is left out", () => {
  for (const hash of ["", "#/rate?model=hybrid", "#/explorer?model=hybrid&seeds=x"]) assert.deepEqual(read(hash), NOTHING);
  assert.deepEqual(read("#explore?model=hybrid&label=&tempo=120"), { ...NOTHING, model: "hybrid" });
});

test("what a link asks for in vain is a sentence", () => {
  const wrong = (query) => read(`#/explore?${query}`).wrong;
  assert.match(wrong("model=nope&seeds=1,2,3"), /^This link asks for a model called nope, which is not here: what it opens is another map\.$/);
  assert.match(wrong("model=hybrid&label=Kazoo"), /an instrument called Kazoo/);
  assert.match(wrong("model=<b>"), /^This link asks for a model, which is not here/);
  for (const seeds of ["1,2,3", "1,2,3,-4", "1,2,3,4,5"]) assert.match(wrong(`model=hybrid&seeds=${seeds}`), /should name four seeds from 0 to 9223372036854775807/);
});
