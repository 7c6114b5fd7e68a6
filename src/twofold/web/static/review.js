// Keys for deciding: j and k (or the arrows) go from pair to pair, a r m decide, e writes the reason, x chooses.
// The page works without it: every key does what a field of the form does.
"use strict";
(() => {
  const rows = [...document.querySelectorAll("[data-pair]")];
  if (!rows.length) return;
  const said = document.querySelector("[data-said]");
  const chosen = document.querySelector("[data-chosen]");
  let at = -1;

  const part = (row, name) => row.querySelector(`[data-part="${name}"]`);
  const count = () => {
    if (chosen) chosen.textContent = String(rows.filter((row) => part(row, "chosen")?.checked).length);
  };
  const go = (to) => {
    if (to < 0 || to >= rows.length) return;
    if (at >= 0) rows[at].classList.remove("at");
    at = to;
    rows[at].classList.add("at");
    part(rows[at], "decision")?.focus();
    rows[at].scrollIntoView({ block: "nearest" });
  };
  const decide = (value) => {
    const field = at >= 0 && part(rows[at], "decision");
    if (!field) return;
    field.value = value;
    if (said) said.textContent = `${rows[at].dataset.pair}: ${value}`;
    part(rows[at], "reason")?.focus();
  };
  const keys = {
    j: () => go(at + 1), ArrowDown: () => go(at + 1),
    k: () => go(at - 1), ArrowUp: () => go(at - 1),
    a: () => decide("approve"), r: () => decide("revoke"), m: () => decide("modify"),
    e: () => at >= 0 && part(rows[at], "reason")?.focus(),
    x: () => {
      const box = at >= 0 && part(rows[at], "chosen");
      if (box) { box.checked = !box.checked; count(); }
    },
  };
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (field.matches("input[type=text], input[type=search], textarea")) {
      if (event.key === "Escape") { field.blur(); go(at); }
      return;
    }
    if (field.matches("select") && !field.matches('[data-part="decision"]')) return;
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  rows.forEach((row, number) => row.addEventListener("focusin", () => {
    if (at >= 0) rows[at].classList.remove("at");
    at = number;
    row.classList.add("at");
  }));
  document.addEventListener("change", count);
  count();
})();
