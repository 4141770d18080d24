// Results: asks for newer ones while they are looked at; what the reader opened stays open, and the focus where it was.

import { isShown, make } from "./dom.js";
import { inTime } from "./patience.js";

const EVERY_MS = 15_000;
const SLOWEST_MS = 10_000;
const PATIENCE = 100; // frames until the page has the radios
const PLACES = "summary, [role=region]"; // what a key reaches
const UNREACHABLE = "The server cannot be reached. The results come as soon as it is back.";

export function mount({ element, server, watch, trigger }) {
  nameGroup();
  const opened = new Set();
  let focused = null; // the name of the place that has the focus
  element.addEventListener("toggle", ({ target }) => target.open ? opened.add(named(target)) : opened.delete(named(target)), true);
  element.addEventListener("focusin", ({ target }) => (focused = target.matches(PLACES) ? named(target) : null));
  element.addEventListener("focusout", ({ target }) => setTimeout(() => target.isConnected && (focused = null)));
  watch("value", () => {
    const kept = new Set(opened); // what was open goes away with the old page, which must not count as closing it
    const place = focused;
    requestAnimationFrame(() => {
      for (const details of element.querySelectorAll("details")) details.open = kept.has(named(details));
      if (document.activeElement === document.body && place)
        [...element.querySelectorAll(PLACES)].find((node) => named(node) === place)?.focus({ preventScroll: true });
    });
  });
  keepAsking(element, server, trigger);
}

// Asks for newer results while they are seen, and says so where the server does not answer.
function keepAsking(element, server, trigger) {
  const note = make("p", { className: "unreachable", role: "status" });
  element.before(note);
  const look = async (due) => {
    if (document.visibilityState !== "visible" || !isShown(element)) return;
    const [was, reached] = [note.textContent, await answers(server)];
    note.textContent = reached ? "" : UNREACHABLE;
    if (reached && (due || was)) trigger("stale");
  };
  const timer = setInterval(() => (element.isConnected ? look(true) : clearInterval(timer)), EVERY_MS);
  for (const event of ["tab", "online", "offline"]) addEventListener(event, () => look(false));
  requestAnimationFrame(() => look(false)); // Gradio may make the tab's contents only once it is opened
}

// Whether the server says anything within a while.
function answers(server) {
  return inTime(server.alive({}), SLOWEST_MS).then(Boolean, () => false);
}

// Gradio writes a group's label beside its radios, but does not make it the group's name. They may come after this.
function nameGroup(left = PATIENCE) {
  const group = document.getElementById("results-block");
  const label = group?.querySelector("[data-testid='block-info']");
  if (label) group.ariaLabel = label.textContent.trim();
  else if (left) requestAnimationFrame(() => nameGroup(left - 1));
}

function named(node) {
  return node.getAttribute("aria-label") ?? (node.querySelector("summary") ?? node).textContent;
}
