// Whoever writes goes on where they were when the page is exchanged under them. Comes after drafts.js, which puts back
// what they wrote.
let caret = {};

document.addEventListener("htmx:beforeSwap", () => {
  const { id, name, form, selectionStart: start, selectionEnd: end } = document.activeElement ?? {};
  caret = { id, name, start, end, ...form?.dataset };
});
// A step that was typed without a network stands on its own sheet once there is one.
function sameField({ activity, step, name }) {
  const form = document.querySelector(`form[data-activity="${activity}"][data-step="${step}"]`);
  return form?.querySelector(`input[name="${name}"], textarea[name="${name}"]`);
}
document.addEventListener("htmx:afterSwap", () => {
  if (typeof caret.start !== "number") return;
  const isLost = document.activeElement === document.body;
  const writing = isLost ? sameField(caret) : document.activeElement;
  if (isLost) writing?.focus({ preventScroll: true });
  if (isLost || (writing.matches("textarea") && writing.id === caret.id)) writing?.setSelectionRange(caret.start, caret.end);
});
