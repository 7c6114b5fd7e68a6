// Choosing lines of a list: j and k (or the arrows) go from line to line, x chooses, Shift and a click choose a stretch.
// The page works without it: lines are chosen by their boxes, and all that are shown by a button.
"use strict";
(() => {
  const form = document.querySelector("[data-choose]");
  const boxes = form ? [...document.querySelectorAll(`input[type=checkbox][form="${form.id}"]`)] : [];
  if (!boxes.length) return;
  const said = form.querySelector("[data-chosen]");
  const every = form.querySelector("[data-every]");
  let at = -1;
  let last = -1;

  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    form.classList.toggle("some", chosen > 0);
    said.textContent = chosen ? `(${chosen})` : "";
    every.textContent = chosen === boxes.length ? "choose none" : "choose all";
    boxes.forEach((box) => box.closest("tr").classList.toggle("chosen-row", box.checked));
  };
  const go = (to) => {
    if (to < 0 || to >= boxes.length) return;
    at = to;
    boxes[at].focus();
    boxes[at].scrollIntoView({ block: "nearest" });
  };
  const keys = {
    j: () => go(at + 1), ArrowDown: () => go(at + 1),
    k: () => go(at - 1), ArrowUp: () => go(at - 1),
    x: () => at >= 0 && boxes[at].click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    const field = event.target;
    if (field.matches("input:not([type=checkbox]), select, textarea, dialog *")) return;
    if (event.key.startsWith("Arrow") && !boxes.includes(field)) return;
    event.preventDefault();
    keys[event.key]();
  });
  boxes.forEach((box, number) => {
    box.addEventListener("focus", () => { at = number; });
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last >= 0) {
        const [low, high] = [Math.min(last, number), Math.max(last, number)];
        for (let each = low; each <= high; each += 1) boxes[each].checked = box.checked;
      }
      last = number;
      count();
    });
  });
  every.addEventListener("click", () => {
    const to = boxes.some((box) => !box.checked);
    boxes.forEach((box) => { box.checked = to; });
    count();
  });
  form.querySelector("[data-keys]").hidden = false;
  count();
})();
