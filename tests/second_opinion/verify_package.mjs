// A second verifier of an audit package, written from the pages in docs/formats alone: package.md, signatures.md, acts.md,
// vault.md, row-commitments.md and sample.md. It shares no line with our own checkers, so that the pages are proven to be enough.
//
//   node verify_package.mjs FOLDER [--key FILE] [--checkpoint FILE]
//
// Needs Node 18, no package. Does steps 1 to 16, 22 and 23; of 15 what needs no certificates. Exit code: 0 passed, 1 failed.
import { lstatSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { base64, cellCommitment, evidenceNumber, hash, inRanges, named, quoted, tilePath } from "./forms.mjs";
import { consistent, leafHash, nodeHash, treeRoot } from "./forms.mjs";
import { csvRows, drawn, evaluated, firstOf, rate, rootFrom, sorted, strataOf, stratumOf, unitsOf } from "./samples.mjs";
import { cosignedBy, linesOf, parseCheckpoint, parseNote, signedBy, sshKey, sshSigned, verifierKey } from "./forms.mjs";

const options = { "--key": null, "--checkpoint": null };
const words = process.argv.slice(2);
for (const name of Object.keys(options)) {
  const at = words.indexOf(name);
  if (at >= 0) [, options[name]] = words.splice(at, 2);
}
if (words.length !== 1) {
  console.error("usage: node verify_package.mjs FOLDER [--key FILE] [--checkpoint FILE]");
  process.exit(2);
}

// ---- Steps and what they find -------------------------------------------------------------------------------------
let faults = [];
let failed = false;
const fault = (file, text) => faults.push(`${file}: ${text}`);
function step(number, title, body) {
  faults = [];
  try {
    body();
  } catch (error) {
    fault("package", `cannot be read as the page says (${error.message})`); // such as JSON of another shape
  }
  failed ||= faults.length > 0;
  console.log(`${String(number).padStart(2)} ${title}: ${faults.length ? "FAILED" : "passed"}`);
  for (const each of faults) console.log(`     ${each}`);
}
function stopWhere(wrong) {
  if (!wrong) return;
  console.log("The later steps were not run.");
  process.exit(1);
}

// ---- Bytes --------------------------------------------------------------------------------------------------------
const raw = (path) => readFileSync(join(words[0], path));
const text = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const read = (path) => text(raw(path));
const json = (path) => JSON.parse(read(path));
const proofOf = (path) => read(path).split("\n").slice(0, -1).map((line) => base64(line, 32));
const below = (folder) => [...files.keys()].filter((path) => path.startsWith(folder));

// ---- 1 to 5: the bag ----------------------------------------------------------------------------------------------
const files = new Map(); // path, with "data/" in front -> its size, and from step 5 on its SHA-256 in hex
const TOP = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"];
const SIGNATURES = ["tagmanifest-sha256.txt", "tagmanifest-sha256.txt.note", "tagmanifest-sha256.txt.sig"];
const PORTABLE = /^[a-z0-9_-][a-z0-9._-]*$/;
function walk(folder) {
  for (const name of readdirSync(join(words[0], folder))) {
    const path = `${folder}/${name}`;
    const about = lstatSync(join(words[0], path));
    if (!PORTABLE.test(name)) fault(path, "a name that is not portable");
    if (about.isDirectory()) walk(path);
    else if (!about.isFile()) fault(path, "not a plain file");
    else files.set(path, about.size);
  }
}
/** A manifest as a map of path to hash. One spelling: sorted, lower case, two spaces, each path once. */
function manifest(name) {
  const lines = read(name).split("\n");
  if (lines.pop() !== "") fault(name, "does not end with a newline");
  const listed = new Map();
  let last = "";
  for (const line of lines) {
    const [, digest, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (!path || Buffer.compare(Buffer.from(path), Buffer.from(last)) <= 0) fault(name, `a line that is not as the page says: ${line}`);
    listed.set((last = path ?? last), digest);
  }
  return listed;
}
step(1, "form of the bag", () => {
  const here = readdirSync(words[0]);
  for (const name of [...TOP, ...SIGNATURES, "data"]) if (!here.includes(name)) fault(name, "is missing");
  for (const name of here) {
    const about = lstatSync(join(words[0], name));
    if (![...TOP, ...SIGNATURES, "data"].includes(name)) fault(name, "does not belong to a package");
    else if (name === "data" ? !about.isDirectory() : !about.isFile()) fault(name, "not a plain file");
  }
  walk("data");
  if (read("bagit.txt") !== "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n") fault("bagit.txt", "is not that of BagIt 1.0");
});
const info = (label) => {
  const lines = read("bag-info.txt").split("\n").filter((line) => line.startsWith(`${label}: `));
  return lines.length === 1 ? lines[0].slice(label.length + 2) : undefined;
};
step(2, "tag manifest", () => {
  const listed = manifest("tagmanifest-sha256.txt");
  if ([...listed.keys()].join() !== TOP.join()) fault("tagmanifest-sha256.txt", `lists other files than ${TOP}`);
  for (const name of TOP) if (listed.get(name) !== hash(raw(name)).toString("hex")) fault(name, "was changed");
});
step(3, "bytes and files", () => {
  const [said, found] = [info("Payload-Oxum"), `${[...files.values()].reduce((sum, size) => sum + size, 0)}.${files.size}`];
  if (said !== found) fault("bag-info.txt", `says ${said}, found ${found}`);
});
let listed = new Map();
step(4, "completeness", () => {
  listed = manifest("manifest-sha256.txt");
  for (const path of files.keys()) if (!listed.has(path)) fault(path, "was added: the manifest does not list it");
  for (const path of listed.keys()) if (!files.has(path)) fault(path, "was removed: the manifest lists it");
});
step(5, "every byte", () => {
  for (const path of files.keys()) {
    files.set(path, hash(raw(path)).toString("hex"));
    if (listed.has(path) && listed.get(path) !== files.get(path)) fault(path, "was changed");
  }
});
stopWhere(failed);

// ---- 6 to 10: signatures, tiles, records, keys --------------------------------------------------------------------
let index, key, checkpoint;
step(6, "signature of the package", () => {
  index = json("data/package.json");
  key = verifierKey(read("data/log/key.vkey").replace(/\n$/, ""));
  const [id, manifestBytes] = [info("External-Identifier"), raw("tagmanifest-sha256.txt")];
  const note = parseNote(read("tagmanifest-sha256.txt.note"));
  if (index.format !== "twofold-package-2" || index.package_id !== id) fault("data/package.json", "is of another form or package");
  if (note.text !== `twofold-package@v1\n${id}\n${hash(manifestBytes).toString("hex")}\n`) fault("tagmanifest-sha256.txt.note", "is about another package");
  if (!signedBy(note, key)) fault("tagmanifest-sha256.txt.note", "is not signed by the key");
  if (!sshSigned(read("tagmanifest-sha256.txt.sig"), manifestBytes, "twofold-package@v1", key)) fault("tagmanifest-sha256.txt.sig", "is not a good signature");
});
step(7, "signature of the checkpoint", () => {
  const note = parseNote(read("data/log/checkpoint"));
  checkpoint = parseCheckpoint(note);
  if (checkpoint.origin !== key.name) fault("data/log/checkpoint", "is of another log");
  if (!signedBy(note, key)) fault("data/log/checkpoint", "is not signed by the key");
  if (!sshSigned(read("data/log/checkpoint.sig"), raw("data/log/checkpoint"), "twofold-checkpoint@v1", key)) fault("data/log/checkpoint.sig", "is not a good signature");
  const signers = `twofold namespaces="twofold-checkpoint@v1,twofold-package@v1" ssh-ed25519 ${sshKey(key).toString("base64")}\n`;
  if (read("data/log/allowed_signers") !== signers) fault("data/log/allowed_signers", "does not hold the key");
});
stopWhere(!checkpoint);
const tiles = new Map(); // "level/number" -> its hashes
/** The root of the first `size` entries, as the tiles give it; throws where a tile is not here. */
function rootAt(size) {
  let after = null; // the root over what the tiles of the levels below leave over on the right
  for (let level = 0; 256 ** level <= size; level++) {
    const count = Math.floor(size / 256 ** level);
    if (count % 256 === 0) continue;
    const tile = tiles.get(`${level}/${Math.floor(count / 256)}`);
    if (!tile || tile.length < count % 256) throw new Error(`no tile gives the root of ${size} entries`);
    after = treeRoot([...tile.slice(0, count % 256), ...(after ? [after] : [])]);
  }
  return after ?? hash();
}
step(8, "tiles", () => {
  for (const path of below("data/log/tile/")) {
    const [, level, number] = /^data\/log\/tile\/(\d+)\/((?:x\d{3}\/)*\d{3})/.exec(path) ?? [];
    const [at, high] = [Number(number?.replace(/[x/]/g, "")), Number(level)];
    const width = Math.min(256, Math.floor(checkpoint.size / 256 ** high) - 256 * at);
    const bytes = raw(path);
    if (!(width > 0) || path !== tilePath(high, at, width) || bytes.length !== 32 * width) fault(path, "is no tile of a log of this size");
    else tiles.set(`${high}/${at}`, Array.from({ length: width }, (_, i) => bytes.subarray(32 * i, 32 * i + 32)));
  }
  for (const [name, hashes] of tiles) {
    const [level, number] = name.split("/").map(Number);
    const above = tiles.get(`${level + 1}/${Math.floor(number / 256)}`)?.[number % 256];
    if (hashes.length === 256 && !above?.equals(treeRoot(hashes))) fault(tilePath(level, number, 256), "is not proven by the tile above it");
  }
  if (!rootAt(checkpoint.size).equals(checkpoint.root)) fault("data/log/tile", "does not give the root of the checkpoint");
});
const entries = new Map(); // index -> entry
const ofKind = (kind) => [...entries.values()].filter((entry) => entry.kind === kind);
step(9, "records", () => {
  const [file, bytes] = ["data/log/records.jsonl", raw("data/log/records.jsonl")];
  let last = -1;
  if (bytes.at(-1) !== 10) fault(file, "does not end with a newline");
  for (let start = 0, end; (end = bytes.indexOf(10, start)) >= 0; start = end + 1) {
    const line = bytes.subarray(start, end);
    const entry = JSON.parse(text(line));
    if (!(entry.index > last)) fault(file, `entry ${entry.index} is out of order`);
    if (!tiles.get(`0/${Math.floor(entry.index / 256)}`)?.[entry.index % 256]?.equals(leafHash(line))) fault(file, `entry ${entry.index} is not that of the log`);
    entries.set((last = entry.index), entry);
  }
  const right = [checkpoint.origin, checkpoint.size, checkpoint.root.toString("hex"), key.vkey];
  if ([index.log.origin, index.log.size, index.log.root, index.log.key].join("\n") !== right.join("\n")) fault("data/package.json", "names another log, size, root or key");
  const counts = Object.entries(index.log.entries);
  for (const kind of new Set([...[...entries.values()].map((entry) => entry.kind), ...counts.map(([name]) => name)]))
    if ((index.log.entries[kind]?.here ?? 0) !== ofKind(kind).length) fault(file, `has another number of ${kind} entries than package.json says`);
  if (counts.reduce((sum, [, each]) => sum + each.in_log, 0) !== checkpoint.size) fault("data/package.json", "numbers of entries do not add up to the log");
});

const keys = []; // the keys in order: { from, key } signs checkpoints of more than `from` entries
const keyFor = (size) => keys.findLast((each) => each.from < size)?.key;
step(10, "key", () => {
  const first = entries.get(0)?.body;
  if (first?.form !== "twofold-log-2" || first.origin !== checkpoint.origin) return fault("data/log/records.jsonl", "entry 0 is not the beginning of this log");
  keys.push({ from: -1, key: verifierKey(first.key) });
  const counted = index.log.entries.key_rotation ?? { here: 0, in_log: 0 };
  if (counted.here !== counted.in_log) fault("data/log/records.jsonl", "does not show every change of key");
  for (const { index: at, body } of ofKind("key_rotation")) {
    const [old, next, note] = [keys.at(-1).key, verifierKey(body.new), parseNote(body.note)];
    const said = `twofold-key-rotation@v1\n${first.origin}\n${at}\n${old.vkey}\n${next.vkey}\n`;
    if (body.old !== old.vkey || note.text !== said || !signedBy(note, old) || !signedBy(note, next)) return fault("data/log/records.jsonl", `entry ${at} does not hand over from the key before`);
    keys.push({ from: at, key: next });
  }
  if (keyFor(checkpoint.size)?.vkey !== key.vkey) fault("data/log/key.vkey", "is not the key that the log names");
});

// ---- 11 to 13: evidence, nothing missing, order -------------------------------------------------------------------
const isCapture = (number) => entries.get(number)?.kind === "capture";
step(11, "evidence", () => {
  const bySha = new Map(ofKind("capture").map(({ body }) => [body.sha256, body]));
  const held = new Set();
  for (const path of below("data/evidence/")) {
    const sha256 = /^data\/evidence\/([0-9a-f]{64})\.[a-z0-9]+$/.exec(path)?.[1];
    if (sha256 !== files.get(path)) fault(path, "is not the payload that its name says");
    else if (!bySha.has(sha256)) fault(path, "has no record");
    else if (lstatSync(join(words[0], path)).size !== bySha.get(sha256).size) fault(path, "has another size than was captured");
    held.add(sha256);
  }
  const reasons = new Map(index.withheld.map((each) => [each.evidence_id, each]));
  for (const { index: at, body } of ofKind("capture"))
    if (!held.has(body.sha256) && reasons.get(`ev-${at}`)?.sha256 !== body.sha256) fault(`data/evidence/${body.sha256}`, `ev-${at} lacks without a reason`);
  for (const id of reasons.keys()) if (!isCapture(evidenceNumber(id))) fault("data/package.json", `${id} is withheld but has no record`);
});
const extractions = new Map(); // run id -> the captures that its completeness record names
step(12, "nothing missing", () => {
  for (const { folder } of index.control_tests) {
    const [path, run] = [`data/${folder}/run.json`, json(`data/${folder}/run.json`)];
    const record = ofKind("run").findLast((each) => each.body.run_id === run.run_id);
    if (record?.body.run_sha256 !== files.get(path)) fault(path, "has no record, or another one");
    const found = json(`data/${folder}/completeness.json`).extractions;
    for (const { evidence_id: id, file_hash } of found)
      if (!isCapture(evidenceNumber(id)) || entries.get(evidenceNumber(id)).body.sha256 !== file_hash) fault(`data/${folder}/completeness.json`, `${id} has no record, or another one`);
    extractions.set(run.run_id, found.map((each) => evidenceNumber(each.evidence_id)));
  }
  for (const { id, folder } of index.engagements) {
    const [path, record] = [`data/${folder}/judgement.json`, ofKind("judgement").findLast((each) => each.body.engagement === id)];
    if (record?.body.judgement_sha256 !== files.get(path)) fault(path, "has no record, or another one");
  }
  for (const { index: at, body } of ofKind("judgement"))
    for (const [test, id, run] of body.runs)
      if (entries.get(run)?.kind !== "run" || entries.get(run).body.run_id !== id) fault("data/log/records.jsonl", `entry ${at} judges a run of ${test} that is not here`);
  const withheld = files.has("data/withheld.json") ? new Set(json("data/withheld.json").left_out.map((path) => `data/${path}`)) : null;
  const recorded = new Map(ofKind("scope_apply").map(({ body }) => ["data/scope/scope.json", body.scope_sha256]));
  for (const { id, folder } of index.engagements) {
    const { runs, verdicts, findings_sha256: findings } = ofKind("judgement").findLast((each) => each.body.engagement === id).body;
    if (!withheld) recorded.set(`data/${folder}/findings.json`, findings);
    for (const { control_id: control, control_test: test, folder: place, verdicts: names } of index.control_tests)
      if (id in names && !withheld?.has(`data/${place}/${names[id]}`)) recorded.set(`data/${place}/${names[id]}`, new Map(verdicts).get(`${control}-${test}`));
    for (const [, run] of runs) if (!extractions.has(run)) fault(`data/${folder}/judgement.json`, `rests on the run ${run}, which is not here`);
  }
  for (const [path, sha256] of recorded) if (files.get(path) !== sha256) fault(path, "is missing, or not the file that the log records");
  const newest = new Map(ofKind("judgement").map((entry) => [entry.body.engagement, entry]));
  const inForce = new Set([...newest.values()].flatMap((entry) => [entry.index, ...entry.body.runs.map(([, , run]) => run)]));
  for (const { index: at, kind, body } of entries.values()) {
    const texts = ["scope_apply", "run", "answer", "sign_off", "disposition", "sample_change"].includes(kind) ? named(body) : [];
    for (const each of [...texts, ...(inForce.has(at) ? inRanges(body.evidence) : [])])
      if (!isCapture(each)) fault("data/log/records.jsonl", `entry ${at} rests on ev-${each}, which is not here`);
  }
});
step(13, "order", () => {
  const flagged = new Set(index.order_flags.map((each) => each.entry));
  const ofRun = (at) => [...inRanges(entries.get(at)?.body.evidence), ...(extractions.get(entries.get(at)?.body.run_id) ?? [])];
  /** Whether anything below the conclusion has a greater index than it, or than the run that rests on it. */
  function late(at, judgement) {
    const { runs, evidence } = entries.get(judgement)?.body ?? { runs: [] };
    const below = [judgement, ...inRanges(evidence), ...runs.flatMap(([, , run]) => [run, ...ofRun(run)])];
    return below.some((each) => each > at) || runs.some(([, , run]) => ofRun(run).some((each) => each > run));
  }
  for (const [kind, of] of [["judgement", (entry) => entry.index], ["sign_off", (entry) => entry.body.judgement]])
    for (const entry of ofKind(kind))
      if (!flagged.has(entry.index) && late(entry.index, of(entry))) fault("data/log/records.jsonl", `entry ${entry.index} (${kind}) is older than what it rests on, and package.json does not say so`);
});

// ---- 14 to 16: checkpoints from before ----------------------------------------------------------------------------
/** Check the checkpoints of a folder: each by the key of its size, and consistent with the next bigger one. */
function earlier(folder, extra) {
  const sizes = below(folder).map((path) => Number(/\/(\d+)\.checkpoint$/.exec(path)?.[1] ?? NaN)).filter((each) => !Number.isNaN(each));
  sizes.sort((a, b) => a - b);
  const read_ = sizes.map((size) => ({ path: `${folder}${size}.checkpoint`, size, note: parseNote(read(`${folder}${size}.checkpoint`)) }));
  read_.forEach(({ path, size, note }, at) => {
    const [own, next] = [parseCheckpoint(note), at + 1 < read_.length ? parseCheckpoint(read_[at + 1].note) : checkpoint];
    if (own.size !== size || own.origin !== checkpoint.origin) fault(path, "is of another log or size");
    if (!keyFor(size) || !signedBy(note, keyFor(size))) fault(path, "is not signed by the key of that time");
    const proof = proofOf(`${folder}${size}.consistency`);
    if (!consistent(own.size, own.root, next.size, next.root, proof)) fault(path, `is no beginning of the log of ${next.size} entries`);
    extra(path, size, note);
  });
  return sizes.join();
}
step(14, "cosignatures", () => {
  const witnesses = files.has("data/log/witness/keys") ? read("data/log/witness/keys").split("\n").slice(0, -1).map((line) => verifierKey(line, 4)) : [];
  const sizes = earlier("data/log/witness/", (path, size, note) => {
    const known = witnesses.filter((each) => linesOf(note, each).length > 0);
    if (known.length === 0 || !known.every((each) => cosignedBy(note, each))) fault(path, "has no good cosignature");
  });
  if (sizes !== index.log.witnessed.join()) fault("data/package.json", "names other witnessed checkpoints than are here");
  for (const { index: at, body } of ofKind("witness")) {
    const path = `data/log/witness/${body.size}.checkpoint`;
    if (!files.has(path) || parseCheckpoint(parseNote(read(path))).root.toString("hex") !== body.root) fault(path, `lacks or is another: entry ${at} says that it was cosigned`);
  }
});
step(15, "timestamps (without certificates)", () => {
  const sizes = earlier("data/log/timestamps/", (path, size) => {
    const stamp = path.replace(/checkpoint$/, "");
    for (const name of ["tsq", "tsr"]) if (!raw(stamp + name).includes(Buffer.from(files.get(path), "hex"))) fault(stamp + name, "is over another file");
  });
  if (sizes !== index.log.timestamps.map((each) => each.size).join()) fault("data/package.json", "names other timestamps than are here");
});
step(16, "received apart", () => {
  if (options["--key"]) {
    const held = text(readFileSync(options["--key"])).trim();
    if (!keys.some((each) => each.key.vkey === held)) fault("data/log/key.vkey", "is not the key that was received apart");
  }
  if (options["--checkpoint"]) {
    const given = text(readFileSync(options["--checkpoint"]));
    const held = parseCheckpoint(given.includes("\n\n") ? parseNote(given) : { text: given });
    if (held.origin !== checkpoint.origin) fault("data/log/checkpoint", "is of another log than the checkpoint received");
    else if (held.size > checkpoint.size || !rootAt(held.size).equals(held.root)) fault("data/log/checkpoint", "does not begin with the entries of the checkpoint received");
  }
});

// ---- 22: tables of which a part is shown (row-commitments.md) -------------------------------------------------------
step(22, "rows", () => {
  for (const path of below("data/tables/rows/").filter((each) => each.endsWith(".jsonl"))) {
    const [head, ...parts] = read(path).split("\n").slice(0, -1).map((line) => JSON.parse(line));
    const { kind, body } = entries.get(head.commitment) ?? {};
    if (kind !== "row_commitment" || path !== `data/tables/rows/${body.sha256}.jsonl`) return fault(path, "names no commitment to this table");
    const [peaks, csv] = [[], [body.columns]];
    let at = 0;
    for (const part of parts) {
      const [first, size] = part.rows ?? [part.row, 1];
      if (first !== at || size < 1 || Math.log2(size) % 1 !== 0 || first % size !== 0) fault(path, `row ${at} is missing or out of order`);
      if (part.cells && part.cells.length !== body.columns.length) fault(path, `row ${at} has other columns`);
      peaks.push({ size, root: part.rows ? base64(part.hash, 32) : hash(Buffer.of(0), ...part.cells.map(cellCommitment)) });
      while (peaks.length > 1 && peaks.at(-1).size === peaks.at(-2).size) {
        const [left, right] = peaks.splice(-2);
        peaks.push({ size: 2 * left.size, root: nodeHash(left.root, right.root) });
      }
      if (part.cells) csv.push(part.cells.map((cell) => (typeof cell === "string" ? "[withheld]" : cell[0] ?? "")));
      at += size;
    }
    const root = peaks.length ? peaks.map((each) => each.root).reduceRight((right, left) => nodeHash(left, right)) : hash();
    if (at !== body.rows || root.toString("hex") !== body.commitment) fault(path, "the rows are not those that were committed");
    const shown = csv.map((row) => `${row.map(quoted).join()}\n`).join("");
    if (read(path.replace(/jsonl$/, "csv")) !== shown) fault(path.replace(/jsonl$/, "csv"), "does not show these rows");
  }
});

// ---- 23: samples (sample.md) ----------------------------------------------------------------------------------------
const RECORDS = "data/log/records.jsonl";
const cell = (value) => (/^[=+\-@\t\r]/.test(value ?? "") ? `'${value}` : value ?? "");
const said = ({ index: at, actor, at: when, body }) => ({ entry: at, by: actor, at: when, ...body });
const actOf = ({ kind, body }) => ({ sample_freeze: "freeze", sample_draw: "draw", sample_result: "evaluate" })[kind] ?? body.act;
const isSample = ({ kind }) => ["sample_draw", "sample_change", "sample_result"].includes(kind);
/** The rows of the verdict file of a sample, with its hash; null where it is not here. */
function verdictsOf({ engagement, control, control_test: test }) {
  const found = index.control_tests.find((each) => each.control_id === control && each.control_test === test && engagement in each.verdicts);
  const path = `data/${found?.folder}/${found?.verdicts[engagement]}`;
  if (!files.has(path)) return null;
  const rows = csvRows(read(path.replace(/parquet$/, "csv")));
  return { sha256: files.get(path), rows, byItem: new Map(rows.map((row) => [row.item, row])) };
}
const recordedBy = (judgement, { control, control_test: test }) => new Map(judgement.body.verdicts).get(`${control}-${test}`);
function checkUnits(path, freeze, units, verdicts) {
  const [counted, left] = [new Set(), {}];
  for (const { item, system, operating_at: when, verdict, reason } of verdicts.rows) {
    const at = when && `${when.slice(0, 19)}${when.slice(19, -1) || ".000000"}Z`;
    const outside = at && !(freeze.starts_at <= at && at < freeze.ends_before);
    const out = verdict === "NOT_APPLICABLE" ? (["scope", "period"].includes(reason) ? reason : "not applicable") : outside ? "slice" : "";
    if (out) left[out] = (left[out] ?? 0) + 1;
    else counted.add(JSON.stringify([item, system, at]));
  }
  const frozen = new Set(units.map(({ item, system, at }) => JSON.stringify([cell(item), cell(system), at ?? ""])));
  if (frozen.size !== counted.size || [...frozen].some((each) => !counted.has(each))) fault(path, "its lines are not the items that count");
  return sorted(left) === sorted(Object.fromEntries(freeze.left_out));
}
function checkSample(freeze) {
  const { index: at, body } = freeze;
  const [name, folder] = [`sm-${at}`, `data/samples/sm-${at}/`];
  const wrong = (entry, what) => fault(RECORDS, `entry ${entry.index} (${name}): ${what}`);
  const judged = (number, before) => {
    const found = entries.get(number);
    return found?.kind === "judgement" && number < before && found.body.engagement === body.engagement ? found : null;
  };
  const judgement = judged(body.judgement, at);
  if (!judgement?.body.runs.some(([test, run]) => test === body.control_test && run === body.run_id)) wrong(freeze, "no judgement before it rests on its run");
  const whole = ["population.txt", "draw.json", "evaluation.json"].every((each) => files.has(folder + each));
  let [units, verdicts] = [null, null];
  if (whole) {
    const path = `${folder}population.txt`;
    const lines = read(path).split("\n");
    const order = lines.pop() === "" && lines.every((line, i) => i === 0 || Buffer.compare(Buffer.from(lines[i - 1]), Buffer.from(line)) < 0);
    const root = treeRoot(lines.map((line) => leafHash(Buffer.from(line)))).toString("hex");
    if (!order || root !== body.root || lines.length !== body.units) return fault(path, "its lines are not those that were frozen");
    [units, verdicts] = [lines, verdictsOf(body)];
    const same = judgement && verdicts?.sha256 === recordedBy(judgement, body);
    if (same && !checkUnits(path, body, unitsOf(lines, Buffer.alloc(0)), verdicts)) wrong(freeze, "counts other items as no units");
  }
  const acts = [...entries.values()].filter((each) => isSample(each) && each.body.sample === name && each.index > at);
  const agreed = ofKind("sample_agreement").filter((each) => each.body.engagement === body.engagement && each.body.control === body.control);
  const agreedBefore = (number) => agreed.findLast((each) => each.index < number);
  let [draw, seed, result, chosen] = [null, null, null, []];
  const add = (positions, why, reason) => chosen.push(...positions.map((position) => ({ position, why, ...(why === "drawn" ? {} : { reason }) })));
  const byPeople = new Set();
  const byChance = () => chosen.filter((each) => each.why !== "targeted");
  const counting = () => byChance().filter((each) => each.gone === undefined).map((each) => each.position);
  for (const act of acts) {
    const { positions } = act.body;
    if (act.kind === "sample_draw") {
      if (draw) { wrong(act, "it is drawn a second time"); continue; }
      draw = act.body;
      seed = hash(Buffer.from(["twofold-sample-1", body.engagement, body.control, body.control_test, body.root, draw.nonce, ""].join("\n")));
      if (body.nonce_sha256 !== null && body.nonce_sha256 !== hash(Buffer.from(draw.nonce)).toString("hex")) wrong(act, "the nonce has another hash");
      if (ofKind("sample_draw").some((each) => each.index < at && each.body.nonce === draw.nonce)) wrong(act, "its nonce was known at the freeze");
      if (draw.seed !== seed.toString("hex")) wrong(act, "the seed does not follow");
      if (draw.agreement !== (agreedBefore(act.index)?.index ?? null)) wrong(act, "its agreement is not the newest");
      if (["method", "by", "size"].some((each) => body[each] !== draw[each])) wrong(act, "it is not drawn as the freeze plans");
      if (units) units = unitsOf(units, seed);
      if (units && sorted(drawn(units, seed, draw)) !== sorted(positions)) wrong(act, "the units do not follow from the seed");
      add(positions, "drawn");
    } else if (actOf(act) === "target") {
      if (!positions.every((each) => Number.isInteger(each) && each >= 0 && each < body.units)) wrong(act, "it names a unit that is not there");
      add(positions, "targeted", act.body.reason);
    } else if (!draw) {
      wrong(act, "it comes before the draw");
    } else if (act.kind === "sample_change") {
      const replaces = actOf(act) === "replace";
      const taken = new Set(byChance().map((each) => each.position));
      if (replaces && !counting().includes(act.body.replaced)) { wrong(act, "what it replaces does not count"); continue; }
      if (!replaces) {
        const newest = agreedBefore(act.index);
        const planned = newest && newest.index === draw.agreement ? newest.body.extension : 0;
        if (chosen.some((each) => each.why === "extension")) wrong(act, "it is extended a second time");
        if (positions.length > planned && act.body.evidence.length === 0) wrong(act, "it is extended by more than was agreed");
      }
      if (units) {
        const like = replaces ? stratumOf(units[act.body.replaced], draw.by) : null;
        const free = units.filter((unit) => !taken.has(unit.position) && (!replaces || stratumOf(unit, draw.by) === like));
        if (sorted(firstOf(free, replaces ? 1 : positions.length)) !== sorted(positions)) wrong(act, "the units do not follow from the seed");
      }
      for (const each of byChance()) if (replaces && each.position === act.body.replaced) each.gone = act.body.reason;
      add(positions, replaces ? "replacement" : "extension", act.body.reason);
      result = null;
    } else {
      result = act;
      const { deviations, further, replaced } = act.body;
      const counted = counting();
      const left = chosen.filter((each) => each.gone !== undefined).map((each) => each.position);
      if (act.body.units !== counted.length || new Set(deviations).size !== deviations.length || !deviations.every((each) => counted.includes(each))) {
        wrong(act, "it evaluates other units than those that count");
        continue;
      }
      const mustStay = counted.filter((each) => byPeople.has(each));
      if (!mustStay.every((each) => further.includes(each)) || !further.every((each) => deviations.includes(each))) wrong(act, "it leaves out what a person found");
      const leftByPeople = left.filter((each) => byPeople.has(each));
      if (new Set(replaced).size !== replaced.length || !replaced.every((each) => left.includes(each)) || !leftByPeople.every((each) => replaced.includes(each))) {
        wrong(act, "the replaced units that it names are not those that left");
        continue;
      }
      for (const each of further) byPeople.add(each);
      for (const [more, ending] of draw.by && !units ? [] : [[[], ""], [replaced, "_with_replaced"]]) {
        const asked = { ...act.body, n: counted.length + more.length, found: deviations.length + more.length };
        const right = evaluated(asked, body.units, draw.by && strataOf(units, draw.by, [...counted, ...more]));
        const [part, of] = rate(act.body[`limit${ending}`]);
        const same = act.body[`limit_items${ending}`] === right.limit_items && act.body[`supports${ending}`] === right.supports;
        if (part * 1000n !== BigInt(right.tenths) * of || !same) wrong(act, `limit${ending} does not follow`);
      }
      const basis = judged(act.body.judgement, act.index);
      if (!basis) wrong(act, "its judgement is not here");
      else if (units && verdicts?.sha256 === recordedBy(basis, body))
        for (const each of [...counted, ...left]) {
          const { verdict } = verdicts.byItem.get(cell(units[each].item)) ?? {};
          if (verdict === "NOT_APPLICABLE" && counted.includes(each)) wrong(act, `it counts ${units[each].item}, which does not apply`);
          if (deviations.includes(each) || replaced.includes(each)) continue;
          if (verdict === undefined || ["EXCEPTION", "CANNOT_TEST"].includes(verdict)) wrong(act, `it leaves out the deviation ${units[each].item}`);
        }
    }
  }
  if (!whole) return;
  if (!draw) units = unitsOf(units, Buffer.alloc(0));
  const kept = chosen.filter((each) => each.gone === undefined);
  const gone = chosen.filter((each) => each.gone !== undefined);
  const shown = json(`${folder}draw.json`);
  const proofs = shown.chosen.map((each) => each.proof);
  const { nonce = "", method = null, by = null, size = null } = draw ?? {};
  const rightDraw = {
    sample: name, engagement: body.engagement, control: body.control, control_test: body.control_test, run_id: body.run_id,
    root: body.root, units: body.units, nonce, seed: seed?.toString("hex") ?? "", method, by, size,
    chosen: kept.map((each, i) => ({ ...each, line: units[each.position].line, proof: proofs[i] })),
    left_out: gone.map((each) => [each.position, each.gone]),
  };
  if (sorted(shown) !== sorted(rightDraw)) fault(`${folder}draw.json`, "says something else than log and frozen lines");
  else for (const { position, line, proof } of shown.chosen)
    if (rootFrom(leafHash(Buffer.from(line)), position, units.length, proof.map((each) => Buffer.from(each, "hex")))?.toString("hex") !== body.root) fault(`${folder}draw.json`, `the proof of unit ${position} leads to another root`);
  const resultsOf = (some) => verdicts && some.map(({ position }) => {
    const { item } = units[position];
    const { verdict = null, reason = null } = verdicts.byItem.get(cell(item)) ?? {};
    return { position, item, verdict, reason };
  });
  const acted = [freeze, ...acts].map((each) => ({ entry: each.index, act: actOf(each), by: each.actor, at: each.at }));
  const rightEvaluation = { sample: name, agreed: agreed.map(said), acts: acted, results: resultsOf(kept), replaced: resultsOf(gone), evaluation: result && said(result) };
  if (sorted(json(`${folder}evaluation.json`)) !== sorted(rightEvaluation)) fault(`${folder}evaluation.json`, "says something else than log and verdicts");
}
/** What the log leaves to be asked of a sample (sample.md, "What is left to be asked"). */
function doubtsOf(freeze, freezes) {
  const idOf = (each) => `sm-${each.index}`;
  const acts = (each, kind) => [...entries.values()].filter((act) => act.kind === kind && act.body.sample === idOf(each) && act.index > each.index);
  const drawOf = (each) => acts(each, "sample_draw")[0];
  const stateOf = (each) => {
    const changed = acts(each, "sample_change").filter((act) => actOf(act) !== "target").at(-1)?.index ?? 0;
    const results = drawOf(each) ? acts(each, "sample_result") : [];
    return { evaluated: results.length > 0, result: results.findLast((act) => act.index > changed) };
  };
  const overlap = (one, two) => one.body.starts_at < two.body.ends_before && two.body.starts_at < one.body.ends_before;
  const about = freezes.filter((each) => ["engagement", "control", "control_test"].every((name) => each.body[name] === freeze.body[name]));
  const [same, drawnAt, found] = [about.filter((each) => overlap(each, freeze)), drawOf(freeze)?.index, []];
  const before = same.filter((each) => drawnAt === undefined || each.index < drawnAt);
  if (before.length > 1) found.push(`frozen ${before.length} times: ${before.map(idOf).join(", ")}; drawn: ${before.filter(drawOf).map(idOf).join(", ")}`);
  for (const each of same) if (each !== freeze && drawOf(each) && !stateOf(each).evaluated) found.push(`never evaluated: ${idOf(each)}`);
  let agreed, rates;
  for (const { index: at, body } of ofKind("sample_agreement"))
    if (body.engagement === freeze.body.engagement && body.control === freeze.body.control) {
      agreed = agreed === undefined || drawnAt === undefined || at < drawnAt ? body.size : Math.max(agreed, body.size);
      if (at < drawnAt) rates = body;
    }
  if (agreed !== undefined) {
    const asked = Math.min(agreed, freeze.body.units + (Object.fromEntries(freeze.body.left_out).slice ?? 0));
    const rank = (each) => (stateOf(each).result ? 0 : drawOf(each) ? 1 : 2);
    const slices = [freeze];
    for (const each of [...about].sort((one, two) => rank(one) - rank(two) || two.index - one.index))
      if (!slices.some((one) => overlap(one, each))) slices.push(each);
    const planned = slices.reduce((sum, { body }) => sum + body.size, 0);
    const evaluated = slices.reduce((sum, each) => sum + (stateOf(each).result?.body.units ?? 0), 0);
    if (planned < asked) found.push(`planned ${planned} of ${agreed} agreed`);
    if (stateOf(freeze).result && evaluated < asked) found.push(`evaluated ${evaluated} of ${agreed} agreed`);
  }
  const evaluation = stateOf(freeze).result?.body;
  if (evaluation && !rates) found.push(`by ${evaluation.confidence}%, ${evaluation.tolerable}%; nothing agreed before the draw`);
  if (rates && evaluation) {
    // Units times the expected percent, in millionths of a percent, rounded up to a whole unit.
    const [whole, part = ""] = rates.expected.split(".");
    const most = (BigInt(whole + part.padEnd(6, "0")) * BigInt(evaluation.units) + 99999999n) / 100000000n;
    if (rates.confidence !== evaluation.confidence || rates.tolerable !== evaluation.tolerable || BigInt(evaluation.planned) > most)
      found.push(`by ${evaluation.confidence}%, ${evaluation.tolerable}%, ${evaluation.planned}; agreed before the draw: ${rates.confidence}%, ${rates.tolerable}%, ${most}`);
  }
  return found;
}
step(23, "samples", () => {
  const freezes = ofKind("sample_freeze");
  const withheld = new Set(files.has("data/withheld.json") ? json("data/withheld.json").left_out : []);
  const right = freezes.map(({ index: at, body }) => ({
    id: `sm-${at}`, engagement: body.engagement, control_id: body.control, control_test: body.control_test, folder: `samples/sm-${at}`,
  }));
  if (sorted(index.samples ?? []) !== sorted(right)) fault("data/package.json", "names other samples than the log freezes");
  const expected = new Set(right.flatMap(({ folder }) => ["population.txt", "draw.json", "evaluation.json"].map((name) => `${folder}/${name}`)));
  for (const path of below("data/samples/")) if (!expected.has(path.slice(5))) fault(path, "belongs to no sample that the log freezes");
  for (const path of expected) if (!files.has(`data/${path}`) && !withheld.has(path)) fault(`data/${path}`, "is missing");
  for (const entry of [...entries.values()].filter(isSample))
    if (!right.some(({ id }) => id === entry.body.sample && Number(id.slice(3)) < entry.index)) fault(RECORDS, `entry ${entry.index}: ${entry.body.sample} is not frozen before it`);
  for (const freeze of freezes) checkSample(freeze);
  for (const freeze of freezes) for (const doubt of doubtsOf(freeze, freezes)) console.log(`note: sm-${freeze.index}: ${doubt}`);
});
process.exit(failed ? 1 : 0);
