// What is typed into a form with data-draft is kept on the device, for this member alone, until the server has it.
// One rule puts it back: a field takes what was typed if it is empty, or shows what the page gave it or what was sent
// from it before that was typed. Whatever else stands in it is newer, and stays.
import { findAll, onArrival } from "../../classroom/js/page.js";

const PREFIX = "downhill:draft:";
const TYPED = "input[name]:not([type=hidden]), select[name], textarea[name]";
const KEPT_FOR = 30 * 24 * 3600 * 1000;
const storage = (() => {
  try {
    return window.localStorage;
  } catch {
    return null; // switched off: the page works, and a reload forgets
  }
})();

const keyOf = (member, { activity, step }) => `${PREFIX}${member}:${activity}:${step}`;
const keyOfForm = (form) => keyOf(document.body.dataset.member, form.dataset);
// A cell may be scratch on one sheet and asked for on the next.
const bare = (name) => name.replace(/^scratch_/, "");

function read(key) {
  try {
    return JSON.parse(storage?.getItem(key));
  } catch {
    return null;
  }
}

// Each field under its name, or for radio buttons their group.
function fieldsOf(form) {
  const typed = [...form.elements].filter((each) => each.matches(TYPED));
  return new Map(typed.map(({ name }) => [bare(name), form.elements.namedItem(name)]));
}

// What the page gave a field: the button of a group, the option, or the text.
function givenTo(field) {
  if (field instanceof RadioNodeList) return [...field].find((each) => each.defaultChecked)?.value ?? "";
  if (field.options) return ([...field.options].find((each) => each.defaultSelected) ?? field.options[0]).value;
  return field.defaultValue;
}

const valuesOf = (form, of = ({ value }) => value) =>
  Object.fromEntries([...fieldsOf(form)].map(([name, field]) => [name, of(field)]));

const sentFrom = new WeakMap();
function keep(form) {
  try {
    const draft = { typed: valuesOf(form), base: valuesOf(form, givenTo), sent: sentFrom.get(form), at: Date.now() };
    storage?.setItem(keyOfForm(form), JSON.stringify(draft));
  } catch {
    // full: nothing more can be kept
  }
}

function restore(form) {
  const { typed = {}, base = {}, sent = {} } = read(keyOfForm(form)) ?? {};
  let changed = false;
  for (const [name, field] of fieldsOf(form)) {
    const isAsFound = field.value === givenTo(field) && [base[name] ?? "", sent[name]].includes(field.value);
    if (!(name in typed) || typed[name] === field.value || !(field.value === "" || isAsFound)) continue;
    field.value = typed[name];
    changed = true;
  }
  if (!changed) return;
  form.closest("details")?.setAttribute("open", "");
  form.dispatchEvent(new Event("restored", { bubbles: true }));
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("[data-draft]");
  if (form) keep(form);
});
document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (elt.matches("[data-draft]")) sentFrom.set(elt, valuesOf(elt));
});
// At once, not when the page has settled: what is typed meanwhile would be kept as if it were all.
onArrival(() => findAll("data-draft").forEach(restore), { when: "htmx:afterSwap" });
document.addEventListener("later", ({ target }) => restore(target));

// The server has it: the draft goes, unless more was typed meanwhile. The outbox tells.
document.addEventListener("acknowledged", ({ detail }) => {
  const key = keyOf(detail.member, detail);
  const draft = read(key);
  const sent = new Map(detail.fields.map(([name, value]) => [bare(name), value]));
  const isAll = draft && Object.entries(draft.typed).every(([name, typed]) => (sent.get(name) ?? "") === typed);
  if (isAll) storage.removeItem(key);
});

for (const key of Object.keys(storage ?? {})) {
  if (key.startsWith(PREFIX) && !(read(key)?.at > Date.now() - KEPT_FOR)) storage.removeItem(key);
}
