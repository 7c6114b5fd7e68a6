// The forms that a package is made of: hashes and trees (RFC 9162), keys, notes and checkpoints (C2SP), SSH signatures.
// Written from docs/formats/signatures.md and package.md alone, for verify_package.mjs beside it.
import { createHash, createPublicKey, verify } from "node:crypto";

export const hash = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash("sha256")).digest();
/** Bytes from base64 in its one spelling; throws for another one, and for another length than is asked for. */
export function base64(string, length) {
  const bytes = Buffer.from(string, "base64");
  if (bytes.toString("base64") !== string) throw new Error(`base64 has another spelling: ${string}`);
  if (length !== undefined && bytes.length !== length) throw new Error(`${bytes.length} bytes where ${length} belong`);
  return bytes;
}

// ---- The tree of RFC 9162, 2.1 ------------------------------------------------------------------------------------
export const leafHash = (entry) => hash(Buffer.of(0), entry);
export const nodeHash = (left, right) => hash(Buffer.of(1), left, right);
export function treeRoot(hashes) {
  if (hashes.length < 2) return hashes.length ? hashes[0] : hash();
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(treeRoot(hashes.slice(0, split)), treeRoot(hashes.slice(split)));
}
/** RFC 9162, 2.1.4.2: whether the proof leads from the first tree to the second. */
export function consistent(first, firstRoot, second, secondRoot, given) {
  if (first === second) return given.length === 0 && firstRoot.equals(secondRoot);
  if (first > second || first < 1) return false;
  let [fn, sn] = [BigInt(first) - 1n, BigInt(second) - 1n];
  const path = (BigInt(first) & (BigInt(first) - 1n)) === 0n ? [firstRoot, ...given] : [...given];
  while (fn & 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  if (path.length === 0) return false;
  let [fr, sr] = [path[0], path[0]];
  for (const each of path.slice(1)) {
    if (sn === 0n) return false;
    if (fn & 1n || fn === sn) {
      [fr, sr] = [nodeHash(each, fr), nodeHash(each, sr)];
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else sr = nodeHash(sr, each);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return sn === 0n && fr.equals(firstRoot) && sr.equals(secondRoot);
}

/** The file of a tile (C2SP tlog-tiles): 1234067 is x001/x234/067; a tile that is not full ends in .p/WIDTH. */
export function tilePath(level, number, width) {
  const groups = String(number).padStart(Math.ceil(String(number).length / 3) * 3, "0").match(/.{3}/g);
  return `data/log/tile/${level}/${groups.map((each, at) => (at < groups.length - 1 ? `x${each}` : each)).join("/")}${width < 256 ? `.p/${width}` : ""}`;
}

// ---- Keys, notes and SSH signatures (signatures.md) ---------------------------------------------------------------
export function verifierKey(vkey, kind = 1) {
  const [, name, id, rest] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? [];
  const bytes = base64(rest ?? "", 33);
  const computed = hash(Buffer.from(`${name}\n`), bytes).subarray(0, 4);
  if (bytes[0] !== kind || computed.toString("hex") !== id) throw new Error(`not a key of kind ${kind}: ${vkey}`);
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes.subarray(1)]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return { vkey, name, id: computed, bytes: bytes.subarray(1), good: (signed, mark) => verify(null, signed, key, mark) };
}
export function parseNote(note) {
  const at = note.lastIndexOf("\n\n");
  const lines = note.slice(at + 2).split("\n");
  if (at < 0 || lines.pop() !== "" || lines.length > 100) throw new Error("not a signed note");
  const signatures = lines.map((line) => {
    const [, name, rest] = /^\u2014 ([^ +]+) (\S+)$/.exec(line) ?? [];
    const bytes = base64(rest ?? "-");
    return { name, id: bytes.subarray(0, 4), mark: bytes.subarray(4) };
  });
  return { text: note.slice(0, at + 1), signatures };
}
export const linesOf = (note, key) => note.signatures.filter((each) => each.name === key.name && each.id.equals(key.id));
/** Whether the key signed, and each of its lines is good. */
export function signedBy(note, key) {
  const lines = linesOf(note, key);
  return lines.length > 0 && lines.every((each) => each.mark.length === 64 && key.good(Buffer.from(note.text), each.mark));
}
/** Whether the witness cosigned: eight bytes of seconds, then the signature over them and the checkpoint. */
export function cosignedBy(note, key) {
  const lines = linesOf(note, key);
  return lines.length > 0 && lines.every(({ mark }) => {
    if (mark.length !== 72) return false;
    const signed = `cosignature/v1\ntime ${mark.readBigUInt64BE()}\n${note.text}`;
    return key.good(Buffer.from(signed), mark.subarray(8));
  });
}
export function parseCheckpoint(note) {
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n$/.exec(note.text) ?? [];
  if (!Number.isSafeInteger(Number(size))) throw new Error("not a checkpoint of three lines");
  return { origin, size: Number(size), root: base64(root, 32) };
}
const sshString = (bytes) => Buffer.concat([Buffer.of(0, 0, bytes.length >> 8, bytes.length & 255), Buffer.from(bytes)]);
export const sshKey = (key) => Buffer.concat([sshString(Buffer.from("ssh-ed25519")), sshString(key.bytes)]);
/** PROTOCOL.sshsig: rebuild all but the signature, and compare; so every byte has one spelling. */
export function sshSigned(armored, message, namespace, key) {
  const armor = /^-----BEGIN SSH SIGNATURE-----\n([^-]*)-----END SSH SIGNATURE-----\n$/.exec(armored)?.[1] ?? "";
  const blob = base64(armor.replaceAll("\n", ""));
  const parts = [Buffer.from(namespace), Buffer.alloc(0), Buffer.from("sha512")].map(sshString);
  const head = [Buffer.from("SSHSIG"), Buffer.of(0, 0, 0, 1), sshString(sshKey(key)), ...parts];
  const mark = blob.subarray(-64);
  const inner = Buffer.concat([sshString(Buffer.from("ssh-ed25519")), sshString(mark)]);
  const one = Buffer.concat([...head, sshString(inner)]);
  const digest = createHash("sha512").update(message).digest();
  const wrapped = one.toString("base64").match(/.{1,70}/g).map((line) => `${line}\n`).join("");
  return armor === wrapped && blob.equals(one) && key.good(Buffer.concat([head[0], ...parts, sshString(digest)]), mark);
}

// ---- Rows of tables (row-commitments.md) ----------------------------------------------------------------------
/** What stands for a cell in its row: a withheld cell is that already; a shown one has its text and its salt. */
export function cellCommitment(cell) {
  if (typeof cell === "string") return base64(cell, 32);
  const [shown, salt] = cell;
  return hash(Buffer.of(0), base64(salt, 32), shown === null ? Buffer.of(0) : Buffer.from(`\u0001${shown}`));
}
/** A cell as it stands in a CSV file. */
export const quoted = (cell) => {
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

// ---- Evidence in the bodies of entries (acts.md) -----------------------------------------------------------------
export const evidenceNumber = (id) => Number(/^ev-(0|[1-9][0-9]*)$/.exec(id)?.[1] ?? NaN);
/** The numbers of all texts in a body that are evidence ids. */
export function named(value) {
  if (typeof value === "string") return Number.isNaN(evidenceNumber(value)) ? [] : [evidenceNumber(value)];
  return value && typeof value === "object" ? Object.values(value).flatMap(named) : [];
}
export const inRanges = (ranges) => (ranges ?? []).flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
