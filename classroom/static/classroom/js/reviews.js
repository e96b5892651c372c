// Reading with the keyboard: single keys work while the focus is in the reading desk, and never while somebody types.
const desk = document.querySelector("[data-reading]");
const isTyping = (element) => element.matches("textarea, input:not([type=checkbox])");

desk?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  const tick = desk.querySelector(`[data-tick="${CSS.escape(key)}"]`);
  const act = key === "u" ? desk.querySelector("[value=undo]") : desk.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!tick && !act) return;
  event.preventDefault();
  if (tick) tick.checked = !tick.checked;
  else act.click();
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
// A comment that is begun survives a look at the next text.
const comment = desk?.querySelector("[data-comment]");
try {
  const place = `downhill:comment:${comment?.dataset.comment}`;
  if (comment) comment.value ||= sessionStorage.getItem(place) ?? "";
  comment?.addEventListener("input", () => sessionStorage.setItem(place, comment.value));
} catch {
  // no storage: it lasts as long as the page
}
