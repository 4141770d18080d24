// The selected pad, large: what it is, what can be done to it, how it is played.

import { pitchName } from "./axis.js";
import { allow, button, choice, make, slider, words } from "./dom.js";
import { GAIN, LENGTH, TUNE } from "./kit.js";
import { readLetters } from "./letters.js";
import { familyOf, keyOf, nameOf } from "./pads.js";
import { drawOutline } from "./wave.js";

export function buildInspector(studio, player, actions) {
  const current = () => studio.pads[studio.selected];
  const title = make("h2", {});
  const identity = make("p", { className: "identity" });
  const wave = make("canvas", { className: "wave", role: "img" });
  const act = buildActions(studio, actions);
  const mix = buildMixer(studio, current);
  const source = buildSource(studio, actions);
  const head = make("header", {}, make("div", {}, title, identity));
  const node = make("section", { className: "inspector", ariaLabel: "Selected pad" }, head, wave, act.node, mix.node, source.node);
  const draw = () => drawOutline(wave, current().sound.samples, { share: current().length / 100 });
  const show = () => {
    const { sound } = current();
    title.replaceChildren(make("kbd", { textContent: `${keyOf(studio.selected)} · ` }), nameOf(sound));
    identity.textContent = describe(sound);
    node.dataset.family = familyOf(sound.label);
    node.dataset.busy = studio.busy.has(studio.selected);
    wave.ariaLabel = `Waveform, ${(sound.samples.length / sound.sampleRate).toFixed(2)} seconds`;
    for (const part of [act, mix, source]) part.show();
    draw();
  };
  wave.addEventListener("pointerdown", () => player.press(studio.selected));
  studio.addEventListener("changed", ({ detail }) => (detail ?? studio.selected) === studio.selected && show());
  studio.addEventListener("selected", show);
  new ResizeObserver(draw).observe(wave);
  show();
  readLetters(show);
  return { node, focus: () => mix.focus() };
}

function describe({ model, seed, index, pitch, truncation }) {
  const place = seed === null ? "varied" : `seed ${seed}, clip ${index}`;
  const extras = [pitch !== null && pitchName(pitch), truncation < 1 && `truncation ${truncation}`];
  return [model, place, ...extras.filter(Boolean)].join(" · ");
}

function buildActions(studio, actions) {
  const on = (action) => () => action(studio.selected);
  const reroll = button("Re-roll", on(actions.reroll), { image: "dice", title: "Another sound of this instrument (Shift and the pad's key)" });
  const vary = button("Vary", on(actions.vary), { image: "vary", title: "A slightly different sound" });
  const undo = button("Undo", on(actions.undo), { image: "back", title: "Back to the sound before" });
  const lock = button("Lock", on(actions.lock), { image: "lock", title: "A locked pad keeps its sound when the kit changes" });
  const save = button("WAV", on(actions.download), { image: "download", title: "Download this sound" });
  const node = make("div", { className: "actions-row" }, reroll, vary, undo, lock, save);
  const show = () => {
    const pad = studio.pads[studio.selected];
    lock.ariaPressed = pad.locked;
    for (const tool of [reroll, vary]) allow(tool, !pad.locked);
    allow(undo, !pad.locked && pad.past.length > 0);
  };
  return { node, show };
}

function buildMixer(studio, current) {
  const fields = {
    gain: slider("Level", { ...GAIN, step: 0.5, value: 0, say: (value) => `${signed(value)} dB` }, (value) => set("gain", value)),
    tune: slider("Pitch", { ...TUNE, step: 1, value: 0, say: (value) => `${signed(value)} st` }, (value) => set("tune", value)),
    length: slider("Length", { ...LENGTH, step: 1, value: 100, say: (value) => `${value} %` }, (value) => set("length", value)),
  };
  const set = (name, value) => {
    current()[name] = value;
    studio.changed(studio.selected);
  };
  const node = make("div", { className: "mixer" }, ...Object.values(fields));
  const show = () => {
    for (const [name, field] of Object.entries(fields)) field.set(current()[name]);
  };
  return { node, show, focus: () => fields.gain.input.focus() };
}

function buildSource(studio, actions) {
  const models = studio.models.map(({ name }) => [name, name]);
  const change = () => actions.change(studio.selected, model.select.value, label.select.value || null);
  const model = choice("Pad's model", models, models[0][0], () => {
    offer(model.select.value, label.select.value);
    change();
  });
  const label = choice("Pad's instrument", [], "", change);
  const offer = (name, wanted) => {
    const { labels } = studio.model(name);
    label.hidden = !labels.length;
    label.fill(labels.map((one) => [one, words(one)]), labels.includes(wanted) ? wanted : labels[0]);
  };
  const show = () => {
    const asked = askedOf(studio, studio.selected);
    model.select.value = asked.model;
    offer(asked.model, asked.label);
    for (const { select } of [model, label]) select.disabled = studio.pads[studio.selected].locked;
  };
  return { node: make("div", { className: "source" }, model, label), show };
}

// The model and the instrument that a pad was asked for, while it waits for them; else those it has.
export function askedOf({ busy, pads }, number) {
  return busy.get(number)?.model ? busy.get(number) : pads[number].sound;
}

function signed(value) {
  return value > 0 ? `+${value}` : `${value}`.replace("-", "−");
}
