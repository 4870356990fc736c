/* Puts entries into order with buttons, where there would be lists of places without this script. Each list keeps the place, so
   the form sends the same either way; the focus goes with the entry, and every move is said. */
(() => {
  "use strict";
  for (const list of document.querySelectorAll("ol.ordering")) {
    const form = list.closest("form");
    const said = list.parentElement.querySelector("[data-said]");
    const entries = () => [...list.querySelectorAll(":scope > .entry")];
    const places = (entry) => entry.querySelector("select");

    const number = () => {
      const all = entries();
      all.forEach((entry, at) => {
        places(entry).value = String(at + 1);
        entry.querySelector(".place").textContent = at + 1;
        const [up, down] = entry.querySelectorAll(".move");
        up.disabled = at === 0;
        down.disabled = at === all.length - 1;
      });
    };

    const move = (entry, by, button) => {
      const all = entries();
      const at = all.indexOf(entry) + by;
      if (at < 0 || at >= all.length) return;
      if (by < 0) list.insertBefore(entry, all[at]);
      else list.insertBefore(entry, all[at].nextSibling);
      number();
      const other = [...entry.querySelectorAll(".move")].find((each) => each !== button);
      (button.disabled ? other : button).focus();
      said.textContent = list.dataset.moved.replace("{place}", at + 1).replace("{count}", all.length);
      places(entry).dispatchEvent(new Event("change", { bubbles: true }));
    };

    list.addEventListener("click", (event) => {
      const button = event.target.closest(".move");
      if (button) move(button.closest(".entry"), Number(button.dataset.by), button);
    });

    form?.addEventListener("filled", () => {
      entries().sort((a, b) => Number(places(a).value) - Number(places(b).value)).forEach((entry) => list.append(entry));
      number();
    });

    list.classList.add("by-buttons");
    list.querySelectorAll(".place, .moves").forEach((part) => { part.hidden = false; });
    list.querySelectorAll("select").forEach((part) => { part.hidden = true; });
    number();
  }
})();
