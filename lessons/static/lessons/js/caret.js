// Whoever writes goes on where they were when the page is exchanged under them. Comes after drafts.js, which puts back
// what they wrote.
let caret = {};

document.addEventListener("htmx:beforeSwap", () => {
  const { id, selectionStart: start, selectionEnd: end } = document.activeElement ?? {};
  caret = { id, start, end };
});
document.addEventListener("htmx:afterSwap", () => {
  const writing = document.activeElement;
  if (writing?.matches("textarea") && writing.id === caret.id) writing.setSelectionRange(caret.start, caret.end);
});
