// Another kit's sounds in the place of those that are there, which can be had back.

// Answers what loads { model, label, seed }; once all of it is there, `tell` is given what brings the sounds before back,
// and answers what takes this offer from the page: the next kit's Cancel is where it stands.
export function offerKits(studio, tell) {
  let before = null; // what was there when the first of those that are on their way was asked for
  let last = null;
  let untell = null;
  return async (base) => {
    const asked = (last = {});
    const kept = (before ??= soundsOf(studio));
    untell?.();
    untell = null;
    try {
      if ((await studio.load(base)) && isOther(studio, kept)) {
        refit(studio);
        untell = tell(() => takeBack(studio, kept));
      }
    } finally {
      if (last === asked) before = null; // else a later one took over
    }
  };
}

function soundsOf({ pads, settled }) {
  return { sounds: pads.map(({ sound, past }) => ({ sound, past: [...past] })), base: settled };
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
