// The Play tab: pads, what can be done to the selected one, a sequencer and a keyboard, around one studio.

import { offerKits } from "./another_kit.js";
import { chromaticZip, kitZip, loopWav, soundWav } from "./bounce.js";
import { button, isShown, lendFocus, make, saveFile, segmented } from "./dom.js";
import { audio } from "./engine.js";
import { buildInspector } from "./inspector.js";
import { keepAddress, openKept } from "./keep.js";
import { buildKeyboard } from "./keyboard.js";
import { fileName } from "./kit.js";
import { openFile } from "./kit_file.js";
import { evenGain } from "./loudness.js";
import { hasMidi, listenToMidi, padOf } from "./midi.js";
import { Notes } from "./notes.js";
import { buildPads } from "./pads.js";
import { emptyPattern, isEmpty } from "./pattern.js";
import { Player } from "./player.js";
import { atRate } from "./resample.js";
import { Sequencer } from "./sequencer.js";
import { copyLink } from "./share.js";
import { buildSteps } from "./steps.js";
import { Studio } from "./studio.js";
import { offerPads } from "./to_pad.js";
import { dropUndo, toast } from "./toast.js";
import { buildToolbar } from "./toolbar.js";
import { buildGridTools, buildTransport } from "./transport.js";
import { Tuner } from "./tuner.js";
import { listenToTyping } from "./typing.js";

export function mount({ element, props, server }) {
  const studio = new Studio({ models: props.models, kit: props.kit, roles: props.roles, server });
  offerPads(studio);
  const tuner = new Tuner(studio);
  const player = new Player(studio, tuner);
  const sequencer = new Sequencer(studio, player);
  const notes = new Notes(studio, tuner, sequencer);
  const isHere = () => isShown(element);
  const actions = buildActions(studio, sequencer, player, notes, isHere);
  const inspector = buildInspector(studio, player, actions);
  offerTake(studio, sequencer, isHere);
  studio.addEventListener("exchanged", () => {
    dropUndo(); // another kit's beat is not in it
    sequencer.beginTake();
  });
  notes.addEventListener("played", ({ detail }) => sequencer.write(studio.selected, detail));
  studio.addEventListener("changed", () => actions.run(tuner.prepare()));
  actions.adjust = () => inspector.focus();
  const dock = buildDock(studio, sequencer, player, notes, actions);
  const stage = make("div", { className: "stage" }, buildPads(studio, player, actions), inspector.node);
  const midi = () => actions.run(useMidi(studio, notes, actions, dock.mode, isHere));
  const transport = buildTransport(studio, sequencer, actions, buildViews(dock.tabs, midi));
  const parts = [buildToolbar(studio, actions), buildStatus(studio), stage, transport, dock.keys, dock.sequence, buildJudge()];
  element.querySelector(".studio").replaceChildren(...parts);
  addEventListener("tab", () => silence(sequencer, player, notes));
  listenToTyping(element, { mode: dock.mode, notes, sequencer, actions, studio });
  audio();
  for (const { sound } of studio.pads) setTimeout(() => ready(sound.buffer)); // before the first press asks
  actions.run(openKept(studio)).then(() => keepAddress(studio));
}

// Measured and resampled, once for all plays.
function ready(buffer) {
  evenGain(buffer);
  atRate(buffer, audio().sampleRate);
}

// A tab that is left falls silent.
function silence(sequencer, player, notes) {
  sequencer.stop();
  player.hush();
  notes.hush();
}

// What visitors can do; what goes wrong becomes a toast. A sound that comes when nobody `isHere` any more is not played.
function buildActions(studio, sequencer, player, notes, isHere) {
  const run = (promise) => Promise.resolve(promise).catch((error) => toast(error.message));
  const load = offerKits(studio, (takeBack, whole) => (isHere() ? toast(whole ? "Another kit." : "A part of another kit.", "done", takeBack) : null));
  const heard = async (number, promise) => (await run(promise)) && isHere() && player.press(number);
  return {
    run,
    press: (number, velocity) => {
      player.press(number, velocity ?? sequencer.velocity);
      sequencer.write(number, { velocity });
    },
    load: (base) => run(load(base)),
    reroll: (number) => heard(number, studio.reroll(number)),
    vary: (number) => heard(number, studio.vary(number)),
    change: (number, model, label) => heard(number, studio.change(number, model, label)),
    undo: (number) => {
      studio.undo(number);
      player.press(number);
    },
    lock: (number) => {
      studio.pads[number].locked = !studio.pads[number].locked;
      studio.changed(number);
    },
    download: (number) => saveFile(fileName(studio.pads[number].sound), soundWav(studio.pads[number].sound)),
    save: () => saveFile(`audiogan-kit-${studio.base.seed}.zip`, kitZip(studio.kit)),
    open: (file) => run(openFile(studio, file).then((before) => before && toast("The kit is open.", "done", () => studio.exchange(before)))),
    share: () => run(share(studio)),
    pattern: (name) => offerBack(studio, `The beat is ${name} now.`, studio.startWith(name)),
    clear: () => offerBack(studio, "The beat is cleared.", studio.setBeat({ pattern: emptyPattern() })),
    loop: () => run(saveLoop(studio, notes.tuner)),
    saveKeys: () => run(saveKeys(notes)),
  };
}

