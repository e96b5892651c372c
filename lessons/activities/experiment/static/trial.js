// What becomes of a run is spoken.
import { findAll, speak } from "../../classroom/js/page.js";

const OUTCOME = ".rate__summary, [data-says]";
const told = new Map();

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

document.addEventListener("htmx:afterSettle", () => look(tell));
look();
