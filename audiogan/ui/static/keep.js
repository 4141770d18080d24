// What a reload brings back, asked for or not: the address says what is heard, and beside it the browser keeps, until the
// tab is closed, what no address can hold: the latents of varied pads.

import { WrongLink } from "./address.js";
import { latentOf } from "./pcm.js";

const ADDRESS_MILLISECONDS = 400; // browsers refuse more than a hundred changes of the address in half a minute
const DRAFT = "audiogan-draft";

// Opens what this tab had at its address, else what the address asks for.
export async function openKept(studio) {
  const { address, pads } = draftOf(location.search) ?? { address: location.search };
  try {
    const whole = await studio.openAddress(address, pads);
    if (whole && address) keep(studio); // with what was changed meanwhile
  } catch (error) {
    if (error instanceof WrongLink) keep(studio); // the address says what is heard; after a lost connection, what was asked for
    throw error;
  }
}

// The address stays short until something is changed.
export function keepAddress(studio) {
  let timer = null;
  let changed = false;
  addEventListener("popstate", () => changed && keep(studio)); // Back brings what the address was when its tab was left
  studio.addEventListener("changed", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      keep(studio);
    }, ADDRESS_MILLISECONDS);
  });
  addEventListener("pagehide", () => timer && keepDraft(studio, location.search, studio.address(location.search)));
}

function keep(studio) {
  history.replaceState(history.state, "", studio.address(location.search) + location.hash);
  keepDraft(studio, location.search, location.search);
}

// `address` is what opens the rest of the kit, `here` what the address bar has come to say of it, `written` when.
function keepDraft(studio, here, address) {
  const pads = studio.pads.flatMap(({ sound: { model, label, pitch, seed, z } }, number) => (seed === null ? [{ number, model, label, pitch, z }] : []));
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify({ here, address, written: performance.timeOrigin + performance.now(), pads }));
  } catch {
    // storage is switched off: a reload brings back what the address can hold
  }
}

function draftOf(search) {
  try {
    const { here, address, written, pads } = JSON.parse(sessionStorage.getItem(DRAFT));
    if (here !== search && address !== search && !isReloadSince(written)) return null;
    return { address, pads: pads.map((pad) => ({ ...pad, z: latentOf(pad.z) })) };
  } catch {
    return null; // nothing was kept
  }
}

// Whether this page is a reload that was asked for before then: what the address bar came to say meanwhile is not its own.
function isReloadSince(written) {
  return performance.getEntriesByType("navigation")[0]?.type === "reload" && performance.timeOrigin <= written;
}
