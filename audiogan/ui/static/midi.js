// MIDI keyboards and pad controllers, where the browser has Web MIDI and the visitor allows it.

import { PADS } from "./pattern.js";
import { FIRST_KEY } from "./sfz.js";

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const CONTROL = 0xb0;
const SUSTAIN = 64;
const ALL_SOUND_OFF = 120;
const RESET_CONTROLLERS = 121;
const ALL_NOTES_OFF = 123;

let asked = null; // for one access, however often it is pressed: what two hear sounds twice

export function hasMidi() {
  return typeof navigator.requestMIDIAccess === "function";
}

// Listens to every input, those plugged in later too; of one that is unplugged nothing is held any more. Answers with how
// many there are now.
export async function listenToMidi({ down, up, sustain }) {
  asked ??= navigator.requestMIDIAccess();
  const access = await asked.catch((error) => {
    asked = null;
    throw error;
  });
  const held = new Set();
  const press = (pitch, velocity) => {
    held.add(pitch);
    down(pitch, velocity);
  };
  const lift = (pitch) => {
    held.delete(pitch);
    up(pitch);
  };
  const letGo = () => [...held].forEach(lift);
  const control = (number, value) => {
    if (number === SUSTAIN) sustain(value >= 64);
    if (number === ALL_SOUND_OFF || number === RESET_CONTROLLERS) sustain(false);
    if (number === ALL_SOUND_OFF || number === ALL_NOTES_OFF) letGo();
  };
  const hear = ({ data: [status, number, value] }) => {
    const kind = status & 0xf0;
    if (kind === NOTE_ON && value) press(number, value / 127);
    else if (kind === NOTE_ON || kind === NOTE_OFF) lift(number);
    else if (kind === CONTROL) control(number, value);
  };
  const attach = () => access.inputs.forEach((input) => (input.onmidimessage = hear));
  access.onstatechange = ({ port }) => {
    attach();
    if (port.type !== "input" || port.state !== "disconnected") return;
    letGo();
    sustain(false);
  };
  attach();
  return access.inputs.size;
}

// The pad that a note plays, as the kit's SFZ has it; -1 for a note beyond the pads.
export function padOf(pitch) {
  const number = pitch - FIRST_KEY;
  return number >= 0 && number < PADS ? number : -1;
}
