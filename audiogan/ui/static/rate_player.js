// Round buttons that play one sound or several in a row, with a ring that fills while they do.

import { icon, make } from "./dom.js";
import { play, stop } from "./rate_sound.js";
import { t } from "./rate_wording.js";

const TURN = 2 * Math.PI * 46;
const SVG = "http://www.w3.org/2000/svg";

// `heard` is called with { ms, whole } after each play. A key that is pressed before the sounds are there is not lost.
export function player(label, { heard = () => {}, small = false, parts = 1 } = {}) {
  const ring = ringOf();
  const button = make("button", { type: "button", className: small ? "play small" : "play", "aria-disabled": "true" }); // it can have the focus
  button.append(ring.node, icon("play"), icon("stop"));
  const name = make("span", { textContent: label });
  const lamps = Array.from({ length: parts > 1 ? parts : 0 }, (_, at) => make("i", { textContent: String(at + 1) }));
  const node = make("div", { className: "player" }, button, name);
  if (parts > 1) node.append(make("span", { className: "lamps", "aria-hidden": "true" }, ...lamps));
  let buffers = null;
  let run = 0;
  let wanted = false;

  const show = (playing) => {
    button.dataset.state = playing ? "playing" : "paused";
    button.ariaLabel = `${playing ? t("Stop") : t("Play")}: ${name.textContent}`;
  };
  const light = (lit) => lamps.forEach((lamp, at) => lamp.classList.toggle("lit", at === lit));
  const rest = () => {
    show(false);
    ring.fill(0);
    light(-1);
  };
  const start = async () => {
    const mine = ++run;
    show(true);
    const result = await play(buffers, (at, share) => {
      light(at);
      ring.fill((at + share) / buffers.length);
    });
    if (mine === run) rest();
    heard(result);
  };
  const toggle = () => {
    if (!buffers) wanted = true;
    else if (button.dataset.state === "playing") {
      stop();
      rest();
    } else start();
  };
  button.addEventListener("click", toggle);
  show(false);
  return {
    node,
    button,
    toggle,
    rename(words) {
      name.textContent = words;
      show(button.dataset.state === "playing");
    },
    ready(found, unasked = false) {
      buffers = found;
      button.removeAttribute("aria-disabled");
      if (node.offsetParent && (wanted || unasked)) start(); // not from another tab, nor from a screen that was left
    },
  };
}

function ringOf() {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("viewBox", "0 0 100 100");
  node.setAttribute("aria-hidden", "true");
  node.classList.add("ring");
  const circle = document.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx: 50, cy: 50, r: 46, "stroke-dasharray": TURN, "stroke-dashoffset": TURN }))
    circle.setAttribute(name, value);
  node.append(circle);
  return { node, fill: (share) => circle.setAttribute("stroke-dashoffset", TURN * (1 - share)) };
}
