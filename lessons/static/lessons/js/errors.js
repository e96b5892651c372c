// What cannot be read is said at its field, too.
import { findAll, parsed } from "../../classroom/js/page.js";

function mark(form, html) {
  const told = findAll("data-refusal-of", parsed(html));
  const refused = new Map(told.map((each) => [each.dataset.refusalOf, each.textContent]));
  let first = null;
  for (const says of findAll("data-error", form)) {
    const named = form.elements[says.dataset.error];
    const field = named instanceof RadioNodeList ? named[0] : named;
    says.textContent = refused.get(says.dataset.error) ?? "";
    says.hidden = !says.textContent;
    if (says.hidden) field?.removeAttribute("aria-invalid");
    else field?.setAttribute("aria-invalid", "true");
    if (!says.hidden) first ??= field;
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
