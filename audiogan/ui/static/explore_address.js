// Explore's part of the address, `#/explore?model=&label=&seeds=`: where it listens, for a link, a reload and Back.

import { isSeed } from "./kit.js";

const OURS = /^#\/?explore(\?|$)/i;
const CORNERS = 4;

// Keeps the address at what the controls say, and the controls at what the address says.
export class PlaceAddress {
  // `moved()` comes when the address led elsewhere.
  constructor(models, settings, corners, moved) {
    Object.assign(this, { models, settings, corners, moved, changed: false });
    this.open();
    addEventListener("popstate", () => settings.element.isConnected && OURS.test(location.hash) && this.arrive());
  }

  get text() {
    const place = { ...this.settings.request, corners: this.corners.map((field) => field.value) };
    return addressOfPlace(place, this.settings.usualPitch);
  }

  // It stays short until something is changed.
  keep() {
    this.changed = true;
    if (OURS.test(location.hash)) history.replaceState(history.state, "", this.text);
  }

  open() {
    const asked = readPlace(location.hash, this.models);
    if (!asked.model) return;
    this.changed = true;
    this.settings.open(asked);
    if (asked.corners) for (const [number, field] of this.corners.entries()) field.set(asked.corners[number]);
  }

  // By Back, a link, or the tab's own name, which says no place.
  arrive() {
    const before = this.text;
    if (location.hash.includes("?")) this.open();
    else if (this.changed) this.keep();
    if (this.text !== before) this.moved();
  }
}

// The address of a place, as Explore's requests have it; pitch and truncation are left out where they are the usual ones.
export function addressOfPlace({ model, label, pitch, truncation, corners }, usualPitch = null) {
  const query = new URLSearchParams({ model });
  if (label) query.set("label", label);
  query.set("seeds", corners.join(","));
  if (pitch !== usualPitch) query.set("pitch", pitch);
  if (truncation !== 1) query.set("truncation", truncation);
  return `#/explore?${query}`;
}

// What an address asks for; a part that makes no sense is null.
export function readPlace(hash, models) {
  const query = new URLSearchParams(OURS.test(hash) ? hash.split("?").slice(1).join("?") : "");
  const model = models.find(({ name }) => name === query.get("model")) ?? null;
  const label = model?.labels.find((name) => name === query.get("label")) ?? null;
  const seeds = (query.get("seeds") ?? "").split(",");
  const corners = seeds.length === CORNERS && seeds.every(isSeed) ? seeds : null;
  const number = (name, low, high) => {
    const value = Number(query.get(name));
    return query.has(name) && value >= low && value <= high ? value : null;
  };
  const range = model?.pitched[label ?? model.labels[0] ?? ""];
  const pitch = range ? number("pitch", ...range) : null;
  return { model: model?.name ?? null, label, corners, pitch, truncation: number("truncation", 0.1, 1) };
}
