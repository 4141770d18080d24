// A link is copied, and what it opens is said.

import { copy } from "./dom.js";
import { toast } from "./toast.js";

export async function copyLink(address, said) {
  const copied = await copy(new URL(address, location.href).href);
  if (!copied) throw new Error("The browser does not let this page copy: copy the address from its address bar, it opens the same sounds.");
  toast(`The link is copied: it opens ${said}`, "done");
}
