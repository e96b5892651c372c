// What cannot be read is said at its field, too; what is missing, before anything is sent.
import { findAll, parsed } from "../../classroom/js/page.js";
import { fieldOf, isMissing, say } from "./fields.js";

function mark(form, html) {
  const told = findAll("data-refusal-of", parsed(html));
  const refused = new Map(told.map((each) => [each.dataset.refusalOf, each.textContent]));
  let first = null;
  for (const says of findAll("data-error", form)) {
    say(form, says, refused.get(says.dataset.error) ?? "");
    if (!says.hidden) first ??= fieldOf(form, says);
  }
  first?.closest("details")?.setAttribute("open", "");
  first?.focus();
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  const form = detail.requestConfig.elt;
  if (detail.xhr.status === 400 && form.querySelector?.("[data-error]")) mark(form, detail.xhr.responseText);
});
// Sent from the outbox, later.
document.addEventListener("refused", ({ target, detail }) => mark(target, detail));

// A form that goes step by step sees to it itself.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const missing = form.matches("[data-steps]") ? [] : findAll("data-missing", form).filter(isMissing(form));
    if (!missing.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    for (const says of missing) say(form, says, says.dataset.missing);
    fieldOf(form, missing[0]).focus();
  },
  { capture: true },
);
document.addEventListener("input", ({ target }) => {
  const says = target.form && findAll("data-error", target.form).find((each) => each.dataset.error === target.name);
  if (says && !says.hidden) say(target.form, says, "");
});
