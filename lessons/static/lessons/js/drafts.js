// What is typed is kept on the device, for this member alone, until the server has it.
const PREFIX = "downhill:draft:";
const KEPT_FOR = 30 * 24 * 3600 * 1000;
const storage = (() => {
  try {
    return window.localStorage;
  } catch {
    return null; // switched off: the page works, and a reload forgets
  }
})();

const name = (form) => `${PREFIX}${document.body.dataset.member}:${form.dataset.activity}:${form.dataset.step}`;
const cells = (form) => [...form.querySelectorAll(".cell__input")];
const bare = (input) => input.name.replace(/^scratch_/, "");
const values = (form, of) => Object.fromEntries(cells(form).map((input) => [bare(input), of(input)]));

function read(key) {
  try {
    return JSON.parse(storage?.getItem(key));
  } catch {
    return null;
  }
}

function keep(form) {
  const draft = { typed: values(form, (input) => input.value), base: values(form, (input) => input.defaultValue) };
  try {
    storage?.setItem(name(form), JSON.stringify({ ...draft, at: Date.now() }));
  } catch {
    // full: nothing more can be kept
  }
}

// Where the server knows something newer than when the draft was begun, the draft only fills what is empty.
function restore(form) {
  const draft = read(name(form));
  if (!draft) return;
  const isNewest = cells(form).every((input) => input.defaultValue === (draft.base[bare(input)] ?? ""));
  let changed = false;
  for (const input of cells(form)) {
    const typed = draft.typed[bare(input)];
    if (typed === undefined || typed === input.value || !(isNewest || input.value === "")) continue;
    input.value = typed;
    changed = true;
  }
  if (changed) form.dispatchEvent(new Event("input", { bubbles: true }));
}

const sheets = () => document.querySelectorAll("form[data-worksheet], form[data-later-step]");

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-worksheet], form[data-later-step]");
  if (form && event.target !== form) keep(form);
});
document.addEventListener("later", (event) => restore(event.target));
// At once, not when the page has settled: what is typed meanwhile would be kept as if it were all.
document.addEventListener("htmx:afterSwap", (event) => event.detail.elt.id === "part" && sheets().forEach(restore));

// The server has it: the draft goes, unless more was typed meanwhile. The outbox tells.
document.addEventListener("acknowledged", (event) => {
  const { member, activity, step, fields } = event.detail;
  const key = `${PREFIX}${member}:${activity}:${step}`;
  const draft = read(key);
  const sent = new Map(fields.map(([field, value]) => [field.replace(/^scratch_/, ""), value]));
  const isAll = draft && Object.entries(draft.typed).every(([cell, typed]) => (sent.get(cell) ?? "") === typed);
  if (isAll) storage.removeItem(key);
});

for (const key of Object.keys(storage ?? {})) {
  if (key.startsWith(PREFIX) && !(read(key)?.at > Date.now() - KEPT_FOR)) storage.removeItem(key);
}
sheets().forEach(restore);
