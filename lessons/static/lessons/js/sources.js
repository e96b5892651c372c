// On the source check only what applies is open: the supplied answer that was chosen, or the lines for one's own.
function follow(form) {
  const chosen = form.elements.supplied?.value ?? "own";
  for (const answer of form.querySelectorAll("[data-supplied-answer]")) answer.hidden = answer.dataset.suppliedAnswer !== chosen;
  const own = form.querySelector("[data-own]");
  own.hidden = chosen !== "own";
  for (const field of own.querySelectorAll("input")) field.required = chosen === "own";
  const revises = form.elements.stamp.value === "revise";
  form.querySelector("[data-corrected]").hidden = !revises;
  form.elements.corrected.required = revises;
}
const forms = () => document.querySelectorAll("[data-sources]").forEach(follow);
document.addEventListener("input", ({ target }) => target.form?.matches("[data-sources]") && follow(target.form));
document.addEventListener("htmx:afterSwap", () => queueMicrotask(forms));
forms();
