// A run as it goes on: whoever starts it or takes it back stays where they were, and what becomes of it is spoken.
import { findAll, speak } from "../../classroom/js/page.js";

const OUTCOME = ".rate__summary, [data-says]";
const told = new Map();
let held = "";

const stateOf = ({ dataset }) => `${dataset.shown}.${dataset.state}`;
function tell(trial) {
  const outcome = [...trial.querySelectorAll(OUTCOME)].map(({ textContent }) => textContent);
  // What a question draws, the question tells.
  if (trial.dataset.state === "done" && !outcome.length) return;
  speak([trial.dataset.tells, ...outcome].join(" "));
}
function look(isNew = () => {}) {
  for (const trial of findAll("data-trial")) {
    if (told.has(trial.id) && told.get(trial.id) !== stateOf(trial)) isNew(trial);
    told.set(trial.id, stateOf(trial));
  }
}

// A button loses the focus already while it is on its way, since it is disabled.
document.addEventListener("htmx:beforeRequest", () => (held = document.activeElement?.closest("[data-trial]")?.id ?? ""));
document.addEventListener("htmx:beforeSwap", () => (held ||= document.activeElement?.closest("[data-trial]")?.id ?? ""));
document.addEventListener("htmx:afterSettle", () => {
  look(tell);
  if (held && document.activeElement === document.body) document.getElementById(held)?.focus();
});
look();
