/* Saves an answer the moment it is given. Without this script every form still works with its button.
   What could not be sent is kept in this tab and sent again until the server has it: after a reload, when the connection is back,
   and after signing in again. Only answers to a test (data-save="yes") are saved this way. */
(() => {
  "use strict";
  const PREFIX = "answer:";
  const SOON = 3000;
  const LATE = 10000;
  const PATIENCE = 20000;

  const state = document.getElementById("saved-state");
  const form = document.getElementById("answer");
  const saves = Boolean(form && state && form.dataset.save === "yes");

  // --- what this tab keeps: {action, item, values} under the address and the item -------------------------------------

  const store = {
    read(slot) {
      try { return JSON.parse(sessionStorage.getItem(slot) || "null"); } catch { return null; }
    },
    write(slot, value) {
      try {
        if (value) sessionStorage.setItem(slot, JSON.stringify(value));
        else sessionStorage.removeItem(slot);
      } catch { /* a browser without storage still has the form */ }
    },
    slots() {
      try { return Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX)); } catch { return []; }
    },
  };

  const show = (kind, text) => {
    if (!state) return;
    state.className = `saved ${kind}`;
    state.textContent = text;
  };

  const post = async (action, body) => {
    const answer = await fetch(action, {
      method: "POST", body, headers: { "X-Requested-With": "fetch", Accept: "application/json" }, credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE),
    });
    return { status: answer.status, ok: answer.ok, said: await answer.json().catch(() => ({})) };
  };

  // --- the bar at the foot: a double click is one click, even when the next page has its button in the same place -----

  document.querySelector(".player-bar")?.addEventListener("click", (event) => {
    if (event.detail > 1) event.preventDefault();
  }, true);

  // --- the other forms: nothing is sent into the void ------------------------------------------------------------------

  if (form && state && !saves) {
    form.addEventListener("submit", (event) => {
      if (navigator.onLine) return;
      event.preventDefault();
      show("failed", state.dataset.offline);
    });
    addEventListener("online", () => show("", ""));
  }

  // --- answers kept on another page of the same tab ---------------------------------------------------------------------

  const sendOthers = async (own) => {
    const token = document.querySelector('input[name="csrf_token"]')?.value;
    let arrived = 0;
    for (const slot of store.slots()) {
      const kept = slot === own ? null : store.read(slot);
      if (!kept || !token) continue;
      const body = new FormData();
      body.set("csrf_token", token);
      body.set("item", kept.item);
      body.set("key", kept.key);
      kept.values.forEach((pair) => body.append(...(Array.isArray(pair) ? pair : ["options", pair])));
      try {
        const { ok, status } = await post(kept.action, body);
        if (ok) arrived += 1;
        if (ok || status === 409 || status === 422) store.write(slot, null);
      } catch { return arrived; }
    }
    return arrived;
  };

  if (!saves) {
    if (state && document.querySelector(".review")) sendOthers(null).then((arrived) => { if (arrived) location.reload(); });
    return;
  }

  // --- the answer on this page ------------------------------------------------------------------------------------------

  const asked = form.elements.namedItem("item").value; // (elements.item is a method)
  const slot = `${PREFIX}${form.getAttribute("action")}:${asked}`;
  // What is filled in, as [name, value] pairs; and what the server had filled in when it sent the page.
  const OURS = ["csrf_token", "item", "key"];
  const chosen = () => [...new FormData(form)].filter(([name, value]) => !OURS.includes(name) && value.trim() !== "");
  const fields = [...form.elements].filter((field) => field.name && !OURS.includes(field.name));
  const sent = (field) => {
    if (field.type === "radio" || field.type === "checkbox") return field.defaultChecked ? field.value : "";
    if (field.options) return [...field.options].find((option) => option.defaultSelected)?.value || "";
    return field.defaultValue;
  };
  const fill = (pairs) => {
    const has = (name, value) => pairs.some((pair) => pair[0] === name && pair[1] === value);
    for (const field of fields) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = has(field.name, field.value);
      else field.value = pairs.find((pair) => pair[0] === field.name)?.[1] || "";
    }
    form.dispatchEvent(new Event("filled"));
  };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  let onServer = fields.map((field) => [field.name, sent(field)]).filter((pair) => pair[1] !== "");
  let typing = null;
  let changes = 0;
  let pause = SOON;
  let waiting = null;
  let leaving = false;
  let tail = Promise.resolve();
  let flight = null;

  /* Send what is chosen, after what was sent before, so that the last choice is the last to arrive.
     Gives true when the server has it, or will never take it (the attempt has been handed in). */
  const send = () => {
    const values = chosen();
    if (flight && same(flight.values, values)) return flight.arrival; // pressing Next while the choice is on its way
    const own = { values, arrival: null };
    flight = own;
    own.arrival = deliver(values).finally(() => { if (flight === own) flight = null; });
    return own.arrival;
  };

  const deliver = async (values) => {
    clearTimeout(waiting);
    const mine = ++changes;
    const key = `${form.elements.namedItem("key").value}-${mine}`;
    store.write(slot, { action: form.getAttribute("action"), item: asked, values, key });
    show("pending", state.dataset.saving);
    const body = new FormData(form);
    body.set("key", key);
    const unsent = { status: 0, ok: false, said: {} };
    tail = tail.then(() => (mine === changes ? post(form.action, body) : unsent)).catch(() => unsent);
    const answer = await tail;
    if (mine !== changes) return false;
    if (answer.ok) {
      onServer = values;
      pause = SOON;
      store.write(slot, null);
      show("done", answer.said.saved || state.dataset.saved);
      return true;
    }
    show("failed", answer.said.error || state.dataset.failed);
    if (answer.status === 401) {
      leaving = true;
      location.assign(form.dataset.signIn);
    } else if (answer.status === 0 || answer.status === 429 || answer.status >= 500) {
      show("failed", state.dataset.failed);
      waiting = setTimeout(send, pause);
      pause = Math.min(pause * 2, LATE);
    } else if (answer.status === 409) {
      store.write(slot, null);
      return true;
    }
    return false;
  };

  // Words are saved in the pauses of writing, too.
  form.addEventListener("input", (event) => {
    clearTimeout(typing);
    if (event.target.matches("textarea, input:not([type])")) typing = setTimeout(() => { if (chosen().length) send(); }, 1500);
  });

  form.addEventListener("change", () => {
    clearTimeout(typing);
    if (chosen().length) send();
    else { // the last tick was taken away: there is nothing to save, and nothing old must arrive later
      clearTimeout(waiting);
      changes += 1;
      flight = null;
      store.write(slot, null);
      show("", "");
    }
  });

  addEventListener("online", () => {
    if (store.read(slot)) send();
  });

  // Next: the answer first, then the way on. On a failure the page stays, and the answer with it.
  form.addEventListener("submit", async (event) => {
    if (!chosen().length || !form.dataset.next) return;
    event.preventDefault();
    if (leaving) return;
    leaving = true;
    if (same(chosen(), onServer) || await send()) location.assign(form.dataset.next);
    else leaving = false;
  });

  addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });

  const kept = store.read(slot);
  if (kept && Array.isArray(kept.values) && kept.values.length) {
    fill(kept.values.map((pair) => (Array.isArray(pair) ? pair : ["options", pair])));
    if (same(chosen(), onServer)) store.write(slot, null);
    else send();
  }
  sendOthers(slot);
})();
