/* Where the reader is and how long they have been at it. Active time is time with the page in view and something done within the last
   minute, by the browser's stopwatch (which nobody can set), reported twice a minute; the server holds it to what can be true. */

import { post } from "./queue.js";

const IDLE = 60000;
const EVERY = 30000;
const SETTLED = 1500;

const target = document.body.dataset.beat;
const state = document.getElementById("saved-state");
const blocks = [...document.querySelectorAll('.prose > [id^="block-"], .prose > [lang] > [id^="block-"]')];

let active = 0;
let lastDone = performance.now();
let lastTick = performance.now();
let told = document.body.dataset.block || "";
let settling = null;
let first = true;

for (const event of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll", "input", "timeupdate"]) {
  addEventListener(event, () => { lastDone = performance.now(); }, { passive: true, capture: true });
}

const tick = () => {
  const now = performance.now();
  if (document.visibilityState === "visible" && now - lastDone < IDLE) active += Math.min(now - lastTick, 2000);
  lastTick = now;
};

/* The block at the upper third of the window: the last one that begins above that line. */
const here = () => {
  const line = innerHeight / 3;
  let found = "";
  for (const block of blocks) {
    if (block.getBoundingClientRect().top > line) break;
    found = block.id;
  }
  return found || (blocks.length ? blocks[0].id : "");
};

const beat = async (hurry) => {
  tick();
  const seconds = Math.floor(active / 1000);
  const block = here();
  if (!first && seconds === 0 && block === told) return; // nobody is there: the session may run out as it should
  first = false;
  active -= seconds * 1000;
  if (hurry) {
    const body = new FormData();
    body.set("csrf_token", document.querySelector('input[name="csrf_token"]')?.value || "");
    body.set("seconds", String(seconds));
    body.set("block", block);
    navigator.sendBeacon(target, body);
    told = block;
    return;
  }
  try {
    const { status, said } = await post(target, [["seconds", String(seconds)], ["block", block]]);
    if (status !== 200) throw new Error();
    if (block && block !== told && said.saved && blocks.length) {
      state.className = "saved done";
      state.textContent = said.saved;
    }
    told = block;
  } catch { /* what was not received does not count: too little rather than too much */ }
};

if (target) {
  if (blocks.length) state?.setAttribute("aria-live", "off"); // nobody wants to hear the place at every turn
  const asked = performance.getEntriesByType("navigation")[0]?.type;
  if (told && !location.hash && asked === "navigate" && told !== "block-1") document.getElementById(told)?.scrollIntoView({ block: "start", behavior: "instant" });
  beat(false); // from here on time can count
  setInterval(tick, 1000);
  setInterval(() => beat(false), EVERY);
  addEventListener("scroll", () => {
    clearTimeout(settling);
    settling = setTimeout(() => { if (here() !== told) beat(false); }, SETTLED);
  }, { passive: true });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") beat(true); });
  // A switch of language comes back to the same block: translations have their blocks in the same order.
  for (const form of document.querySelectorAll("form.language")) {
    form.addEventListener("submit", () => {
      const block = here();
      const next = form.elements.namedItem("next");
      if (block && next) next.value = `${next.value.split("#")[0]}#${block}`;
    });
  }
}
