// Asks again every second and a half or so, what moves quickly or slowly at its own pace; never while the page is
// hidden or the last question is open.
import { findAll } from "./page.js";

const PERIODS = { "": 1500, quick: 500, slow: 4000 };

function ask(kind) {
  if (document.hidden || document.querySelector("form.htmx-request, [data-poll].htmx-request")) return;
  const due = findAll("data-poll").filter((each) => each.dataset.poll === kind);
  // One at a time: what it brings may replace the others.
  due.sort((one, other) => (one.askedAt ?? 0) - (other.askedAt ?? 0));
  if (!due.length) return;
  due[0].askedAt = performance.now();
  due[0].dispatchEvent(new Event("poll"));
}

function tick(kind) {
  ask(kind);
  setTimeout(() => tick(kind), PERIODS[kind] * (0.8 + 0.4 * Math.random()));
}

for (const kind of Object.keys(PERIODS)) setTimeout(() => tick(kind), PERIODS[kind] * Math.random());

// An answer that is on its way when somebody sends something knows nothing of it, and would hide what it brings.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const asking = document.querySelector("[data-poll].htmx-request");
  if (!asking || asking === detail.elt) return;
  const overtaken = (event) => {
    if (event.target !== asking) return; // what was sent from within it is heard here, too
    event.preventDefault();
    asking.removeEventListener("htmx:beforeOnLoad", overtaken);
  };
  asking.addEventListener("htmx:beforeOnLoad", overtaken);
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) ["quick", "", "slow"].forEach(ask);
});
