// The latent map: a square that sounds where a finger or the arrow keys go, coloured by how bright its sounds are.

import { make } from "./dom.js";
import { COARSE, Lattice, SIDE, snap } from "./lattice.js";
import { lost } from "./lost.js";
import { MAGMA } from "./magma.js";
import { penOf } from "./picture.js";
import { centroid } from "./spectrum.js";

const STEP = COARSE.at(-1);
const COLOURS = [40, 215]; // of the palette, darkest and brightest sound
const HELP = "Arrow keys move through the sounds, with Shift further; space plays the sound again.";

export class LatentMap extends EventTarget {
  // Dispatches "move" ({ detail: { aloud } }) when the place changes and "again" when it should sound once more.
  constructor() {
    super();
    this.lattice = new Lattice();
    this.ground = null; // the picture behind the points, until another sound is known
    this.finger = { x: SIDE / 2, y: SIDE / 2 };
    this.touched = false;
    this.canvas = make("canvas", {});
    this.element = make("div", { className: "map", tabIndex: 0, role: "application", "aria-roledescription": "map", "aria-label": "Latent map" }, this.canvas);
    this.element.setAttribute("aria-description", HELP);
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  // Where the finger is, as shares of the map's side from its top left.
  get at() {
    return [this.finger.x / SIDE, this.finger.y / SIDE];
  }

  set at([x, y]) {
    this.finger = { x: snap(x), y: snap(y) };
    this.draw();
  }

  // Nothing of it came: `again()` asks anew.
  fail(text, again) {
    this.lost?.remove();
    this.lost = lost(text, again);
    this.element.append(this.lost);
  }

  clear() {
    this.lost?.remove();
    this.lattice = new Lattice();
    this.ground = null;
    this.draw();
  }

  put(point, sound) {
    sound.brightness ??= centroid(sound.samples, sound.sampleRate);
    this.lattice.put(point, sound);
    this.ground = null;
    this.draw();
  }

  listen() {
    const { element } = this;
    const go = (event) => {
      const { width, height } = element.getBoundingClientRect();
      this.go({ x: snap(event.offsetX / width), y: snap(event.offsetY / height) }, { held: true });
    };
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      this.held = event.pointerId;
      this.touched = true;
      go(event);
      this.dispatchEvent(new Event("again"));
    });
    element.addEventListener("pointermove", (event) => event.pointerId === this.held && go(event));
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => (this.held = null));
    element.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const far = event.shiftKey ? STEP : 1;
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (event.key !== " " && !moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    this.touched = true;
    if (event.key === " ") return this.dispatchEvent(new Event("again"));
    const [across, down] = moves[event.key];
    const inside = (value) => Math.min(Math.max(value, 0), SIDE);
    this.go({ x: inside(this.finger.x + across), y: inside(this.finger.y + down) }, { aloud: true });
  }

  go(point, detail = {}) {
    if (point.x === this.finger.x && point.y === this.finger.y) return;
    this.finger = point;
    this.draw();
    this.dispatchEvent(new CustomEvent("move", { detail }));
  }

  // The known sound nearest to the finger: { x, y, sound, distance }, or null.
  nearest() {
    return this.lattice.nearest(this.finger);
  }

  draw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      if (this.canvas.clientWidth) this.paint();
    });
  }

  paint() {
    const { pen, width, height } = penOf(this.canvas);
    const known = [...this.lattice.known.values()];
    if (known.length) pen.drawImage((this.ground ??= this.colour(known)), 0.5, 0.5, SIDE / STEP, SIDE / STEP, 0, 0, width, height);
    const at = ({ x, y }) => [(x / SIDE) * width, (y / SIDE) * height];
    pen.fillStyle = "rgb(255 255 255 / 45%)";
    for (const point of known) disc(pen, ...at(point), 1.4);
    const near = this.nearest();
    pen.fillStyle = "#ffffff";
    if (near) disc(pen, ...at(near), 3.5);
    const [x, y] = at(this.finger);
    ring(pen, x, y, "rgb(0 0 0 / 70%)", 5);
    ring(pen, x, y, "#ffffff", 2.5);
  }

  // A pixel for each point of the coarse grid, in the colour of the nearest known sound.
  colour(known) {
    const side = SIDE / STEP + 1;
    const image = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const pen = image.getContext("2d");
    const values = known.map(({ sound }) => Math.log(sound.brightness + 1));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        const { sound } = this.lattice.nearest({ x: x * STEP, y: y * STEP });
        const share = (Math.log(sound.brightness + 1) - low) / Math.max(high - low, 0.02);
        pen.fillStyle = `rgb(${MAGMA[Math.round(COLOURS[0] + share * (COLOURS[1] - COLOURS[0]))]})`;
        pen.fillRect(x, y, 1, 1);
      }
    }
    return image;
  }
}

export function legend() {
  const scale = make("span", { className: "scale" }, "darker", make("i", { className: "ramp" }), "brighter");
  return make("p", { className: "legend" }, make("span", { textContent: "Drag over the map, or use the arrow keys, to hear what lies between the four seeds." }), scale);
}

function disc(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

function ring(pen, x, y, colour, lineWidth) {
  Object.assign(pen, { strokeStyle: colour, lineWidth });
  pen.beginPath();
  pen.arc(x, y, 13, 0, 2 * Math.PI);
  pen.stroke();
}
