// The form of a requirement: parts come and go without a new page, long lists can be searched. Without this file every button works.

const form = () => document.getElementById("requirement");

function prepare(root) {
  for (const button of root.querySelectorAll("[data-without-script]")) button.hidden = true;
  for (const list of root.querySelectorAll("[data-search]")) {
    const label = document.createElement("label");
    const field = document.createElement("input");
    field.type = "search";
    field.addEventListener("input", () => {
      const wanted = field.value.toLocaleLowerCase();
      for (const row of list.children) row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
    });
    field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    label.className = "small";
    label.append(list.dataset.search, field);
    list.before(label);
  }
}

async function send(submitter, verb) {
  const old = form();
  const data = new FormData(old);
  data.set("do", verb);
  const opened = [...old.querySelectorAll("details")].map((each) => each.open);
  const answer = await fetch(old.action, { method: "POST", body: data });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("requirement");
  if (!fresh) return false;
  const [, place] = answer.url.split("#");
  old.replaceWith(fresh);
  const there = [...fresh.querySelectorAll("details")];
  if (there.length === opened.length) there.forEach((each, at) => { each.open = each.open || opened[at]; });
  history.replaceState(null, "", answer.url.split("#")[0]);
  prepare(fresh);
  const target = verb.startsWith("add:")
    ? added(fresh, verb.slice(4))
    : document.getElementById(place || submitter.id || "") || document.getElementById(`new-${verb.slice(7).replace(/\.\d+$/, "")}`);
  target?.focus();
  return true;
}

// The part that was just added is the last of its group; its first field takes the focus.
function added(root, group) {
  const own = [...root.querySelectorAll("li.part")].filter((each) => each.id.replace(/\.\d+$/, "") === `f-${group}`);
  const last = own.at(-1);
  return last?.querySelector("select, input:not([type=hidden])") || last;
}

function stay(event, submitter, verb) {
  event.preventDefault();
  send(submitter, verb).then((done) => { if (!done) form().submit(); }, () => form().submit());
}

document.addEventListener("submit", (event) => {
  const verb = event.submitter?.value || "";
  if (event.target === form() && /^(add|remove):/.test(verb)) stay(event, event.submitter, verb);
});
document.addEventListener("change", (event) => {
  if (event.target.closest("#requirement") && event.target.matches("[data-live]")) stay(event, event.target, "refresh");
});
prepare(document);
