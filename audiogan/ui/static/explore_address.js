// Explore's part of the address, `#/explore?model=&label=&seeds=&at=&moves=`: where it listens, for a link, a reload and Back.

import { missing, wrongWith } from "./address.js";
import { seedOf } from "./kit.js";
import { STOP } from "./sliders.js";
import { toast } from "./toast.js";

const OURS = /^#\/?explore(\?|$)/i;
const CORNERS = 4;
const MIDDLE = [0.5, 0.5];
const DIGITS = 4; // of a share of the map's side: finer than its finest points
const PARTS = { at: "spot", moves: "setting of the sliders" };
const CALM = 400; // milliseconds: browsers refuse more than a hundred changes of the address in half a minute

// Keeps the address at what the controls say, and the controls at what the address says.
export class PlaceAddress {
  // `parts` are { settings, corners, map, directions }; `moved()` comes when the address led elsewhere.
  constructor(models, parts, moved) {
    Object.assign(this, { models, ...parts, moved, changed: false });
    this.open();
    addEventListener("popstate", () => this.settings.element.isConnected && OURS.test(location.hash) && this.arrive());
  }

  get text() {
    const place = { ...this.settings.request, corners: this.corners.map((field) => field.value) };
    return addressOfPlace({ ...place, at: this.map.at, moves: this.directions.moves }, this.settings.usualPitch);
  }

  // It stays short until something is changed.
  keep() {
    clearTimeout(this.later);
    this.changed = true;
    if (OURS.test(location.hash)) history.replaceState(history.state, "", this.text);
  }

  // Once a finger rests.
  keepSoon() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.keep(), CALM);
  }

  open() {
    const asked = readPlace(location.hash, this.models, this.directions.props);
    if (asked.model || asked.corners) this.go(asked);
    if (!asked.wrong) return;
    toast(asked.wrong);
    this.keep();
  }

  // What an address leaves out is as usual.
  go(asked) {
    this.changed = true;
    this.settings.open(asked);
    this.map.at = asked.at ?? MIDDLE;
    this.directions.open(asked.moves ?? this.directions.still);
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

// The address of a place, as Explore's requests have it, with the spot and the sliders' moves; what is as usual is left out.
export function addressOfPlace({ model, label, pitch, truncation, corners, at = MIDDLE, moves = [] }, usualPitch = null) {
  const query = new URLSearchParams({ model });
  if (label) query.set("label", label);
  query.set("seeds", corners.join(","));
  if (pitch !== usualPitch) query.set("pitch", pitch);
  if (truncation !== 1) query.set("truncation", truncation);
  if (at.some((share, axis) => share !== MIDDLE[axis])) query.set("at", at.map((share) => Number(share.toFixed(DIGITS))).join(","));
  if (moves.some((value) => value)) query.set("moves", moves.join(",").replace(/(,0)+$/, ""));
  return `#/explore?${query}`.replaceAll("%2C", ",");
}

// What an address asks for; a part that makes no sense is null. `directions` are { steered, principal, reach }.
export function readPlace(hash, models, directions) {
  const query = new URLSearchParams(OURS.test(hash) ? hash.split("?").slice(1).join("?") : "");
  const model = models.find(({ name }) => name === query.get("model")) ?? null;
  const label = model?.labels.find((name) => name === query.get("label")) ?? null;
  const seeds = (query.get("seeds") ?? "").split(",").map(seedOf);
  const corners = seeds.length === CORNERS && seeds.every(Boolean) ? seeds : null;
  const number = (name, low, high) => {
    const value = Number(query.get(name));
    return query.has(name) && value >= low && value <= high ? value : null;
  };
  const range = model?.pitched[label ?? model.labels[0] ?? ""];
  const lacks = missing(models, [query.get("model")], model && !label && query.get("label"));
  const how = {
    pitch: range ? number("pitch", ...range) : null,
    truncation: number("truncation", 0.1, 1),
    at: readSpot(query.get("at")),
    moves: readMoves(query.get("moves"), directions),
  };
  const odd = Object.keys(how).find((name) => query.get(name) && how[name] === null);
  const wrong = wrongWith("map", lacks, query.get("seeds") && !corners && "four seeds") || (odd ? oddity(odd) : "");
  return { model: model?.name ?? null, label, corners, ...how, wrong };
}

function oddity(name) {
  return `This link's ${PARTS[name] ?? name} cannot be had: what it opens has another.`;
}

function readSpot(text) {
  const shares = numbersOf(text);
  return shares.length === 2 && shares.every((share) => share >= 0 && share <= 1) ? shares : null;
}

// A move for every slider: those behind the last that is named are none.
function readMoves(text, { steered, principal, reach }) {
  const moves = numbersOf(text);
  const count = steered.length + principal;
  const sound = moves.every((value) => Math.abs(value) <= reach && Number.isInteger(value / STOP));
  return moves.length && moves.length <= count && sound ? [...moves, ...new Array(count - moves.length).fill(0)] : null;
}

function numbersOf(text) {
  return text ? text.split(",").map((part) => (part ? Number(part) : NaN)) : [];
}
