// Whoever types is at work, though they send nothing for long: the page's questions to the server say that something was
// typed within the last minute, which is as often as the server notes it, and nothing of what it was.
const LATELY = 60_000;

let typedAt = -LATELY;
const note = () => (typedAt = performance.now());
document.addEventListener("input", note);
// Keys of a calculator are buttons.
document.addEventListener("click", ({ target }) => target.closest?.("form") && note());
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.matches("[data-poll]") && performance.now() - typedAt < LATELY) detail.parameters.typed = "yes";
});
