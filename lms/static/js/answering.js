/* The form of the page: an answer of a test is saved the moment it is given; every other form is sent by its button without leaving
   the page before the server has it. What cannot be sent waits in the queue, and the page says so. */

import { find, forget, keep, newKey, own, person, post, send, sendAll, slotOf, whoIsThere } from "./queue.js";

const SOON = 3000;
const LATE = 10000;
const WRITING = 700;
const NOT_ANSWER = new Set(["csrf_token", "key", "item", "language", "scene", "turn", "press"]);

const state = document.getElementById("saved-state");
const form = document.getElementById("answer");
const dialog = document.getElementById("sign-in-again");
const handOver = document.getElementById("hand-over");
const saves = form?.dataset.save === "yes";
const kept = Boolean(form && (form.elements.namedItem("item") || form.elements.namedItem("scene")));

const show = (kind, text) => {
  if (!state) return;
  state.className = `saved ${kind}`;
  state.textContent = text;
};

const fields = () => [...new FormData(form).entries()].filter(([name, value]) => typeof value === "string" && name !== "csrf_token" && name !== "key");
const given = () => fields().filter(([name, value]) => !NOT_ANSWER.has(name) && value.trim() !== "");
const isEmpty = () => given().length === 0;
const answers = form ? [...form.elements].filter((field) => field.name && !NOT_ANSWER.has(field.name)) : [];

/* What a field held when the server sent the page, whatever the browser has put into it since. */
const sent = (field) => {
  if (field.type === "radio" || field.type === "checkbox") return field.defaultChecked ? field.value : "";
  if (field.options) return [...field.options].find((one) => one.defaultSelected)?.value || "";
  return field.defaultValue ?? "";
};
const alike = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const item = () => ["item", "scene", "turn"].map((name) => form.elements.namedItem(name)?.value || "").join(" ").trim();

const fill = (entry) => {
  const values = new Map();
  for (const [name, value] of entry.fields) values.set(name, [...(values.get(name) || []), value]);
  for (const field of answers) {
    const mine = values.get(field.name) || [];
    if (field.type === "radio" || field.type === "checkbox") field.checked = mine.includes(field.value);
    else field.value = mine.shift() || "";
  }
  form.dispatchEvent(new Event("filled"));
};

// --- signing in over the page --------------------------------------------------------------------------------------------

let whenBack = () => {};

const askToSignIn = (after) => {
  whenBack = after;
  show("failed", state?.dataset.asleep);
  if (!dialog || dialog.open) return;
  dialog.showModal();
};

if (dialog) {
  const asking = dialog.querySelector("form");
  const fault = dialog.querySelector(".error");
  asking.addEventListener("submit", async (event) => {
    event.preventDefault();
    fault.hidden = true;
    try {
      await whoIsThere(); // a fresh token for this form
      const { status, said } = await post(asking.action, [["name", asking.elements.namedItem("name").value], ["password", asking.elements.password.value]]);
      if (status !== 200) throw new Error(said.error || "");
      asking.elements.password.value = "";
      if (String(said.person) !== person) return void location.assign("/"); // somebody else: their own first page
      await whoIsThere();
      dialog.close();
      whenBack();
    } catch (error) {
      fault.textContent = error.name === "Error" && error.message ? error.message : state.dataset.offline;
      fault.hidden = false;
    }
  });
  dialog.querySelector("button.later").addEventListener("click", () => dialog.close());
}

// --- the bar at the foot: a double click is one click, even when the next page has its button in the same place ---------

document.querySelector(".player-bar")?.addEventListener("click", (event) => {
  if (event.detail > 1) event.preventDefault();
}, true);

// --- the answer on this page ---------------------------------------------------------------------------------------------

const slot = form ? slotOf(form.getAttribute("action"), item()) : null;
let onServer = answers.map((field) => [field.name, sent(field)]).filter(([, value]) => value.trim() !== "");
let waiting = null;
let pause = SOON;
let newest = 0;
let tail = Promise.resolve();
let flight = null;
let leaving = false;

const goOn = (said) => {
  leaving = true;
  location.assign(said.next || form.dataset.next || location.href);
};

/* Give what is filled in to the server, after what was given before it. Gives true when the server has it or will never take it. */
const deliver = (then, pressed = []) => {
  const values = [...given(), ...pressed];
  if (flight && alike(flight.values, values)) return flight.arrival; // pressing Next while the choice is on its way
  const own = { values, arrival: null };
  flight = own;
  own.arrival = deliverNow(values, then, pressed).finally(() => { if (flight === own) flight = null; });
  return own.arrival;
};

const deliverNow = async (values, then, pressed) => {
  clearTimeout(waiting);
  const mine = ++newest;
  show("pending", state.dataset.saving);
  const old = kept ? await find(slot) : null;
  const same = old && !old.draft && alike(old.fields, [...fields(), ...pressed]); // sent before, perhaps in vain: the key says that it is the same
  const entry = same ? old : { slot, person, action: form.getAttribute("action"), fields: [...fields(), ...pressed], key: newKey(), at: Date.now(), draft: !kept };
  if (kept) await keep(entry);
  return attempt(entry, values, mine, then);
};

