"""A MIDI input that a test plays: `send(status, number, value)` on the page."""

MIDI = """
globalThis.keys = {};
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["keys", keys]]) });
globalThis.send = (...data) => keys.onmidimessage({ data });
"""
NOTE_ON, NOTE_OFF, PAD_PRESSURE, CONTROL, CHANNEL_PRESSURE = 0x90, 0x80, 0xA0, 0xB0, 0xD0
SUSTAIN = 64
