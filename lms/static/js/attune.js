// Small conveniences. Every page works without this file.

// Tree tables: rows carry data-level; a toggle appears on rows that have rows beneath them.
for (const table of document.querySelectorAll("table.tree")) {
  const rows = [...table.tBodies[0].rows];
  const openTo = Number(table.dataset.openTo || 2);
  const levelOf = (row) => Number(row.dataset.level);
  const closed = new Set();
  const show = () => {
    let hiddenBelow = Infinity;
    for (const row of rows) {
      const level = levelOf(row);
      if (level <= hiddenBelow) hiddenBelow = Infinity;
      row.hidden = level > hiddenBelow;
      if (hiddenBelow === Infinity && closed.has(row)) hiddenBelow = level;
    }
  };
  rows.forEach((row, at) => {
    const label = row.cells[0];
    const below = rows[at + 1];
    if (!below || levelOf(below) <= levelOf(row)) {
      label.querySelector(".tree-name")?.classList.add("leaf");
      return;
    }
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.className = "tree-toggle";
    toggle.setAttribute("aria-label", row.dataset.toggle);
    if (levelOf(row) >= openTo) closed.add(row);
    toggle.setAttribute("aria-expanded", String(!closed.has(row)));
    toggle.addEventListener("click", () => {
      closed.has(row) ? closed.delete(row) : closed.add(row);
      toggle.setAttribute("aria-expanded", String(!closed.has(row)));
      show();
    });
    label.prepend(toggle);
  });
  table.classList.add("live");
  show();
}

// Forms marked data-unsaved say so while something has been changed, and the browser asks before leaving.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  const said = document.createElement("p");
  said.className = "saved pending";
  said.setAttribute("role", "status");
  (form.querySelector(".actions") || form).append(said);
  let changed = false;
  form.addEventListener("input", () => {
    changed = true;
    said.textContent = form.dataset.unsaved;
  });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// A file that would be refused for its size is refused before it travels.
for (const input of document.querySelectorAll("input[type=file][data-most]")) {
  input.addEventListener("change", () => {
    const tooLarge = [...input.files].some((file) => file.size > Number(input.dataset.most));
    input.setCustomValidity(tooLarge ? input.dataset.tooLarge : "");
    if (tooLarge) input.reportValidity();
  });
}

// Work that goes on beside the page: how far it is is looked up again, for ten minutes; once it is done, the page shows what came of it.
const going = document.querySelector("[data-going]");
if (going) {
  let left = 200;
  const look = async () => {
    if (!document.hidden) {
      left -= 1;
      const answer = await fetch(location.href).catch(() => null); // no connection: the next look may have one
      if (answer?.ok) {
        const now = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-going]");
        if (!now) return location.reload();
        going.replaceChildren(...now.childNodes);
      }
    }
    if (left) setTimeout(look, 3000);
  };
  setTimeout(look, 2000);
}

// A list of errors takes the focus, so that it is read first.
document.querySelector(".summary[tabindex]")?.focus();
