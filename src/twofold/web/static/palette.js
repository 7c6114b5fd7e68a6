// The command palette: Ctrl-K, Cmd-K or "/" opens it; arrows choose, Enter goes there, Escape closes it.
// It shows what the search page shows. Without scripts the search box of the side bar does the same.
const box = document.querySelector("[data-palette]");
if (box) {
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Go to or search");
  const field = document.createElement("input");
  const list = document.createElement("div");
  const told = document.createElement("p");
  field.type = "search";
  field.placeholder = "Go to a page, a control, a system, an item\u2026";
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-label": "Go to or search", "aria-expanded": "true", "aria-controls": "palette-list",
    "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  })) field.setAttribute(name, value);
  list.id = "palette-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Found");
  told.className = "hint";
  told.setAttribute("role", "status");
  dialog.append(field, list, told);
  document.body.append(dialog);

  let options = [];
  let at = 0;
  let asked = 0;
  let timer = 0;
  let drawn = null; // the text that the list answers
  let waiting = false; // Enter was pressed before the list answered what is typed

  const choose = (number) => {
    options.forEach((each, place) => each.setAttribute("aria-selected", String(place === number)));
    at = number;
    if (options[at]) {
      field.setAttribute("aria-activedescendant", options[at].id);
      options[at].scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };

  const option = (hit, number) => {
    const line = document.createElement("a");
    line.id = `palette-${number}`;
    line.href = hit.address;
    line.tabIndex = -1;
    line.setAttribute("role", "option");
    const title = document.createElement("span");
    title.textContent = hit.title;
    const detail = document.createElement("span");
    detail.className = "soft small";
    detail.textContent = hit.detail;
    line.append(title, detail);
    return line;
  };

  const draw = (groups) => {
    list.replaceChildren();
    options = [];
    for (const group of groups) {
      const part = document.createElement("div");
      const head = document.createElement("div");
      part.setAttribute("role", "group");
      head.className = "group";
      head.id = `palette-group-${options.length}`;
      head.textContent = group.title;
      part.setAttribute("aria-labelledby", head.id);
      part.append(head);
      for (const hit of group.hits) {
        const line = option(hit, options.length);
        options.push(line);
        part.append(line);
      }
      list.append(part);
    }
    told.textContent = options.length
      ? `${options.length} found. Arrows choose, Enter opens, Escape closes.`
      : "Nothing found. Enter opens the search page.";
    choose(0);
  };

  const search = () => window.location.assign(`${box.action}?q=${encodeURIComponent(field.value)}`);

  const go = () => (options[at] ? options[at].click() : search());

  const ask = async () => {
    const mine = ++asked;
    const text = field.value.trim();
    const answer = await fetch(`${box.dataset.palette}?q=${encodeURIComponent(text)}`);
    const groups = answer.ok ? (await answer.json()).groups : null;
    if (mine !== asked) return;
    if (groups) {
      draw(groups);
      drawn = text;
    }
    if (waiting) (groups ? go : search)();
  };

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    field.select();
    ask();
  };

  document.addEventListener("keydown", (event) => {
    const writes = event.target.closest("input, textarea, select, [contenteditable]");
    const command = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    if (command || (event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && !event.altKey)) {
      event.preventDefault();
      open();
    }
  });
  field.addEventListener("input", () => {
    waiting = false;
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  field.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && options.length) {
      event.preventDefault();
      choose((at + steps[event.key] + options.length) % options.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (drawn === field.value.trim()) {
        go();
      } else {
        waiting = true;
        clearTimeout(timer);
        ask();
      }
    }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
