// Which points of a map are known, which to ask for next, and which known one is nearest to a finger.
// A point is { x, y } in whole steps from 0 to SIDE; the coarse grid comes first, finer ones around the finger.

export const SIDE = 32;
export const COARSE = [8, 4]; // steps between the points that are filled unasked: 25 of them, then 81
const FINE = [{ step: 2, reach: 5 }, { step: 1, reach: 2 }]; // and those near a finger that rests

export class Lattice {
  constructor(capacity = 400) {
    this.capacity = capacity;
    this.known = new Map(); // insertion order is age
  }

  static key({ x, y }) {
    return `${x},${y}`;
  }

  get({ x, y }) {
    return this.known.get(Lattice.key({ x, y }))?.sound;
  }

  // Known points on the coarse grids are the map's ground and stay; others make room for new ones, oldest first.
  put(point, sound) {
    const key = Lattice.key(point);
    this.known.delete(key);
    this.known.set(key, { ...point, sound });
    for (const [old, { x, y }] of this.known) {
      if (this.known.size <= this.capacity) break;
      if (x % COARSE.at(-1) || y % COARSE.at(-1)) this.known.delete(old);
    }
  }

  nearest({ x, y }) {
    let best = null;
    for (const point of this.known.values()) {
      const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (!best || distance < best.distance) best = { ...point, distance };
    }
    return best;
  }

  // At most `count` points to ask for now, most wanted first; `touched` asks for the finger's surroundings too.
  plan(finger, count, { touched = false, filling = true } = {}) {
    const wanted = [
      ...(touched || filling ? [finger] : []),
      ...(filling ? COARSE.flatMap((step) => byDistance(grid(step), finger)) : []),
      ...(touched ? FINE.flatMap(({ step, reach }) => byDistance(around(finger, step, reach), finger)) : []),
    ];
    const chosen = new Map();
    for (const point of wanted) {
      const key = Lattice.key(point);
      if (!this.known.has(key)) chosen.set(key, point);
      if (chosen.size === count) break;
    }
    return [...chosen.values()];
  }

  // How much of the coarse grids is known: [known, all].
  progress() {
    const all = grid(COARSE.at(-1));
    return [all.filter((point) => this.known.has(Lattice.key(point))).length, all.length];
  }
}

export function snap(fraction) {
  return Math.round(Math.min(Math.max(fraction, 0), 1) * SIDE);
}

function grid(step) {
  const along = Array.from({ length: SIDE / step + 1 }, (_, number) => number * step);
  return along.flatMap((y) => along.map((x) => ({ x, y })));
}

function around({ x, y }, step, reach) {
  const near = ({ x: column, y: row }) => Math.abs(column - x) <= reach && Math.abs(row - y) <= reach;
  return grid(step).filter(near);
}

function byDistance(points, { x, y }) {
  const distance = (point) => (point.x - x) ** 2 + (point.y - y) ** 2;
  return points.sort((first, second) => distance(first) - distance(second));
}
