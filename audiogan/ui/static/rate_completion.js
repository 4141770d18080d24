// The end of a sitting that a platform pays for: the way back to it, and the code that it asks for.

import { make } from "./dom.js";

const MISSING = "Too few sounds were answered to confirm that you took part. Tell whoever invited you.";

// Nothing where no platform sent the listener.
export function completion({ recruited, completion: given }, say) {
  if (!recruited) return [];
  if (!given) return [make("p", { textContent: MISSING })];
  const parts = [];
  if (given.url) parts.push(wayBack(given.url));
  if (given.code) parts.push(codeOf(given.code, say));
  return [make("div", { className: "completion" }, make("p", { textContent: "One step is left: confirm that you took part." }), ...parts)];
}

function wayBack(url) {
  const target = window.top === window ? "_self" : "_blank"; // in a frame, as on a Space, the platform would show nothing
  return make("a", { className: "primary", href: url, target, rel: "noopener noreferrer", textContent: `Confirm on ${new URL(url).host}` });
}

function codeOf(code, say) {
  const copy = make("button", { type: "button", className: "secondary", textContent: "Copy the code" });
  copy.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(code).then(() => true, () => false);
    say(copied ? "The code is copied." : "The browser does not let this page copy: select the code instead.");
  });
  return make("p", { className: "code" }, "Your completion code: ", make("code", { textContent: code }), " ", copy);
}
