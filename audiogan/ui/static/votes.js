// The form under the results that hands out every vote: whoever runs the app types the key, and the browser saves the file.

import { make, saveFile } from "./dom.js";
import { sentence } from "./sentence.js";

export function mount({ element }) {
  const key = make("input", { type: "password", autocomplete: "off", required: true, name: "key" });
  const status = make("p", { className: "status", role: "status", "aria-live": "polite" });
  const form = make("form", {}, make("label", {}, make("span", { textContent: "Key" }), key));
  for (const [name, title] of [["votes.csv", "Votes, CSV"], ["votes.jsonl", "Votes, JSON lines"]])
    form.append(make("button", { type: "submit", value: name, textContent: title }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "Fetching…";
    status.textContent = await fetched(event.submitter.value, key.value);
  });
  element.querySelector(".votes").append(form, status);
}

// Saves a file; says how that went.
async function fetched(name, key) {
  const reply = await fetch(`votes/${name}`, { method: "POST", body: new URLSearchParams({ key }) }).catch(() => null);
  if (reply?.ok) {
    saveFile(name, await reply.blob());
    return `${name} is saved.`;
  }
  const told = await reply?.json().catch(() => null);
  return told ? sentence(told.detail) : "No connection: try again.";
}
