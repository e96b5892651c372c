// Reading with the keyboard: single keys work while the focus is in the reading desk, and never while somebody types.
const desk = document.querySelector("[data-reading]");
const isTyping = (element) => element.matches("textarea, input:not([type=checkbox])");

desk?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  if (event.key === "Enter" && event.target.matches("[type=checkbox]")) event.preventDefault();
  const key = event.key.toLowerCase();
  const tick = desk.querySelector(`[data-tick="${CSS.escape(key)}"]`);
  const act = key === "u" ? desk.querySelector("[value=undo]") : desk.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!tick && !act) return;
  event.preventDefault();
  (tick ?? act).click();
});
// Once sent, a second press must not decide the next one.
desk?.addEventListener("submit", ({ target, submitter }) => {
  setTimeout(() => target.querySelectorAll("button").forEach((button) => (button.disabled = true)));
  submitter?.setAttribute("aria-busy", "true");
});
// The way to undo goes when its minute is over.
const undo = desk?.querySelector("[data-seconds]");
if (undo) setTimeout(() => undo.remove(), 1000 * undo.dataset.seconds);
const wrong = desk?.querySelector("[aria-invalid]");
(wrong ?? desk?.querySelector("#reading-head"))?.focus({ preventScroll: !wrong });
// What is ticked and written survives a reload and a look at the next text; what is sent is the server's.
const form = desk?.querySelector("form[data-reading-of]");
const place = `downhill:reading:${form?.dataset.readingOf}`;
const typed = () => [...form.elements].filter(({ name }) => name === "comment" || name.startsWith("tick_"));
try {
  for (const [name, value] of Object.entries((form && JSON.parse(sessionStorage.getItem(place))) ?? {})) {
    const field = form.elements[name];
    if (field?.type === "checkbox") field.checked = value;
    else if (field) field.value = value;
  }
  form?.addEventListener("input", () => {
    const now = typed().map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]);
    sessionStorage.setItem(place, JSON.stringify(Object.fromEntries(now)));
  });
  form?.addEventListener("submit", () => sessionStorage.removeItem(place));
} catch {
  // no storage: it lasts as long as the page
}
