import assert from "node:assert/strict";
import test from "node:test";
import { studio } from "./a_studio.mjs";
import { emptyPattern } from "../../audiogan/ui/static/pattern.js";
import { beatMidi } from "../../audiogan/ui/static/smf.js";

// A kit of sounds of a second, with only these steps: [pad, step, level, pitch].
function kitOf(...steps) {
  const { studio: it } = studio();
  it.setBeat({ pattern: emptyPattern(), tempo: 120, swing: 50, steps: 4 });
  for (const step of steps) it.setStep(...step);
  for (const { sound } of it.pads) sound.buffer = { duration: 1 };
  return it.kit;
}

const midi = (kit) => Buffer.from(beatMidi(kit)).toString("hex");
const text = (ascii) => Buffer.from(ascii).toString("hex");
const track = (bytes) => `${text("MTrk")}${(bytes.length / 2).toString(16).padStart(8, "0")}${bytes}`;
const head = (tracks) => `${text("MThd")}000000060001000${tracks}01e0`; // format 1, 480 ticks a quarter
const beat = track(`00ff0304${text("Beat")}00ff510307a1208360ff2f00`); // 500,000 microseconds a quarter; ends at tick 480

test("steps are the keys of the kit's SFZ, swing and all, until they are struck again", () => {
  const notes = ["0099257f", "8324892540", "00992550", "3c892540"].join(""); // key 37 at 0 and, the last half a step late, at 420
  assert.equal(midi(kitOf([1, 0, 3], [1, 3, 1])), head(2) + beat + track(`00ff0303${text("Kit")}${notes}00ff2f00`));
});

test("notes have a track a pad, at their pitch, on no drum's channel", () => {
  const empty = track(`00ff0303${text("Kit")}8360ff2f00`);
  const last = track(`00ff030c${text("Pad 16 Flute")}00907f6c8360807f4000ff2f00`);
  assert.equal(midi(kitOf([15, 0, 2, 127])), head(3) + beat + empty + last);
  for (const channel of [...Array(16).keys()]) assert.ok(!midi(kitOf([channel, 0, 2, 60])).includes("993c6c"));
});

test("an odd number of steps is there twice where swing falls on the other ones in the second turn", () => {
  const kit = kitOf([1, 1, 3]);
  kit.steps = 3;
  Object.assign(kit.pads[1], { length: 10 }); // 100 ms: 96 ticks
  const notes = ["813499257f", "60892540", "814c99257f", "60892540"].join(""); // at 180, half a step late, and at 480
  const twice = beat.replace("8360ff2f00", "8550ff2f00"); // ends at tick 720
  assert.equal(midi(kit), head(2) + twice + track(`00ff0303${text("Kit")}${notes}8110ff2f00`));
});

test("what is muted, or ends sooner, is not held", () => {
  const kit = kitOf([0, 0, 2], [2, 1, 2]);
  kit.pads[2].muted = true;
  Object.assign(kit.pads[0], { length: 10, tune: 12 }); // 50 ms: 48 ticks
  assert.equal(midi(kit), head(2) + beat + track(`00ff0303${text("Kit")}0099246c308924408330ff2f00`));
});
