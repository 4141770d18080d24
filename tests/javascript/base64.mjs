// What the server sends, for tests.

export function base64Of(bytes) {
  return Buffer.from(bytes).toString("base64");
}
