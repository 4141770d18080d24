// Results: asks for newer ones while they are looked at, and leaves open what the reader opened.

const EVERY_MS = 15_000;

export function mount({ element, watch, trigger }) {
  const opened = new Set();
  const title = (details) => details.querySelector("summary").textContent;
  element.addEventListener("toggle", ({ target }) => target.open ? opened.add(title(target)) : opened.delete(title(target)), true);
  watch("value", () => {
    const kept = new Set(opened); // what was open goes away with the old page, which must not count as closing it
    requestAnimationFrame(() => {
      for (const details of element.querySelectorAll("details")) details.open = kept.has(title(details));
    });
  });
  const timer = setInterval(() => {
    if (!element.isConnected) return clearInterval(timer);
    const seen = document.visibilityState === "visible" && element.getClientRects().length;
    if (seen) trigger("stale");
  }, EVERY_MS);
}
