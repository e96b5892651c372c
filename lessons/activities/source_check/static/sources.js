// On the source check only what applies is open: the supplied answer that was chosen, or the lines for one's own.
import { find, findAll, onArrival } from "../../classroom/js/page.js";

function follow(form) {
  const chosen = form.elements.supplied?.value ?? "own";
  for (const answer of findAll("data-supplied-answer", form)) answer.hidden = answer.dataset.suppliedAnswer !== chosen;
  const own = find("data-own", form);
  own.hidden = chosen !== "own";
  for (const field of own.querySelectorAll("input")) field.required = chosen === "own";
  const revises = form.elements.stamp.value === "revise";
  find("data-corrected", form).hidden = !revises;
  form.elements.corrected.required = revises;
}

for (const kind of ["input", "restored"]) {
  document.addEventListener(kind, ({ target }) => {
    const form = target.closest?.("[data-sources]");
    if (form) follow(form);
  });
}
onArrival(() => findAll("data-sources").forEach(follow), { when: "htmx:afterSwap" });
