// One finger points and drags, two pinch; a mouse is a finger too.

const CLOSEST = 8; // pixels between two fingers below which a pinch goes no further

// `holds()` tells whether one finger drags what is shown, rather than scrolling the page.
export function listenToFingers(screen, { holds, point, zoom, pan }) {
  const fingers = new Map();
  let spread = 0;
  screen.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, event.offsetX);
    if (event.pointerType !== "touch" || holds()) screen.setPointerCapture(event.pointerId);
    point(event);
  });
  screen.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (before !== undefined) fingers.set(event.pointerId, event.offsetX);
    if (fingers.size === 2) {
      const [first, second] = fingers.values();
      const now = Math.max(Math.abs(first - second), CLOSEST);
      if (spread) zoom(now / spread, (first + second) / 2);
      spread = now;
    } else {
      if (before !== undefined && holds()) pan(before - event.offsetX);
      point(event);
    }
  });
  for (const name of ["pointerup", "pointercancel"]) {
    screen.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      spread = 0;
    });
  }
}