const attempt = async (entry, values, mine, then) => {
  clearTimeout(waiting);
  tail = tail.then(() => (mine === newest ? send(entry) : { outcome: "overtaken", said: {} })).catch(() => ({ outcome: "later", said: {} }));
  const { outcome, said } = await tail;
  if (mine !== newest) return false;
  const again = () => attempt(entry, values, mine, then).then((done) => { if (done && then) then(done); });
  if (outcome === "arrived") {
    document.getElementById("problem")?.remove(); // what was missing is there now
    onServer = values;
    pause = SOON;
    show(said.note ? "pending" : "done", [said.saved, said.note].filter(Boolean).join(" ") || state.dataset.saved);
    return said;
  }
  if (outcome === "asleep") askToSignIn(again);
  else if (outcome === "other") show("failed", state.dataset.other);
  else if (outcome === "later") {
    if (!handOver?.dataset.sure) show("failed", kept ? state.dataset.failed : state.dataset.offline); // who is asked to press once more reads that to the end
    waiting = setTimeout(again, pause);
    pause = Math.min(pause * 2, LATE);
    retry = again;
  } else {
    show("failed", said.error || state.dataset.failed);
    if (outcome === "refused" && saves) return {};
  }
  return false;
};

let retry = null;
addEventListener("online", () => { if (waiting && retry) retry(); });

if (form && state) {
  let writing = null;
  const noticed = (event) => { // what is written is saved in the pauses of writing
    const slowly = event.type === "input" && event.target.matches("textarea, input:not([type=radio], [type=checkbox])");
    clearTimeout(writing);
    writing = setTimeout(changed, slowly ? WRITING : 0);
  };
  form.addEventListener("input", noticed);
  form.addEventListener("change", noticed);

  const changed = async () => {
    if (alike(given(), onServer) && !flight) return void (saves ? null : forgetDraft());
    if (!saves) { // shown again after a time-out, a switch of language or a reload; sent only by the button
      if (kept && !isEmpty()) await keep({ slot, person, action: form.getAttribute("action"), fields: fields(), key: "draft", at: Date.now(), draft: true });
      return;
    }
    if (!isEmpty()) return void deliver();
    clearTimeout(waiting); // the last tick was taken away: there is nothing to save, and nothing old must arrive later
    newest += 1;
    flight = null;
    const old = await find(slot);
    if (old) await forget(slot, old.key);
    show("", "");
  };

  const forgetDraft = async () => {
    const old = await find(slot);
    if (old?.draft) await forget(slot, old.key);
  };

  // The button: the answer first, then the way on. On a failure the page stays, and the answer with it.
  form.addEventListener("submit", async (event) => {
    if (saves && isEmpty()) return; // the server says what is missing
    event.preventDefault();
    clearTimeout(writing);
    if (leaving) return;
    const pressed = event.submitter?.name ? [[event.submitter.name, event.submitter.value]] : [];
    if (saves && !pressed.length && alike(given(), onServer)) return void goOn({});
    leaving = true;
    const said = await deliver(saves ? null : goOn, pressed);
    if (said) goOn(said);
    else leaving = false;
  });

  addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });
}

// --- what waits: of this question, and of others --------------------------------------------------------------------------

const begin = async () => {
  if (form && state && kept) {
    const old = await find(slot);
    const open = form.querySelector("input:not([type=hidden]):enabled, select:enabled, textarea:enabled");
    if (old && old.person === person) {
      if (!open) await forget(slot, old.key);
      else if (old.draft) { if (isEmpty()) fill(old); }
      else {
        fill(old);
        const mine = ++newest;
        show("failed", state.dataset.failed);
        leaving = false;
        const then = saves ? null : goOn;
        const said = await attempt(old, given(), mine, then);
        if (said && then) then(said);
      }
    }
  }
  const { arrived, waiting: left } = await sendAll(slot);
  if (arrived && document.querySelector(".review")) location.reload();
  if (left && !form) show("failed", state?.dataset.failed);
};

// --- handing the computer to somebody else ---------------------------------------------------------------------------------

handOver?.addEventListener("submit", async (event) => {
  if (handOver.dataset.sure) return;
  event.preventDefault();
  await sendAll(null).catch(() => {});
  const left = (await own()).filter((entry) => !entry.draft);
  handOver.dataset.sure = "yes";
  if (left.length && state) show("failed", handOver.dataset.warn);
  else handOver.requestSubmit();
});

// A page that comes back from the browser's memory may belong to somebody who is no longer there.
addEventListener("pageshow", async (event) => {
  if (event.persisted && (await whoIsThere().catch(() => person)) !== person) location.reload();
});

if (person) begin();
