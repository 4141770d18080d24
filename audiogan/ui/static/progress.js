// What takes a while says how far it is and can be stopped.

import { button, lendFocus, make } from "./dom.js";

export class Progress {
  constructor(words) {
    this.words = words;
    this.bar = make("progress", { max: 1, value: 0, "aria-label": words });
    this.text = make("span", { role: "status" });
    this.stopButton = button("Stop", () => this.stop?.(), { className: "tool small" });
    this.element = make("div", { className: "progress-line", hidden: true }, this.bar, this.text, this.stopButton);
    this.giveBack = lendFocus(this.element);
  }

  // `stop` is called when the visitor has had enough.
  start(stop) {
    this.stop = stop;
    this.at(0, 1);
    this.element.hidden = false;
  }

  at(done, all) {
    Object.assign(this.bar, { value: done, max: all });
    const share = `${this.words}: ${done} of ${all}`;
    if (all > 1 && this.text.textContent !== share) this.text.textContent = share;
  }

  end() {
    this.giveBack();
    this.element.hidden = true;
    this.text.textContent = "";
  }
}
