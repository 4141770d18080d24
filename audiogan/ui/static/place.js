// Where Explore listens: model, instrument, pitch and truncation, and the controls that say so.

import { midiName } from "./axis.js";
import { button, choice, make, slider, words } from "./dom.js";

export class Place {
  // `other()` comes with another model or instrument, `tuned()` with another pitch or truncation, `fresh()` when new seeds are asked for.
  constructor(models, { other, tuned, fresh }) {
    Object.assign(this, { models, other, tuned, pitch: null, truncation: 1 });
    this.model = models.find((model) => Object.keys(model.pitched).length) ?? models[0];
    this.label = this.model.labels[0] ?? "";
    this.element = this.build(fresh);
    this.fillLabels();
    this.showPitch();
  }

  // As the server wants it, but for the seeds.
  get request() {
    const { model, label, pitch, truncation } = this;
    return { model: model.name, label, pitch, truncation };
  }

  build(fresh) {
    this.modelField = choice("Model", this.models.map(({ name }) => [name, name]), this.model.name, (name) => this.setModel(name));
    this.labelField = choice("Instrument", [], "", (label) => this.setLabel(label));
    this.pitchField = slider("Pitch", { min: 24, max: 96, step: 1, value: 60, say: midiName }, (pitch) => this.tune({ pitch }));
    const truncation = { min: 0.1, max: 1, step: 0.05, value: 1, say: (value) => (value < 1 ? value.toFixed(2) : "1 (off)") };
    this.tameField = slider("Truncation", truncation, (value) => this.tune({ truncation: value }));
    this.tameField.title = "Smaller: more typical sounds, less variety";
    const roll = button("New map", fresh, { image: "dice", className: "tool primary" });
    return make("div", { className: "toolbar" }, this.modelField, this.labelField, this.pitchField, this.tameField, roll);
  }

  fillLabels() {
    this.labelField.fill(this.model.labels.map((label) => [label, words(label)]), this.label);
    this.labelField.hidden = !this.model.labels.length;
  }

  // The middle of the label's range, where it takes a pitch.
  get usualPitch() {
    const range = this.model.pitched[this.label ?? ""];
    return range ? Math.round((range[0] + range[1]) / 2) : null;
  }

  showPitch() {
    const range = this.model.pitched[this.label ?? ""];
    this.pitchField.hidden = !range;
    this.pitch = this.usualPitch;
    if (!range) return;
    Object.assign(this.pitchField.input, { min: Math.ceil(range[0]), max: Math.floor(range[1]), defaultValue: this.pitch });
    this.pitchField.set(this.pitch);
  }

  // What an address asks for, unheard; what it leaves out is as usual.
  open({ model, label, pitch, truncation }) {
    this.model = this.models.find(({ name }) => name === model) ?? this.model;
    this.label = label ?? this.model.labels[0] ?? "";
    this.modelField.select.value = this.model.name;
    this.fillLabels();
    this.showPitch();
    Object.assign(this, { pitch: pitch ?? this.pitch, truncation: truncation ?? 1 });
    if (this.pitch !== null) this.pitchField.set(this.pitch);
    this.tameField.set(this.truncation);
  }

  setModel(name) {
    this.model = this.models.find((model) => model.name === name);
    if (!this.model.labels.includes(this.label)) this.label = this.model.labels[0] ?? "";
    this.fillLabels();
    this.setLabel(this.label);
  }

  setLabel(label) {
    this.label = label;
    this.showPitch();
    this.other();
  }

  tune(settings) {
    Object.assign(this, settings);
    this.tuned();
  }
}
