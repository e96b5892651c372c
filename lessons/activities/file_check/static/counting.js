// A worker of its own: counts a file and works out its SHA-256 (FIPS 180-4), piece by piece, so that the page stays
// quick and a large file never lies in memory. Plain http has no crypto.subtle, so the hash is here.
const K = new Int32Array(64);
const START = new Int32Array(8);
const root = (n, power) => ((n ** power % 1) * 2 ** 32) | 0;
(function constants() {
  for (let n = 2, found = 0; found < 64; n += 1) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) isPrime = false;
    if (!isPrime) continue;
    if (found < 8) START[found] = root(n, 1 / 2);
    K[found] = root(n, 1 / 3);
    found += 1;
  }
})();

const state = START.slice();
const words = new Int32Array(64);
const block = new Uint8Array(64);
let filled = 0;
let total = 0;

function compress(bytes, at) {
  for (let i = 0; i < 16; i += 1, at += 4) words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  for (let i = 16; i < 64; i += 1) {
    const x = words[i - 15];
    const y = words[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function hash(bytes) {
  total += bytes.length;
  let at = 0;
  if (filled) {
    at = Math.min(64 - filled, bytes.length);
    block.set(bytes.subarray(0, at), filled);
    filled += at;
    if (filled < 64) return;
    compress(block, 0);
    filled = 0;
  }
  for (; at + 64 <= bytes.length; at += 64) compress(bytes, at);
  block.set(bytes.subarray(at), 0);
  filled = bytes.length - at;
}

function fingerprint() {
  const size = total;
  const end = new Uint8Array(filled < 56 ? 64 - filled : 128 - filled);
  end[0] = 0x80;
  const length = new DataView(end.buffer, end.length - 8);
  length.setUint32(0, Math.floor(size / 2 ** 29));
  length.setUint32(4, (size * 8) >>> 0);
  hash(end);
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

// As Python's str.split() parts words; signs that are written without spaces (Chinese, Japanese) count one by one.
const isSpace = (code) =>
  code <= 32
    ? (code >= 9 && code <= 13) || code >= 28
    : code === 0x85 || code === 0xa0 || code === 0x1680 || (code >= 0x2000 && code <= 0x200a) || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000;
const isSign = (code) => (code >= 0x3040 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff);

const counted = { words: 0, breaks: 0, inWord: false, last: 10 };
function count(text) {
  let { words: n, breaks, inWord, last } = counted;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 32 && code < 128) {
      if (!inWord) n += 1;
      inWord = true;
    } else if (isSpace(code)) {
      inWord = false;
      if (code === 10 && last !== 13) breaks += 1;
      else if (code === 13) breaks += 1;
    } else if (code >= 0x3040 && isSign(code)) {
      n += 1;
      inWord = false;
    } else if (code !== 0xfeff) {
      if (!inWord) n += 1;
      inWord = true;
    }
    last = code;
  }
  Object.assign(counted, { words: n, breaks, inWord, last });
}

function encodingOf(first) {
  if (first[0] === 0xff && first[1] === 0xfe) return "utf-16le";
  if (first[0] === 0xfe && first[1] === 0xff) return "utf-16be";
  return "utf-8";
}

const PIECE = 4 * 1024 * 1024;

async function countIn(file, encoding, hashes) {
  Object.assign(counted, { words: 0, breaks: 0, inWord: false, last: 10 });
  const decoder = new TextDecoder(encoding, { fatal: encoding !== "windows-1252" });
  for (let at = 0; at < file.size; at += PIECE) {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    if (hashes) hash(bytes);
    if (!encoding.startsWith("utf-16") && bytes.includes(0)) return { problem: "noText" };
    let text;
    try {
      text = decoder.decode(bytes, { stream: at + PIECE < file.size });
    } catch {
      if (hashes) for (let more = at + PIECE; more < file.size; more += PIECE) hash(new Uint8Array(await file.slice(more, more + PIECE).arrayBuffer()));
      return encoding === "utf-8" ? countIn(file, "windows-1252", false) : { problem: "noText" };
    }
    count(text);
    postMessage({ done: Math.min(at + PIECE, file.size), of: file.size });
  }
  const lines = counted.breaks + (counted.last === 10 || counted.last === 13 ? 0 : 1);
  return { encoding, words: counted.words, lines };
}

onmessage = async ({ data: file }) => {
  try {
    if (!file.size) return postMessage({ problem: "empty" });
    const first = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const found = await countIn(file, encodingOf(first), true);
    if (found.problem) return postMessage(found);
    postMessage({ figures: { ...found, bytes: file.size, fingerprint: fingerprint() } });
  } catch {
    postMessage({ problem: "unreadable" });
  }
};
