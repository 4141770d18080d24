// The kit as a whole: model, instrument, seed, another kit, sharing, files.

import { button, choice, make, words } from "./dom.js";
import { seedField } from "./seeds.js";

const MIXED = "";

export function buildToolbar(studio, actions) {
  const models = studio.models.map(({ name }) => [name, name]);
  const model = choice("Model", models, studio.base.model, () => {
    offer(label.select.value);
    load();
  });
  const label = choice("Instrument", [], MIXED, () => load());
  const load = () => actions.load({ model: model.select.value, label: label.select.value || null, seed: seed.value });
  const seed = seedField("Seed", studio.base.seed, load);
  const offer = (wanted) => {
    const { labels } = studio.model(model.select.value);
    label.hidden = !labels.length;
    label.fill([[MIXED, "A mixed kit"], ...labels.map((name) => [name, words(name)])], labels.includes(wanted) ? wanted : MIXED);
  };
  const fresh = button("New kit", () => {
    seed.roll();
    load();
  }, { image: "dice", className: "tool primary", title: "Sixteen other sounds; locked pads stay" });
  const show = () => {
    model.select.value = studio.base.model;
    offer(studio.base.label ?? MIXED);
    seed.set(studio.base.seed);
  };
  studio.addEventListener("changed", ({ detail }) => detail === null && show());
  show();
  seed.element.classList.add("seed");
  return make("div", { className: "toolbar" }, model, label, seed.element, fresh, buildFiles(actions));
}

function buildFiles(actions) {
  const file = make("input", { type: "file", accept: ".zip,.json,application/zip,application/json", hidden: true, ariaLabel: "Kit file" });
  file.addEventListener("change", () => {
    if (file.files[0]) actions.open(file.files[0]);
    file.value = "";
  });
  const share = button("Share", actions.share, { image: "share", title: "Copy a link to these sounds and this beat" });
  const save = button("Save kit", actions.save, { image: "download", title: "WAV files, an SFZ instrument, the beat as MIDI and the exact latents, as a ZIP" });
  const open = button("Open kit", () => file.click(), { image: "upload", title: "Open a saved kit: its ZIP, or the kit.json in it" });
  return make("div", { className: "files" }, share, save, open, file);
}
