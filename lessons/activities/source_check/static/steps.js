// A long form goes step by step, one primary button each; without this script it is one long page. What is missing is
// said at its field before the next step opens. Comes after sources.js, which knows what is asked for.
import { find, findAll, onArrival } from "../../classroom/js/page.js";
import { fieldOf, isMissing, say } from "../../lessons/js/fields.js";

const stepsOf = (form) => findAll("data-of-step", form);
const isWrong = (step) => findAll("data-error", step).some((says) => !says.hidden);
const at = (form) => stepsOf(form).findIndex((step) => !step.hidden);

function show(form, number) {
  const steps = stepsOf(form);
  steps.forEach((step, n) => (step.hidden = n !== number));
  find("data-claim", form).hidden = number === 0;
  [...find("data-rail", form).children].forEach((each, n) => {
    each.classList.toggle("steps__one--done", n < number);
    if (n === number) each.setAttribute("aria-current", "step");
    else each.removeAttribute("aria-current");
  });
}

function go(form, number) {
  show(form, number);
  find("data-rail", form).scrollIntoView({ block: "nearest" });
  stepsOf(form)[number].querySelector("legend").focus();
}

// Where something is wrong, else where something is still missing; nothing typed yet is no fault.
function open(form) {
  const steps = stepsOf(form);
  const lacks = (step) => findAll("data-missing", step).some(isMissing(form));
  const number = [isWrong, lacks].map((test) => steps.findIndex(test)).find((n) => n >= 0);
  show(form, number ?? steps.length - 1);
}

function next(form) {
  const number = at(form);
  const missing = findAll("data-missing", stepsOf(form)[number]).filter(isMissing(form));
  for (const says of missing) say(form, says, says.dataset.missing);
  if (missing.length) fieldOf(form, missing[0]).focus();
  else go(form, number + 1);
}

document.addEventListener("click", ({ target }) => {
  const form = target.closest("[data-steps]");
  if (form && target.closest("[data-next]")) next(form);
  if (form && target.closest("[data-back]")) go(form, at(form) - 1);
});
// Enter in a line goes on as the button does; what is missing at the end is said before anything is sent.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("[data-steps]")) return;
    const isLast = at(form) === stepsOf(form).length - 1;
    if (isLast && !findAll("data-missing", form).some(isMissing(form))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!isLast) return next(form);
    open(form);
    next(form);
  },
  { capture: true },
);
document.addEventListener("restored", ({ target }) => target.matches("[data-steps]") && open(target));
// What the server refuses is marked first, by errors.js.
const afterMarks = (form) => setTimeout(() => openAtFault(form));
function openAtFault(form) {
  if (!form.isConnected) return;
  open(form);
  const says = findAll("data-error", form).find((each) => !each.hidden);
  if (says) fieldOf(form, says).focus();
}
document.addEventListener("htmx:responseError", ({ detail }) => {
  const form = detail.requestConfig.elt;
  if (form.matches?.("[data-steps]")) afterMarks(form);
});
document.addEventListener("refused", ({ target }) => target.matches("[data-steps]") && afterMarks(target));

function start(form) {
  for (const hidden of [find("data-rail", form), ...findAll("data-go", form), ...findAll("data-back", form)]) {
    hidden.hidden = false;
  }
  open(form);
}
onArrival(() => findAll("data-steps").forEach(start), { when: "htmx:afterSwap" });
