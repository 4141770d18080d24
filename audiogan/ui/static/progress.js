// What takes a while says how far it is and can be cancelled.

import { button, lendFocus, make } from "./dom.js";

export class Progress {
  constructor(words) {
    Object.assign(this, { words, share: "", why: "" });
    this.bar = make("progress", { max: 1, value: 0, "aria-label": words });
    this.text = make("span", { role: "status" });
    this.cancelButton = button("Cancel", () => this.cancel?.(), { className: "tool small" });
    this.element = make("div", { className: "progress-line", hidden: true }, this.bar, this.text, this.cancelButton);
    this.giveBack = lendFocus(this.element);
  }

  // `cancel` is called when the visitor has had enough.
  start(cancel) {
    Object.assign(this, { cancel, share: "", why: "" });
    this.at(0, 1);
    this.element.hidden = false;
  }

  at(done, all) {
    Object.assign(this.bar, { value: done, max: all });
    if (all > 1) this.share = `${this.words}: ${done} of ${all}`;
    this.show();
  }

  // Why it takes longer than it should, "" when it no longer does.
  say(why) {
    this.why = why;
    this.show();
  }

  show() {
    const text = this.why || this.share;
    if (this.text.textContent !== text) this.text.textContent = text;
  }

  end() {
    this.giveBack();
    this.element.hidden = true;
    this.text.textContent = "";
  }
}
