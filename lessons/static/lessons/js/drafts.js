// What is typed into a form with data-draft is kept on the device, for this member alone, until the server has it.
// One rule puts it back: a field takes what was typed if it is empty, or shows what the page gave it or what was sent
// from it before that was typed. Whatever else stands in it is newer, and stays.
import { DRAFT, kept, keptUnder, storage } from "../../classroom/js/kept.js";
import { findAll, onArrival } from "../../classroom/js/page.js";
import { bare, keyOf } from "./draft_store.js";

const TYPED = "input[name]:not([type=hidden]), select[name], textarea[name]";
const LAST_DAY = "downhill:day";
const KEPT_FOR = 30;
const { member, person } = document.body.dataset;
const keyOfForm = (form) => keyOf(member, form.dataset);

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
    const { what } = form.dataset;
    const values = { typed: valuesOf(form), base: valuesOf(form, givenTo), sent: sentFrom.get(form) };
    storage?.setItem(keyOfForm(form), JSON.stringify({ ...values, what, person }));
  } catch {
    // full: nothing more can be kept
  }
}

function restore(form) {
  const { typed = {}, base = {}, sent = {} } = kept(keyOfForm(form)) ?? {};
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
// What was taken back is a draft once more.
onArrival(() => findAll("data-draft=again").forEach(keep), { when: "htmx:afterSwap" });
document.addEventListener("later", ({ target }) => restore(target));

// A draft goes after thirty days on which the device was used and nobody typed into it. The clock alone says nothing: it
// is months behind where a battery was empty, until it is set again.
const today = new Date().toDateString();
if (storage && storage.getItem(LAST_DAY) !== today) {
  for (const key of keptUnder(DRAFT)) {
    const draft = kept(key);
    const days = (draft?.days ?? 0) + 1;
    if (draft && days <= KEPT_FOR) storage.setItem(key, JSON.stringify({ ...draft, days }));
    else storage.removeItem(key);
  }
  storage.setItem(LAST_DAY, today);
}
