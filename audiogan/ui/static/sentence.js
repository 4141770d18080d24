// The server's words as the page shows them.

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function sentence(text) {
  return `${capital(text)}${text.endsWith(".") ? "" : "."}`;
}
