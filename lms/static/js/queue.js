/* What could not be sent yet: kept in this browser (IndexedDB), for the person who gave it, until the server has it.
   An entry is {slot, person, action, fields: [[name, value]], key, at, draft}. There is one for each question of each person: a
   newer answer takes the place of one that was not sent yet. `at` is only ever subtracted from the same clock, so a wrong clock
   does no harm. Drafts are what was filled in but not sent off; they are shown again, and never sent by themselves. */

const PATIENCE = 20000;
const KEPT = 14 * 24 * 3600 * 1000;
const memory = new Map(); // where a browser offers no storage, the page itself still remembers

export const person = document.body.dataset.person || "";

const opened = new Promise((resolve) => {
  try {
    const asked = indexedDB.open("attune", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("queue", { keyPath: "slot" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = asked.onblocked = () => resolve(null);
  } catch { resolve(null); }
});

const inStore = async (mode, work) => {
  const database = await opened;
  if (!database) return null;
  return new Promise((resolve, reject) => {
    const change = database.transaction("queue", mode);
    const asked = work(change.objectStore("queue"));
    change.oncomplete = () => resolve(asked ? asked.result : null);
    change.onabort = change.onerror = () => reject(change.error);
  });
};

export const slotOf = (action, item) => `${person}|${action}|${item}`;

export const keep = async (entry) => {
  memory.set(entry.slot, entry);
  try { await inStore("readwrite", (store) => store.put(entry)); } catch { /* memory has it */ }
};

/* Forget an entry that has arrived; a newer one, from this or another tab, stays. */
export const forget = async (slot, key) => {
  if (memory.get(slot)?.key === key) memory.delete(slot);
  try {
    await inStore("readwrite", (store) => {
      const asked = store.get(slot);
      asked.onsuccess = () => { if (asked.result && asked.result.key === key) store.delete(slot); };
    });
  } catch { /* it is sent again, and its key says that it is the same */ }
};

export const find = async (slot) => (await inStore("readonly", (store) => store.get(slot)).catch(() => null)) || memory.get(slot) || null;

/* Everything of the person who is signed in, in the order in which it was given. What is older than two weeks is forgotten. */
export const own = async () => {
  const stored = (await inStore("readonly", (store) => store.getAll()).catch(() => null)) || [...memory.values()];
  for (const old of stored.filter((entry) => Date.now() - entry.at > KEPT)) await forget(old.slot, old.key);
  return stored.filter((entry) => entry.person === person && Date.now() - entry.at <= KEPT).sort((one, other) => one.at - other.at);
};

export const newKey = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const token = () => document.querySelector('input[name="csrf_token"]')?.value || "";

/* Who is signed in now; the tokens of this page's forms are renewed unless it is somebody else. */
export const whoIsThere = async () => {
  const answer = await fetch(document.body.dataset.session, { headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  const said = await answer.json();
  if (["", person].includes(String(said.person ?? ""))) for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = said.token;
  return String(said.person ?? "");
};

export const post = async (action, fields) => {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  body.set("csrf_token", token());
  const answer = await fetch(action, {
    method: "POST", body, credentials: "same-origin", headers: { "X-Requested-With": "fetch", Accept: "application/json" },
    signal: AbortSignal.timeout(PATIENCE),
  });
  return { status: answer.status, said: await answer.json().catch(() => ({})) };
};

/* Send one entry. Gives {outcome, said}: arrived | refused (it will never be taken) | later (no connection, or the server is busy) |
   asleep (signed out) | other (somebody else is signed in). Whatever has arrived or was refused is forgotten. */
export const send = async (entry, again = false) => {
  let answer;
  try {
    if (entry.person !== person) return { outcome: "other", said: {} };
    answer = await post(entry.action, [...entry.fields, ["key", entry.key], ["age", String(Math.max(0, Date.now() - entry.at))]]);
  } catch { return { outcome: "later", said: {} }; }
  const { status, said } = answer;
  if (status >= 200 && status < 300) {
    await forget(entry.slot, entry.key);
    return { outcome: "arrived", said };
  }
  if ([400, 401, 404, 419].includes(status)) { // signed out, or somebody else is signed in, or an old token
    let there;
    try { there = await whoIsThere(); } catch { return { outcome: "later", said }; }
    if (there === "") return { outcome: "asleep", said };
    if (there !== person) return { outcome: "other", said };
    if (status !== 404) return again ? { outcome: "later", said } : send(entry, true);
  }
  if (status === 0 || status === 408 || status === 429 || status >= 500) return { outcome: "later", said };
  if (status !== 422) await forget(entry.slot, entry.key);
  return { outcome: status === 422 ? "wrong" : "refused", said };
};

/* Send what waits from other pages. Gives how many arrived and how many still wait. */
export const sendAll = async (except) => {
  let arrived = 0;
  let waiting = 0;
  let stopped = false;
  for (const entry of await own()) {
    if (entry.draft || entry.slot === except) continue;
    const outcome = stopped ? "later" : (await send(entry)).outcome;
    if (outcome === "arrived") arrived += 1;
    else if (outcome === "wrong") await forget(entry.slot, entry.key);
    else if (outcome !== "refused") { waiting += 1; stopped = true; }
  }
  return { arrived, waiting };
};
