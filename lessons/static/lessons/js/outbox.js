// An answer on its way is kept on the device until the server has acknowledged it, and sent again under its own id.
// Each member of a class has an outbox of their own: nobody else's log-in shows it or sends it.
import { OUTBOX } from "../../classroom/js/kept.js";
import { csrfToken, find, parsed } from "../../classroom/js/page.js";
import { dropSent } from "./draft_store.js";
import { lookAgain } from "./part.js";

const { member, person } = document.body.dataset;
const KEY = `${OUTBOX}${member}`;
const PATIENCE = 15000;
// No answer to what was sent, as no 5xx is. 404: whoever has logged in since may not be in this class.
const KEPT = [0, 401, 403, 404, 408, 429];
const banner = document.getElementById("banner");
let entries = [];
let isForgetful = false;
let wait = 2000;

function read() {
  try {
    if (!isForgetful) entries = JSON.parse(localStorage.getItem(KEY)) ?? [];
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
    isForgetful = true; // full: likewise
  }
}

function keep(entry) {
  if (!read().some(({ id }) => id === entry.id)) write([...entries, { ...entry, member, person }]);
}

// A school's wifi may answer everything with its own log-in page, and call it a success.
const isSheet = (html) => parsed(html).getElementById("part") !== null;

function settle(id, status, html) {
  const entry = read().find((each) => each.id === id);
  const isAnswer = status >= 200 && status < 300 ? isSheet(html) : !KEPT.includes(status) && status < 500;
  if (!entry || !isAnswer) return false;
  write(entries.filter((each) => each !== entry));
  if (status < 300) {
    if (banner.dataset.says === "refused") calm();
    dropSent(entry);
    holdBack(entry, html);
    document.dispatchEvent(new CustomEvent("acknowledged", { detail: entry }));
  } else {
    renew(id);
  }
  return true;
}

// What is refused is not stored, or something else is under its id: pressed again, it is a new answer.
function renew(id) {
  for (const { elements } of document.querySelectorAll("form[data-kept]")) {
    if (elements.id.value === id) elements.id.value = newId();
  }
}

// A step that is not accepted stays open and holds back those after it: they are drafts of their sheets again.
function holdBack({ activity, step }, html) {
  const open = parsed(html).querySelector(`form[data-worksheet][data-activity="${activity}"]`)?.dataset.step;
  if (open !== String(step)) return;
  write(read().filter((each) => each.activity !== activity || Number(each.step) <= Number(step)));
}

function say(text, kind) {
  if (banner.textContent !== text) banner.textContent = text;
  banner.dataset.says = kind;
  banner.hidden = false;
}

function calm() {
  banner.hidden = true;
  delete banner.dataset.says;
}

// What did not get through stands until the next success (connection.js): only its own word does it take back.
function tell(html = "") {
  const refused = find("data-refusal", parsed(html))?.textContent;
  const waiting = [...new Set(read().map(({ what }) => what))].join(", ");
  if (refused) say(refused, "refused");
  else if (banner.dataset.says === "leaving") return;
  else if (waiting) say(banner.dataset.kept.replace("{what}", waiting), "kept");
  else if (banner.dataset.says === "kept") calm();
}

const isSheetForm = (element) => element.matches("form[data-kept]");

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (isSheetForm(detail.elt)) detail.timeout = PATIENCE;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt: sheet, requestConfig } = event.detail;
  if (!isSheetForm(sheet)) return;
  const { activity, step, what } = sheet.dataset;
  const fields = [...requestConfig.formData.entries()].filter(([name]) => name !== "csrfmiddlewaretoken");
  const id = sheet.elements.id.value;
  keep({ id, url: sheet.action, activity, step, what, fields });
  if (read()[0].id === id) return;
  event.preventDefault(); // what was checked before goes first
  later(0);
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (isSheetForm(detail.requestConfig.elt) && !isSheet(detail.xhr.responseText)) detail.shouldSwap = false;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const id = detail.requestConfig?.formData?.get?.("id");
  const { status, responseText } = detail.xhr;
  if (id) settle(id, status, responseText);
  tell(detail.requestConfig?.verb === "get" ? "" : responseText);
  if (read().length) later();
});
for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, ({ detail }) => {
    tell();
    if (isSheetForm(detail.elt)) unfold(detail.elt, Number(detail.elt.dataset.step) + 1);
  });
}

// A changed answer is a new one: under the old id the server would not read it.
for (const kind of ["input", "restored"]) {
  document.addEventListener(kind, ({ target }) => {
    const sheet = target.closest?.("form[data-kept]");
    if (sheet && read().some(({ id }) => id === sheet.elements.id.value)) renew(sheet.elements.id.value);
  });
}