// What a take has put into the beat can be taken out again.
function offerTake(studio, sequencer, isHere) {
  sequencer.addEventListener("recording", ({ detail }) => detail && isHere() && toast("What you played is in the beat.", "done", () => studio.setBeat(detail), "beat"));
}

function offerBack(studio, text, before) {
  if (!isEmpty(before.pattern)) toast(text, "done", () => studio.setBeat(before), "beat");
}

async function saveLoop(studio, tuner) {
  if (isEmpty(studio.kit.pattern)) throw new Error("The pattern is empty: choose one, or set some steps first.");
  await tuner.prepare();
  saveFile(`audiogan-loop-${studio.kit.tempo}-bpm.wav`, await loopWav(studio.kit, tuner));
}

async function saveKeys(notes) {
  const { pad, sound } = notes;
  saveFile(`audiogan-${sound.model}-keys.zip`, chromaticZip(fileName(sound).replace(/\.wav$/, ""), await notes.files(), pad));
}

function share(studio) {
  const varied = studio.pads.filter(({ sound }) => sound.seed === null).length;
  const rest = varied ? ` ${varied} varied ${varied > 1 ? "pads have" : "pad has"} no seed: save the kit to keep ${varied > 1 ? "them" : "it"}.` : "";
  return copyLink(studio.address(location.search), `these sounds and this beat.${rest}`);
}

// Notes play the keyboard where it is shown, else the pads, and only while somebody `isHere`; they are let go anywhere.
async function useMidi(studio, notes, actions, mode, isHere) {
  const hit = (number, velocity) => {
    if (number < 0) return;
    actions.press(number, velocity);
    studio.select(number);
  };
  const down = (pitch, velocity) => isHere() && (mode() === "keys" ? notes.down(pitch, velocity) : hit(padOf(pitch), velocity));
  const hear = { down, up: (pitch) => notes.up(pitch), sustain: (on) => (mode() === "keys" || !on) && notes.setSustain(on) };
  const count = await listenToMidi(hear).catch(() => {
    throw new Error("The browser refused MIDI: allow it for this page and press MIDI again.");
  });
  toast(count ? `Listening to ${count} MIDI ${count > 1 ? "inputs" : "input"}.` : "No MIDI device yet: plug one in, it is heard at once.", "done");
}

// Says what is being made or waited for, and lets what is made be stopped.
function buildStatus(studio) {
  const text = make("span", { role: "status" });
  const cancel = button("Cancel", () => studio.task?.cancel(), { className: "tool small" });
  const node = make("div", { className: "progress", hidden: true }, make("i", { "aria-hidden": "true" }), text, cancel);
  const giveBack = lendFocus(node);
  studio.addEventListener("said", ({ detail }) => {
    text.textContent = detail;
    if (!studio.task) giveBack();
    cancel.hidden = !studio.task;
    node.hidden = !detail;
  });
  return node;
}

// The way to the listening test, where this page has one.
function buildJudge() {
  const tab = () => [...document.querySelectorAll("[role=tab]")].find((one) => one.textContent.trim() === "Rate");
  const link = button("Take the listening test", () => (location.hash = "/rate"), { className: "judge" });
  link.hidden = true;
  setTimeout(() => (link.hidden = !tab())); // after the other tabs are there
  return link;
}

// Which half is shown below, and what plays both.
function buildViews(tabs, midi) {
  const node = make("div", { className: "views" });
  if (hasMidi()) node.append(button("MIDI", midi, { className: "tool small", title: "Play the pads or the keys from MIDI" }));
  node.append(tabs);
  return node;
}

// The lower half: the steps, and the keys where they are asked for.
function buildDock(studio, sequencer, player, notes, actions) {
  const steps = buildSteps(studio, sequencer, player);
  const keys = buildKeyboard(studio, notes, actions);
  const sequence = make("div", { className: "sequence" }, steps.node, buildGridTools(steps));
  let mode = "steps";
  keys.hidden = true;
  const show = (chosen) => {
    mode = chosen;
    tabs.closest(".studio").dataset.mode = mode;
    studio.dispatchEvent(new Event("mode"));
    layKeys(keys, tabs, mode === "keys");
    follow();
  };
  const tabs = segmented("Sequencer or keyboard", [["steps", "Steps"], ["keys", "Keys"]], mode, show);
  const follow = () => mode === "keys" && actions.run(notes.refresh());
  studio.addEventListener("changed", follow);
  studio.addEventListener("selected", follow);
  return { keys, sequence, tabs, mode: () => mode };
}

// The keys come below the transport where the window has room for them. Else they come above it, and the page scrolls by as
// much: they are in sight, and the switch is still under the pointer that pressed it.
function layKeys(keys, tabs, shown) {
  const transport = tabs.closest(".transport");
  const { top } = tabs.getBoundingClientRect();
  if (shown) transport.after(keys);
  keys.hidden = !shown;
  if (shown && keys.getBoundingClientRect().bottom > innerHeight) transport.before(keys);
  scrollBy({ top: tabs.getBoundingClientRect().top - top, behavior: "instant" });
  if (shown) keys.lastChild.scrollIntoView({ block: "nearest" }); // the piano, in a window too low for it and the transport
}
