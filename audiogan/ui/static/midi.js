// MIDI keyboards and pad controllers, where the browser has Web MIDI and the visitor allows it.

import { PADS } from "./pattern.js";
import { FIRST_KEY } from "./sfz.js";

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const CONTROL = 0xb0;
const SUSTAIN = 64;

export function hasMidi() {
  return typeof navigator.requestMIDIAccess === "function";
}

// Listens to every input, those plugged in later too. Answers with how many there are now.
export async function listenToMidi({ down, up, sustain }) {
  const access = await navigator.requestMIDIAccess();
  const hear = ({ data: [status, number, value] }) => {
    const kind = status & 0xf0;
    if (kind === NOTE_ON && value) down(number, value / 127);
    else if (kind === NOTE_ON || kind === NOTE_OFF) up(number);
    else if (kind === CONTROL && number === SUSTAIN) sustain(value >= 64);
  };
  const attach = () => access.inputs.forEach((input) => (input.onmidimessage = hear));
  access.onstatechange = attach;
  attach();
  return access.inputs.size;
}

// The pad that a note plays, as the kit's SFZ has it; -1 for a note beyond the pads.
export function padOf(pitch) {
  const number = pitch - FIRST_KEY;
  return number >= 0 && number < PADS ? number : -1;
}
