// A sound that was found elsewhere goes to a pad of Play's kit.

import { button } from "./dom.js";
import { ask } from "./line.js";
import { showMenu } from "./menu.js";
import { keyOf, nameOf } from "./pads.js";
import { decoded } from "./supply.js";
import { toast } from "./toast.js";

const COLUMNS = 4; // as the pads lie
let studio = null; // Play's, once it is there

export function offerPads(ofPlay) {
  studio = ofPlay;
}

// `sound()` is what is looked at; it has an origin, what the server made it from.
export function padButton(server, sound) {
  const node = button("To a pad", () => {
    const origin = sound()?.origin;
    if (!studio || !origin) return toast("There is no sound here yet.");
    const pads = studio.pads.map((pad, number) => [`${keyOf(number)} ${nameOf(pad.sound)}`, null, () => put(server, origin, number)]);
    showMenu(node, "Pads", pads, COLUMNS);
  }, { image: "pads", title: "Play this sound from a pad" });
  node.dataset.needs = "sound";
  return node;
}

async function put(server, origin, number) {
  if (studio.pads[number].locked) return toast(`Pad ${keyOf(number)} is locked: unlock it in Play, or choose another.`);
  try {
    const sound = await studio.replace(number, async () => decoded((await ask(server, "sound", origin)).sound));
    if (!sound) return;
    studio.select(number);
    toast(`Pad ${keyOf(number)} of Play has this sound now.`, "done", () => studio.undo(number));
  } catch (error) {
    toast(error.message);
  }
}
