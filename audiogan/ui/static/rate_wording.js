// What the test says, in its study's language: `t("Listen to {count} sounds.", { count: 3 })`. See listening/wording.py.

let translations = {};

// Given once, before anything is said.
export function speak(texts) {
  translations = texts;
}

// A sentence of listening/languages/english.txt, with its places filled in.
export function t(english, values = {}) {
  return (translations[english] ?? english).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
