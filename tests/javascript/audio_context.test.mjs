// The silent switch of an iPhone: Safari there has an audio session, whose type decides.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openAudio } from "../../audiogan/ui/static/audio_context.js";

globalThis.AudioContext = function (options) {
  this.options = options;
};

function inBrowser(navigator) {
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
}

test("a page is heard with the switch on", () => {
  inBrowser({ audioSession: { type: "auto" } });
  assert.deepEqual(openAudio({ latencyHint: "interactive" }).options, { latencyHint: "interactive" });
  assert.equal(navigator.audioSession.type, "playback");
});

test("browsers without audio sessions are asked for none", () => {
  inBrowser({});
  openAudio();
  assert.deepEqual(navigator, {});
});
