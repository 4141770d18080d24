// A small menu beside what it belongs to. Items are [label, icon, action] or null for a line.

import { button, make } from "./dom.js";

let open = null;

function closeMenu() {
  open?.remove();
  open = null;
}

export function showMenu(anchor, title, items, columns = 1) {
  closeMenu();
  const menu = make("div", { className: columns > 1 ? "menu grid" : "menu", role: "menu", ariaLabel: title });
  menu.style.setProperty("--columns", columns);
  const act = (action) => () => {
    closeMenu();
    anchor.focus({ preventScroll: true });
    action();
  };
  for (const item of items) menu.append(item ? entry(item, act) : make("hr"));
  menu.addEventListener("keydown", (event) => move(event, menu, anchor, columns));
  document.body.append(menu);
  place(menu, anchor);
  open = menu;
  menu.querySelector("button").focus({ preventScroll: true });
  setTimeout(() => addEventListener("pointerdown", leave, { capture: true }));
  addEventListener("tab", closeMenu, { once: true }); // it lies above every tab
}

function entry([label, image, action], act) {
  const node = button(label, act(action), { image, className: "entry" });
  node.setAttribute("role", "menuitem");
  return node;
}

function leave(event) {
  if (open?.contains(event.target)) return;
  removeEventListener("pointerdown", leave, { capture: true });
  closeMenu();
}

function place(menu, anchor) {
  const beside = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.min(Math.max(beside.left, 8), innerWidth - width - 8);
  const below = beside.bottom + 4 + height < innerHeight;
  const top = below ? beside.bottom + 4 : Math.max(beside.top - height - 4, 8);
  Object.assign(menu.style, { left: `${left + scrollX}px`, top: `${top + scrollY}px` });
}

function move(event, menu, anchor, columns) {
  const entries = [...menu.querySelectorAll("button")];
  const at = entries.indexOf(document.activeElement);
  const last = entries.length - 1;
  const sideways = columns > 1 ? { ArrowRight: at + 1, ArrowLeft: at - 1 + entries.length } : {};
  const next = { ArrowDown: at + columns, ArrowUp: at - columns + entries.length, Home: 0, End: last, ...sideways }[event.key];
  event.stopPropagation();
  if (next !== undefined) {
    event.preventDefault();
    entries[next % entries.length].focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    closeMenu();
    anchor.focus();
  }
}
