/* Saves an answer the moment it is given. Without this script every form still works with its button.
   What could not be sent is kept in this browser for the question and sent again until the server has it. */
(() => {
  "use strict";
  const form = document.getElementById("answer");
  const state = document.getElementById("saved-state");
  if (!form || !state || form.dataset.save !== "yes") return;

  const slot = `answer:${form.action}:${form.elements.item.value}`;
  let waiting = null;
  let version = 0;

  const show = (kind, text) => {
    state.className = `saved ${kind}`;
    state.textContent = text;
  };
  const chosen = () => [...form.querySelectorAll('input[name="options"]:checked')].map((input) => input.value);
  const keep = (values) => {
    try {
      values ? sessionStorage.setItem(slot, JSON.stringify(values)) : sessionStorage.removeItem(slot);
    } catch { /* a browser without storage still has the form */ }
  };

  const send = async () => {
    clearTimeout(waiting);
    const values = chosen();
    if (!values.length) return;
    const mine = ++version;
    keep(values);
    show("pending", state.dataset.saving);
    const body = new FormData(form);
    body.set("key", `${form.elements.key.value}-${mine}`);
    try {
      const answer = await fetch(form.action, {
        method: "POST", body, headers: { "X-Requested-With": "fetch", Accept: "application/json" }, credentials: "same-origin",
      });
      const said = await answer.json().catch(() => ({}));
      if (mine !== version) return;
      if (answer.ok) {
        keep(null);
        show("done", said.saved || state.dataset.saved);
      } else if (answer.status === 401) {
        show("failed", said.error || state.dataset.failed);
        location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      } else {
        show("failed", said.error || state.dataset.failed);
        if (answer.status >= 500) waiting = setTimeout(send, 5000);
      }
    } catch {
      if (mine !== version) return;
      show("failed", state.dataset.failed);
      waiting = setTimeout(send, 5000);
    }
  };

  form.addEventListener("change", send);
  addEventListener("online", () => { if (state.classList.contains("failed")) send(); });

  // An answer that did not reach the server before a reload or sign-in is put back and sent.
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(slot) || "null"); } catch { /* nothing kept */ }
  if (Array.isArray(kept) && kept.length) {
    form.querySelectorAll('input[name="options"]').forEach((input) => { input.checked = kept.includes(input.value); });
    send();
  }
})();
