// Asks again every second and a half or so, what moves quickly or slowly at its own pace; never while the page is
// hidden, and not before the last question is answered.
import { findAll } from "./page.js";

const PERIODS = { "": 1500, quick: 500, slow: 4000 };
const SOON = 100; // a question that has to wait for another waits for no whole turn

const isBusy = () => document.querySelector("form.htmx-request, [data-poll].htmx-request");

function ask(kind) {
  if (document.hidden || isBusy()) return;
  const due = findAll("data-poll").filter((each) => each.dataset.poll === kind);
  // One at a time: what it brings may replace the others.
  due.sort((one, other) => (one.askedAt ?? 0) - (other.askedAt ?? 0));
  if (!due.length) return;
  due[0].askedAt = performance.now();
  due[0].dispatchEvent(new Event("poll"));
}

function tick(kind) {
  const waits = !document.hidden && isBusy();
  ask(kind);
  setTimeout(() => tick(kind), waits ? SOON : PERIODS[kind] * (0.8 + 0.4 * Math.random()));
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

// A page that is not there any more, as of somebody who was removed from the class, is loaded again to say so. Once:
// where the page is there after all, its questions go on.
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status !== 404 || !detail.elt.matches("[data-poll]")) return;
  if (history.state?.isGone) return;
  history.replaceState({ ...history.state, isGone: true }, "");
  location.reload();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) ["quick", "", "slow"].forEach(ask);
});
