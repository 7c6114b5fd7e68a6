// The arithmetic of samples: order, draw, limits, proofs. Written from docs/formats/sample.md alone, for verify_package.mjs.
import { hash, nodeHash } from "./forms.mjs";

const byBytes = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other));
/** A unit: its line, its key in the order of the draw, and what the line says. */
export const unitsOf = (lines, seed) =>
  lines.map((line, position) => {
    const [item, system, at] = JSON.parse(line);
    return { position, line, item, system, at, key: hash(seed, Buffer.from(line)) };
  });
export const stratumOf = (unit, by) => (by === "system" ? unit.system : by === "month" ? (unit.at?.slice(0, 7) ?? "no date") : "");
/** [items, units] of each stratum, where the units stand at some positions. */
export function strataOf(units, by, positions) {
  const strata = new Map();
  for (const unit of units) {
    const [items, seen] = strata.get(stratumOf(unit, by)) ?? [0, 0];
    strata.set(stratumOf(unit, by), [items + 1, seen + (positions.includes(unit.position) ? 1 : 0)]);
  }
  return [...strata.values()];
}
/** The first of some units in the order of the draw, by position. */
export const firstOf = (units, count) => [...units].sort((a, b) => Buffer.compare(a.key, b.key)).slice(0, count).map((unit) => unit.position);

export function drawn(units, seed, { method, by, size }) {
  const count = BigInt(units.length);
  if (method === "random") return firstOf(units, size);
  if (method === "systematic") {
    const start = BigInt(`0x${seed.toString("hex")}`) % count;
    return Array.from({ length: size }, (_, place) => Number((start + BigInt(place) * count) / BigInt(size)));
  }
  if (method !== "stratified") throw new Error(`unknown method ${method}`);
  const strata = new Map();
  for (const unit of units) strata.set(stratumOf(unit, by), [...(strata.get(stratumOf(unit, by)) ?? []), unit]);
  const shares = [...strata.keys()].sort(byBytes).map((name) => ({ units: strata.get(name), given: size >= strata.size ? 1 : 0 }));
  for (let left = size - shares.reduce((sum, { given }) => sum + given, 0); left > 0; left--) {
    const open = shares.filter((each) => each.given < each.units.length);
    const worth = (each) => [BigInt(each.units.length), BigInt(2 * each.given + 1)];
    const best = open.reduce((one, other) => (worth(other)[0] * worth(one)[1] > worth(one)[0] * worth(other)[1] ? other : one));
    best.given += 1;
  }
  return shares.flatMap((each) => firstOf(each.units, each.given));
}

// ---- The evaluation, in whole numbers -----------------------------------------------------------------------------
function choose(n, k) {
  let ways = 1n;
  if (k < 0 || k > n) return 0n;
  for (let each = 1n; each <= BigInt(k); each++) ways = (ways * (BigInt(n) - BigInt(k) + each)) / each;
  return ways;
}
const sumTo = (most, term) => Array.from({ length: most + 1 }, (_, at) => term(at)).reduce((sum, each) => sum + each, 0n);
/** Decimal percent as a fraction of whole numbers. */
export function rate(percent) {
  const [, whole, parts = ""] = /^(\d{1,3})(?:\.(\d{1,6}))?$/.exec(percent) ?? [];
  if (whole === undefined) throw new Error(`no percent: ${percent}`);
  return [BigInt(whole + parts), 100n * 10n ** BigInt(parts.length)];
}
/** Whether P(X <= found) is at most the risk: X binomial with n trials and a rate [part, whole]. */
function within(found, n, [part, whole], [riskPart, riskWhole]) {
  const ways = sumTo(found, (k) => choose(n, k) * part ** BigInt(k) * (whole - part) ** BigInt(n - k));
  return ways * riskWhole <= riskPart * whole ** BigInt(n);
}
/** strata: [items, units] of each, null for a sample that has none. */
export function evaluated({ n, found, confidence, tolerable }, population, strata) {
  const [sure, whole] = rate(confidence);
  const risk = [whole - sure, whole];
  const against = ([part, of]) => {
    if (found >= n) return false;
    if (!strata) return within(found, n, [part, of], risk);
    // The least mean rate of the units: (part / of - unseen / N) / max(N_h n / (N n_h)), as a fraction.
    const big = strata.map((each) => each.map(BigInt));
    const [N, units] = [BigInt(population), BigInt(n)];
    const unseen = big.reduce((sum, [items, seen]) => (seen ? sum : sum + items), 0n);
    const [items, seen] = big.filter((each) => each[1]).reduce((one, two) => (two[0] * one[1] > one[0] * two[1] ? two : one));
    const mean = [(part * N - unseen * of) * seen, of * items * units];
    if (mean[0] * units < (BigInt(found) + 1n) * mean[1]) return false;
    return within(found, n, mean, risk);
  };
  let tenths = 1000;
  for (let low = 0; tenths - low > 1; ) {
    const middle = (low + tenths) >> 1;
    if (against([BigInt(middle), 1000n])) tenths = middle;
    else low = middle;
  }
  const likely = (deviating) => strata
    ? !against([BigInt(deviating), BigInt(population)])
    : sumTo(found, (k) => choose(deviating, k) * choose(population - deviating, n - k)) * risk[1] > risk[0] * choose(population, n);
  let [items, above] = [found, population - (n - found) + 1];
  while (above - items > 1) {
    const middle = (items + above) >> 1;
    if (likely(middle)) items = middle;
    else above = middle;
  }
  return { tenths, limit_items: items, supports: against(rate(tolerable)) };
}

/** RFC 6962, 2.1.1: the root that an inclusion proof leads to, lowest sibling first; null for one of another length. */
export function rootFrom(leaf, at, count, proof) {
  let [digest, last] = [leaf, count - 1];
  for (const sibling of proof) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      digest = nodeHash(sibling, digest);
      while (at % 2 === 0 && at !== 0) [at, last] = [at >> 1, last >> 1];
    } else digest = nodeHash(digest, sibling);
    [at, last] = [at >> 1, last >> 1];
  }
  return last === 0 ? digest : null;
}

/** The rows of a CSV file as objects. */
export function csvRows(text) {
  const [rows, pattern] = [[[]], /(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])/g];
  for (const [, quoted, plain, end] of text.matchAll(pattern)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
  }
  const [header, ...others] = rows.slice(0, -1);
  return others.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at]])));
}
/** JSON with sorted keys, to compare. */
export const sorted = (value) =>
  JSON.stringify(value, (_, each) => (each && typeof each === "object" && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort()) : each));
