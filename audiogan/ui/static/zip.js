// A ZIP archive of stored files (APPNOTE 6.3, no compression: PCM hardly shrinks).

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

// Files as { name: Uint8Array or text }; returns the archive's bytes.
export function zipOf(files) {
  const encoder = new TextEncoder();
  const bodies = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = typeof content === "string" ? encoder.encode(content) : content;
    const title = encoder.encode(name);
    const common = commonFields(data, title.length);
    bodies.push(header(0x04034b50, [], common, []), title, data);
    directory.push(header(0x02014b50, [20], common, [0, 0, 0, 0, 0, offset & 0xffff, offset >>> 16]), title);
    offset += 30 + title.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = Object.keys(files).length;
  const end = header(0x06054b50, [0, 0, count, count], [size & 0xffff, size >>> 16, offset & 0xffff, offset >>> 16], [0]);
  return joined([...bodies, ...directory, end]);
}

// Version 2.0, UTF-8 names, stored, 1 January 1980 (a file is its bytes, not its hour), CRC, both sizes, name, no extra.
function commonFields(data, nameLength) {
  const sum = crc32(data);
  const size = [data.length & 0xffff, data.length >>> 16];
  return [20, 0x0800, 0, 0, 0x21, sum & 0xffff, sum >>> 16, ...size, ...size, nameLength, 0];
}

function header(signature, before, common, after) {
  const fields = [signature & 0xffff, signature >>> 16, ...before, ...common, ...after];
  return new Uint8Array(Uint16Array.from(fields).buffer);
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
