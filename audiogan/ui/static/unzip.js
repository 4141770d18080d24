// One text file out of a ZIP archive (APPNOTE 6.3), stored or deflated. The archive is a stranger's: what it claims is
// checked, only the wanted file is unpacked, and no more of it than allowed.

import { crc32 } from "./zip.js";

const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT = 65_535;
const MAX_DIRECTORY = 1_000_000;
const DAMAGED = "This ZIP archive is damaged: choose the file as it was saved.";

export async function isZip(file) {
  return file.size >= END_BYTES && [LOCAL, END].includes((await viewOf(file, 0, 4)).getUint32(0, true));
}

// The text of the file of this name, at the top or in a folder, of at most `limit` bytes; an Error is one sentence.
export async function unzipped(archive, name, limit) {
  const entry = findEntry(await directoryOf(archive), name);
  if (!entry) throw new Error(`This ZIP archive holds no ${name}: choose one that was saved here.`);
  if (entry.flags & 1) throw new Error(`This ZIP archive has a password: unpack it, and choose its ${name}.`);
  if (entry.size > limit || entry.packed > limit) throw tooLarge(name);
  const bytes = await inflated(await bodyOf(archive, entry), entry.method, () => tooLarge(name), limit);
  if (crc32(bytes) !== entry.sum) throw new Error(DAMAGED);
  return new TextDecoder().decode(bytes);
}

function tooLarge(name) {
  return new Error(`The ${name} in this ZIP archive is too large.`);
}

async function viewOf(file, from, length) {
  if (from + length > file.size) throw new Error(DAMAGED);
  return new DataView(await file.slice(from, from + length).arrayBuffer());
}

// The directory is named at the archive's end, before a comment of unknown length.
async function directoryOf(archive) {
  const length = Math.min(archive.size, END_BYTES + MAX_COMMENT);
  const tail = await viewOf(archive, archive.size - length, length);
  for (let at = length - END_BYTES; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== END || at + END_BYTES + tail.getUint16(at + 20, true) !== length) continue;
    const size = tail.getUint32(at + 12, true);
    if (size > MAX_DIRECTORY) throw new Error("This ZIP archive holds too many files to be a kit.");
    return viewOf(archive, tail.getUint32(at + 16, true), size);
  }
  throw new Error(DAMAGED);
}

function findEntry(view, name) {
  for (let at = 0; at + 46 <= view.byteLength && view.getUint32(at, true) === ENTRY; ) {
    const [title, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    if (at + 46 + title > view.byteLength) throw new Error(DAMAGED);
    const path = new TextDecoder().decode(new Uint8Array(view.buffer, at + 46, title));
    if (path.split("/").at(-1) === name) {
      const [flags, method] = [8, 10].map((field) => view.getUint16(at + field, true));
      const [sum, packed, size, start] = [16, 20, 24, 42].map((field) => view.getUint32(at + field, true));
      return { flags, method, sum, packed, size, start };
    }
    at += 46 + title + extra + comment;
  }
  return null;
}

async function bodyOf(archive, { start, packed }) {
  const header = await viewOf(archive, start, 30);
  if (header.getUint32(0, true) !== LOCAL) throw new Error(DAMAGED);
  const from = start + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (from + packed > archive.size) throw new Error(DAMAGED);
  return archive.slice(from, from + packed);
}

async function inflated(body, method, tooMuch, limit) {
  if (method === 0) return new Uint8Array(await body.arrayBuffer());
  if (method !== 8) throw new Error("This ZIP archive is packed in a way that browsers do not know: unpack it, and choose its file.");
  const reader = body.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error(DAMAGED);
    });
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
    size += value.length;
    if (size <= limit) continue;
    reader.cancel().catch(() => {});
    throw tooMuch();
  }
}
