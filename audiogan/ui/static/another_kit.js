// Another kit's sounds in the place of those that are there, which can be had back.

// Answers what loads { model, label, seed }; once it is there, or no more of it comes, `tell` is given what brings the sounds
// before back and whether it came whole, and answers what takes this offer from the page: the next kit's Cancel is where it
// stands.
export function offerKits(studio, tell) {
  let before = null; // what was there when the first of those that are on their way was asked for
  let last = null;
  let untell = null;
  return async (base) => {
    const asked = (last = {});
    const kept = (before ??= soundsOf(studio));
    untell?.();
    untell = null;
    let whole = false;
    try {
      whole = await studio.load(base);
    } finally {
      if (last === asked) before = null; // else a later one took over
      if (last === asked && isOther(studio, kept) && (whole || isLeft(studio, kept))) {
        refit(studio);
        untell = tell(() => takeBack(studio, kept), whole);
      }
    }
  };
}

function soundsOf({ kit, pads, settled }) {
  return { kit, sounds: pads.map(({ sound, past }) => ({ sound, past: [...past] })), base: settled };
}

// Whether a kit of which a part came was left at that: nothing else is on its way or has come in its place.
function isLeft({ task, kit, settled }, before) {
  return !task && kit === before.kit && settled === before.base;
}

// A starting pattern that nobody changed goes to the pads that have its instruments now.
function refit(studio) {
  if (studio.beat) studio.startWith(studio.beat, studio.kit);
}

function isOther({ pads }, { sounds }) {
  return pads.some(({ sound }, number) => sound !== sounds[number].sound);
}

// A beat of one's own, and how pads are played, is as it came to be meanwhile, and so is what was locked.
function takeBack(studio, { sounds, base }) {
  studio.task?.cancel();
  studio.busy.clear();
  studio.pads.forEach((pad, number) => pad.locked || Object.assign(pad, sounds[number]));
  Object.assign(studio, { base, settled: base });
  studio.changed();
  refit(studio);
}
