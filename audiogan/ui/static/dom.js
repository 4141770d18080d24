// Building blocks of the page. Text reaches it through textContent and properties only.

const ICONS = {
  dice: "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM8 8h.01M16 8h.01M12 12h.01M8 16h.01M16 16h.01",
  vary: "M3 8c3-5 6-5 9 0s6 5 9 0M3 16c3-5 6-5 9 0s6 5 9 0",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  unlock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.7-1.4",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  upload: "M12 20V9M7 13l5-5 5 5M5 4h14",
  share: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  back: "M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
  record: "M12 5a7 7 0 1 0 0.01 0z",
  play: "M7 4.5v15l12-7.5z",
  stop: "M6 6h12v12H6z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  clear: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  pads: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
};
const SVG = "http://www.w3.org/2000/svg";

// An element with properties, attributes (names with a dash, role) and children.
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon", `icon-${name}`);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function button(label, action, { image, className = "tool", title = "", wordless = false } = {}) {
  const node = make("button", { type: "button", className, title: title || (wordless ? label : "") });
  if (image) node.append(icon(image));
  if (wordless) node.ariaLabel = label;
  else node.append(make("span", { textContent: label }));
  node.addEventListener("click", (event) => node.ariaDisabled !== "true" && action(event));
  return node;
}

// Whether a node is on the page and not hidden: Safari says so by itself since 17.4.
export function isShown(node) {
  return node.checkVisibility?.() ?? node.getClientRects().length > 0;
}

// Whether a button does anything now. It can have the focus all the same: a disabled one would drop it.
export function allow(node, able) {
  node.ariaDisabled = !able;
}

// Answers what to call before a node goes: the focus that a keyboard brought into it goes back to where it came from.
export function lendFocus(node) {
  let before = null;
  node.addEventListener("focusin", ({ relatedTarget }) => {
    if (!node.contains(relatedTarget)) before = relatedTarget;
  });
  return () => node.querySelector(":focus-visible") && before?.focus({ preventScroll: true });
}

// Gives a button another name and picture, as when play turns into stop.
export function rename(node, label, image) {
  const words = node.querySelector("span");
  if (words.textContent === label) return;
  words.textContent = label;
  node.querySelector("svg").replaceWith(icon(image));
}

// A labelled choice; options are [value, text] pairs.
export function choice(label, options, value, change) {
  const select = make("select", {});
  const fill = (pairs, chosen) => {
    select.replaceChildren(...pairs.map(([name, text]) => make("option", { value: name, textContent: text })));
    select.value = chosen;
  };
  fill(options, value);
  select.addEventListener("change", () => change(select.value));
  const field = make("label", { className: "field" }, make("span", { textContent: label }), select);
  return Object.assign(field, { fill, select });
}

// A labelled slider that says its value in words.
export function slider(label, { min, max, step, value, say }, change) {
  const input = make("input", { type: "range", min, max, step, defaultValue: value });
  const output = make("span", { className: "value", "aria-hidden": "true" }); // an <output> would take the label for itself; the slider says its value
  const show = () => {
    output.textContent = say(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    show();
    change(Number(input.value));
  });
  show();
  resettable(input);
  const words = make("span", {}, make("b", { textContent: label }), output);
  const set = (number) => {
    input.value = number;
    show();
  };
  return Object.assign(make("label", { className: "slider" }, words, input), { set, input });
}

// Delete, or a double click, puts a slider back where it began: at its `defaultValue`.
export function resettable(input) {
  const reset = () => {
    input.value = input.defaultValue;
    for (const event of ["input", "change"]) input.dispatchEvent(new Event(event, { bubbles: true }));
  };
  input.addEventListener("dblclick", reset);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Delete") return;
    event.preventDefault();
    reset();
  });
}

// Arrow keys move through a grid whose shown items are one stop of the tab key. Answers what to call when others are shown.
export function roveFocus(grid, selector, columns) {
  const isOffered = (item) => !grid.contains(item.closest("[hidden]")); // also while the whole grid is hidden
  const items = () => [...grid.querySelectorAll(selector)].filter(isOffered);
  const stopAt = (stop) => grid.querySelectorAll(selector).forEach((item) => (item.tabIndex = item === stop ? 0 : -1));
  grid.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(event.target);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns(), Home: -at, End: all.length - 1 - at };
    const next = all[at + steps[event.key]];
    if (at < 0 || !next || event.altKey || event.ctrlKey || event.defaultPrevented) return;
    event.preventDefault();
    next.focus();
  });
  grid.addEventListener("focusin", (event) => {
    if (event.target.matches(selector)) stopAt(event.target);
  });
  return () => items().some((item) => item.tabIndex === 0) || stopAt(items()[0]);
}

// Enter ends typing: what was typed counts, and the keys mean what they mean on the page again.
export function leaveOnEnter(input) {
  input.addEventListener("keydown", ({ key }) => key === "Enter" && input.blur());
}

export function words(name) {
  return name.replaceAll("_", " ");
}

// Whether the browser let the page copy it.
export async function copy(text) {
  return Boolean(await navigator.clipboard?.writeText(text).then(() => true, () => false));
}

export function saveFile(name, blob) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// Buttons of which one is pressed; options are [value, text] pairs.
export function segmented(title, options, value, change) {
  const node = make("div", { className: "segments", role: "group", ariaLabel: title });
  const mark = (chosen) => node.childNodes.forEach((one, at) => (one.ariaPressed = options[at][0] === chosen));
  const press = (chosen) => () => {
    mark(chosen);
    change(chosen);
  };
  node.append(...options.map(([chosen, text]) => button(text, press(chosen), { className: "segment" })));
  mark(value);
  return node;
}
