// Start and stop, tempo, swing, and what the pattern is.

import { SWING, STEPS, TEMPO } from "./clock.js";
import { button, choice, leaveOnEnter, make, rename, segmented, slider } from "./dom.js";
import { isEmpty, NORMAL, PATTERNS } from "./pattern.js";
import { toast } from "./toast.js";

const TAP_GAP = 2500; // milliseconds after which tapping starts anew
const TAPS = 8; // as many of the last say the tempo: a new one is reached by its own
const LEVELS = [[1, "Soft"], [NORMAL, "Normal"], [3, "Accent"]];

export function buildTransport(studio, sequencer, actions, views) {
  const run = button("Play", () => sequencer.toggle(), { image: "play", className: "tool run", title: "Start and stop (space bar)" });
  const take = button("Record", () => record(sequencer, studio), { image: "record", wordless: true, className: "tool record", title: "Write the pads and keys you play into the beat" });
  for (const one of [run, take]) one.addEventListener("pointerdown", (event) => event.preventDefault());
  const tempo = buildTempo(studio);
  const swing = slider("Swing", { ...SWING, step: 1, value: 0, say: (value) => `${value} %` }, (value) => set("swing", value));
  const counts = Array.from({ length: STEPS }, (_, at) => [String(at + 1), String(at + 1)]);
  const steps = choice("Steps", counts, String(STEPS), (value) => set("steps", Number(value)));
  const names = [["", "Choose…"], ...Object.keys(PATTERNS).map((name) => [name, name])];
  const pattern = choice("Pattern", names, studio.beat, (name) => name && actions.pattern(name));
  const clear = button("Clear all", () => actions.clear(), { image: "clear", title: "Empty the steps of all sixteen pads" });
  const loop = button("Loop WAV", () => actions.loop(), { image: "download", title: "Render the pattern to a WAV file" });
  const set = (name, value) => {
    studio.kit[name] = value;
    studio.changed();
  };
  const show = () => {
    tempo.show();
    swing.set(studio.kit.swing);
    steps.select.value = String(studio.kit.steps);
  };
  sequencer.addEventListener("recording", () => (take.ariaPressed = sequencer.take !== null));
  sequencer.addEventListener("running", () => {
    showRun(run, sequencer.running);
    showCount(take, sequencer);
  });
  studio.addEventListener("changed", ({ detail }) => detail === null && show());
  studio.addEventListener("changed", () => (pattern.select.value = studio.beat));
  take.ariaPressed = false;
  show();
  return make("div", { className: "transport", role: "group", ariaLabel: "Sequencer" }, make("div", { className: "start" }, run, take), pattern, tempo.node, swing, steps, clear, loop, views);
}

// A take starts the beat where it stands still, and ends with it. Where nothing would be heard, a bar is counted first.
function record(sequencer, studio) {
  if (sequencer.count) return sequencer.stop();
  if (!sequencer.take && isEmpty(studio.kit.pattern)) return sequencer.countIn();
  sequencer.record(sequencer.take === null);
  if (sequencer.take) sequencer.start();
}

// The beats in the place of the red dot, as they are heard; in words only that they are counted.
function showCount(node, sequencer) {
  const { count } = sequencer;
  const name = count ? "Record, after four beats" : "Record";
  if (node.ariaLabel !== name) node.ariaLabel = name;
  if ((node.dataset.count ?? "") !== String(count ?? "")) node.dataset.count = count ?? "";
  if (count) requestAnimationFrame(() => showCount(node, sequencer));
}

function showRun(run, running) {
  if (running) rename(run, "Stop", "stop");
  else rename(run, "Play", "play");
  run.ariaPressed = running;
}

function buildTempo(studio) {
  const input = make("input", { type: "number", min: TEMPO.min, max: TEMPO.max, step: 1, inputMode: "numeric" });
  const put = (value) => {
    if (value < TEMPO.min || value > TEMPO.max) toast(`Tempo goes from ${TEMPO.min} to ${TEMPO.max}.`);
    studio.kit.tempo = Math.min(Math.max(Math.round(value), TEMPO.min), TEMPO.max);
    studio.changed();
  };
  input.addEventListener("change", () => put(input.value ? Number(input.value) : studio.kit.tempo)); // "" is no number
  leaveOnEnter(input);
  const taps = [];
  const tap = button("Tap", () => {
    const tapped = tempoOf(taps, performance.now());
    if (tapped) put(tapped);
  }, { className: "tool small", title: "Tap the beat" });
  const field = make("label", { className: "field" }, make("span", { textContent: "Tempo" }), input);
  return { node: make("div", { className: "tempo" }, field, tap), show: () => (input.value = studio.kit.tempo) };
}

// The tempo of taps, times in milliseconds, to which `now` is added; null while they are too few to say.
export function tempoOf(taps, now) {
  if (now - taps.at(-1) > TAP_GAP) taps.length = 0;
  taps.push(now);
  taps.splice(0, taps.length - TAPS);
  return taps.length > 2 ? (60_000 * (taps.length - 1)) / (now - taps[0]) : null;
}

// How hard the next steps are, and how many rows are shown.
export function buildGridTools(grid) {
  const level = segmented("Velocity", LEVELS, NORMAL, (value) => grid.setLevel(value));
  const rows = segmented("Rows", [[0, "This pad"], [1, "All pads"]], 0, (value) => grid.setAll(Boolean(value)));
  rows.classList.add("wide-only");
  return make("div", { className: "grid-tools" }, level, rows);
}
