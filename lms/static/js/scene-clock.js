/* Counts down what the server said is left of a timed scene. It decides nothing: the server does, by its own clock.
   Twenty seconds before the end it says so once, so that there is time to take more. */
(() => {
  "use strict";
  const clock = document.getElementById("scene-clock");
  const said = document.getElementById("scene-clock-said");
  if (!clock || !said) return;
  const shown = clock.querySelector("[role=timer]");
  const total = Number(clock.dataset.left);
  const began = performance.now();
  let warned = false;
  const tick = () => {
    const left = Math.max(0, Math.ceil(total - (performance.now() - began) / 1000));
    if (left <= 20 && !warned) {
      warned = true;
      said.textContent = clock.dataset.soon;
    }
    if (left === 0) {
      shown.textContent = said.textContent = clock.dataset.over;
      return;
    }
    shown.textContent = clock.dataset.many.replace("{num}", String(left));
    setTimeout(tick, 1000);
  };
  tick();
})();
