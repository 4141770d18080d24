// The end of a sitting that a platform pays for: the way back to it, and the code that it asks for.

import { copy, make } from "./dom.js";
import { secondary } from "./rate_buttons.js";
import { t } from "./rate_wording.js";

// Nothing where no platform sent the listener.
export function completion({ recruited, completion: given }, say) {
  if (!recruited) return [];
  if (!given) return [make("p", { textContent: t("Too few sounds were answered to confirm that you took part. Tell whoever invited you.") })];
  const parts = [];
  if (given.url) parts.push(wayBack(given.url));
  if (given.code) parts.push(codeOf(given.code, say));
  return [make("div", { className: "completion" }, make("p", { textContent: t("One step is left: confirm that you took part.") }), ...parts)];
}

function wayBack(url) {
  const target = window.top === window ? "_self" : "_blank"; // in a frame, as on a Space, the platform would show nothing
  return make("a", { className: "primary", href: url, target, rel: "noopener noreferrer", textContent: t("Confirm on {place}", { place: new URL(url).host }) });
}

function codeOf(code, say) {
  const take = secondary(t("Copy the code"), async () => {
    say((await copy(code)) ? t("The code is copied.") : t("The browser does not let this page copy: select the code instead."));
  });
  return make("p", { className: "code" }, `${t("Your completion code:")} `, make("code", { textContent: code }), " ", take);
}
