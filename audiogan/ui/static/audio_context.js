// Where a page's sound begins.

// A context that an iPhone's silent switch does not mute, as it does a page's by default.
export function openAudio(options) {
  const session = globalThis.navigator?.audioSession;
  if (session) session.type = "playback";
  return new AudioContext(options);
}