// Without a connection the next step can be typed, and waits its turn.
function unfold(sheet, step) {
  const blank = find("data-later")?.content.querySelector(`[data-later-step="${step}"]`);
  if (!blank || document.querySelector(`form[data-later-step="${step}"]`)) return;
  const form = blank.cloneNode(true);
  const { activity, url = sheet.action } = sheet.dataset;
  Object.assign(form.dataset, { activity, url, step: String(step) });
  (document.querySelector(`form[data-later-step="${step - 1}"]`) ?? sheet).after(form);
  form.addEventListener("input", () => (form.querySelector("[type=submit]").disabled = false));
  form.dispatchEvent(new Event("later", { bubbles: true }));
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-later-step]");
  if (!form) return;
  event.preventDefault();
  const { activity, step, url, what } = form.dataset;
  const id = newId();
  keep({ id, url, activity, step, what, fields: [["id", id], ["member", member], ...new FormData(form).entries()] });
  form.querySelector("[type=submit]").disabled = true;
  tell();
  unfold(form, Number(step) + 1);
  later();
});

async function post(entry) {
  const headers = { "X-CSRFToken": csrfToken(), "HX-Request": "true" };
  const body = new URLSearchParams(entry.fields);
  const limit = new AbortController();
  const alarm = setTimeout(() => limit.abort(), PATIENCE);
  try {
    const answer = await fetch(entry.url, { method: "POST", headers, body, signal: limit.signal });
    return { status: answer.status, html: await answer.text() };
  } catch {
    return { status: 0, html: "" };
  } finally {
    clearTimeout(alarm);
  }
}

async function flush() {
  let sent = null;
  let said = "";
  while (read().length) {
    const entry = entries[0];
    const { status, html } = await post(entry);
    said = status < 400 ? "" : html;
    if (!settle(entry.id, status, html)) break;
    sent = entry;
  }
  wait = read().length ? Math.min(wait * 1.5, 30000) : 2000;
  const shown = () => sent && document.querySelector(`form[data-kept][data-activity="${sent.activity}"]`);
  if (shown()) await lookAgain(shown());
  tell(said);
  if (said) shown()?.dispatchEvent(new CustomEvent("refused", { bubbles: true, detail: said }));
  if (entries.length) later();
}

// A try that is due sooner stays: each answer to a poll asks for one, and polls come faster than patience grows.
let timer = 0;
let due = Infinity;
function later(delay = wait) {
  const at = performance.now() + delay;
  if (at >= due) return;
  clearTimeout(timer);
  due = at;
  timer = setTimeout(() => {
    due = Infinity;
    if (document.hidden || !read().length) return;
    // Its own answer may still come; a repetition would exchange the page under it.
    if (document.querySelector("form[data-kept].htmx-request")) return later();
    // Two tabs need not both send; where there are no locks (plain http) the id keeps it to one.
    if (navigator.locks) navigator.locks.request(KEY, { ifAvailable: true }, (lock) => (lock ? flush() : later()));
    else flush();
  }, delay);
}

// Another tab has sent what this one still shows: it shows how things stand now, once all of them have gone.
const OF_THE_PAGE = ["csrfmiddlewaretoken", "id", "member", "shown", "step"];
const asTyped = (fields) => JSON.stringify([...fields].filter(([name]) => !OF_THE_PAGE.includes(name)));
const idsIn = (value) => new Map((JSON.parse(value) ?? []).map((entry) => [entry.id, entry]));
let behind = null;
let catchingUp = 0;
window.addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key !== KEY) return;
  const left = idsIn(newValue);
  const gone = [...idsIn(oldValue).values()].filter(({ id }) => !left.has(id));
  if (!gone.length) return;
  if (banner.dataset.says === "refused") calm();
  tell();
  for (const { activity, step, fields } of gone) {
    const sheet = document.querySelector(`form[data-kept][data-activity="${activity}"][data-step="${step}"]`);
    if (sheet && asTyped(new FormData(sheet)) === asTyped(fields)) behind = sheet;
  }
  clearTimeout(catchingUp);
  catchingUp = setTimeout(() => {
    if (behind?.isConnected && !behind.matches(".htmx-request")) lookAgain(behind);
    behind = null;
  }, 400);
});

// crypto.randomUUID is missing on plain http, where a classroom laptop serves.
function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

window.addEventListener("online", () => later(200));
document.addEventListener("visibilitychange", () => later(200));
tell();
later(200);
