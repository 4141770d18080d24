// What the browser keeps of a sitting. Storage may be switched off: then this page view is the session.

import { randomHex } from "./random.js";

const memory = new Map();

export function kept(name) {
  try {
    return localStorage.getItem(name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function keep(name, value) {
  memory.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch {
    // kept in memory above
  }
}

export function forget(name) {
  memory.delete(name);
  try {
    localStorage.removeItem(name);
  } catch {
    // nothing was kept there
  }
}

export function fresh(name) {
  const digits = drawn();
  keep(name, digits);
  return digits;
}

export function drawn() {
  return randomHex(16);
}
