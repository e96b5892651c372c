// An answer on its way is kept on the device until the server has acknowledged it, and sent again under its own id.
// Each member of a class has an outbox of their own: nobody else's log-in shows it or sends it.
const { member, person } = document.body.dataset;
const KEY = `downhill:outbox:${member}`;
const banner = document.getElementById("banner");
const KEPT = [0, 401, 403, 408, 429]; // not an answer to what was sent; neither is any 5xx
let entries = [];
let wait = 2000;

function read() {
  try {
    entries = JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    // storage is switched off: the page itself remembers
  }
  return entries;
}

function write(changed) {
  entries = changed;
  try {
    localStorage.setItem(KEY, JSON.stringify(changed));
  } catch {
    // likewise
  }
}

function keep(entry) {
  if (!read().some(({ id }) => id === entry.id)) write([...entries, { ...entry, member, person }]);
}

function settle(id, status) {
  const entry = read().find((each) => each.id === id);
  if (!entry || KEPT.includes(status) || status >= 500) return false;
  write(entries.filter((each) => each !== entry));
  if (status < 300) document.dispatchEvent(new CustomEvent("acknowledged", { detail: entry }));
  return true;
}

function tell() {
  const isOurs = banner.dataset.says === "kept";
  if (read().length) {
    banner.textContent = banner.dataset.kept.replace("{steps}", entries.map(({ step }) => step).join(", "));
    banner.dataset.says = "kept";
    banner.hidden = false;
  } else if (isOurs) {
    banner.hidden = true;
    delete banner.dataset.says;
  }
}

document.addEventListener("htmx:beforeSend", ({ detail }) => {
  const { activity, step } = detail.elt.dataset;
  if (!detail.elt.matches("form[data-worksheet]")) return;
  const fields = [...detail.requestConfig.formData.entries()].filter(([name]) => name !== "csrfmiddlewaretoken");
  keep({ id: detail.elt.elements.id.value, url: detail.elt.action, activity, step, fields });
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const id = detail.requestConfig?.formData?.get?.("id");
  if (id) settle(id, detail.xhr.status);
  tell();
});
document.addEventListener("htmx:sendError", ({ detail }) => {
  tell();
  if (detail.elt.matches("form[data-worksheet]")) unfold(detail.elt, Number(detail.elt.dataset.step) + 1);
  later();
});

// Without a connection the next step can be typed, and waits its turn.
function unfold(sheet, step) {
  const blank = document.querySelector("[data-later]")?.content.querySelector(`[data-later-step="${step}"]`);
  if (!blank || document.querySelector(`form[data-later-step="${step}"]`)) return;
  const form = blank.cloneNode(true);
  Object.assign(form.dataset, { activity: sheet.dataset.activity, step: String(step), url: sheet.dataset.url ?? sheet.action });
  (document.querySelector(`form[data-later-step="${step - 1}"]`) ?? sheet).after(form);
  form.dispatchEvent(new Event("later", { bubbles: true }));
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-later-step]");
  if (!form) return;
  event.preventDefault();
  const { activity, step, url } = form.dataset;
  const id = newId();
  keep({ id, url, activity, step, fields: [["id", id], ["member", member], ...new FormData(form).entries()] });
  form.querySelector("[type=submit]").disabled = true;
  tell();
  unfold(form, Number(step) + 1);
});

async function post(entry) {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  const headers = { "X-CSRFToken": token, "HX-Request": "true" };
  try {
    const body = new URLSearchParams(entry.fields);
    const answer = await fetch(entry.url, { method: "POST", headers, body, credentials: "same-origin" });
    return { status: answer.status, html: await answer.text() };
  } catch {
    return { status: 0, html: "" };
  }
}

// A step that is not accepted holds back those after it: they become drafts of their sheets again.
function holdBack(entry, html) {
  const open = new DOMParser().parseFromString(html, "text/html").querySelector("form[data-worksheet]")?.dataset.step;
  const isLater = (each) => each.activity === entry.activity && Number(each.step) > Number(open ?? Infinity);
  write(read().filter((each) => !isLater(each)));
}

async function flush() {
  let sent = null;
  while (read().length) {
    const entry = entries[0];
    const { status, html } = await post(entry);
    if (!settle(entry.id, status)) break;
    if (status < 300) holdBack(entry, html);
    sent = entry;
  }
  wait = read().length ? Math.min(wait * 1.5, 30000) : 2000;
  tell();
  const shown = sent && document.querySelector(`form[data-worksheet][data-activity="${sent.activity}"]`);
  if (shown) htmx.ajax("GET", location.href, { target: "#part", select: "#part", swap: "outerHTML" });
  if (entries.length) later();
}

let timer = 0;
function later(delay = wait) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (document.hidden || !read().length) return;
    // Two tabs need not both send; where there are no locks (plain http) the id keeps it to one.
    if (navigator.locks) navigator.locks.request(KEY, { ifAvailable: true }, (lock) => (lock ? flush() : later()));
    else flush();
  }, delay);
}

// crypto.randomUUID is missing on plain http.
function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

window.addEventListener("online", () => later(200));
document.addEventListener("visibilitychange", () => later(200));
tell();
later(200);
