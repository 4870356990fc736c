/* Counts along with the server's clock while an attempt lasts. It decides nothing and sends nothing: the server ends the attempt with what
   was saved. The words change once a minute; a screen reader hears of it with ten, five and one minutes left, and at the end. */

const shown = document.getElementById("time-left");
const said = document.getElementById("time-left-said");
const TOLD = [600, 300, 60];

if (shown && said) {
  const words = shown.querySelector("span");
  const total = Number(shown.dataset.left);
  const [steady, wall] = [performance.now(), Date.now()]; // a sleeping computer stops the first, a hand on the clock turns the second
  const left = () => Math.max(0, total - Math.max(performance.now() - steady, Math.min(Date.now() - wall, 12 * 3600 * 1000)) / 1000);
  let before = total;

  const phrase = (seconds) => {
    if (seconds < 60) return shown.dataset.last;
    const minutes = Math.round(seconds / 60);
    return minutes === 1 ? shown.dataset.one : shown.dataset.many.replace("{num}", String(minutes));
  };

  const tick = () => {
    const now = left();
    const text = now > 0 ? phrase(now) : shown.dataset.over;
    if (words.textContent !== text) words.textContent = text;
    shown.classList.toggle("soon", now <= 60);
    if (TOLD.some((mark) => before > mark && now <= mark) || (before > 0 && now === 0)) said.textContent = text;
    before = now;
    if (now > 0) return void setTimeout(tick, Math.min(5000, now * 1000 + 50));
    shown.querySelector(".soft").hidden = true;
    shown.querySelector("a").hidden = false;
  };

  if (total > 0) tick();
  document.addEventListener("visibilitychange", () => { if (before > 0 && document.visibilityState === "visible") tick(); });
}
