// Asks again every second and a half or so, never while the page is hidden or the last question is open.
const PERIOD = 1500;

function tick() {
  const target = document.querySelector("[data-poll]");
  if (!document.hidden && target && !document.querySelector("form.htmx-request, [data-poll].htmx-request")) {
    target.dispatchEvent(new Event("poll"));
  }
  setTimeout(tick, PERIOD * (0.8 + 0.4 * Math.random()));
}

setTimeout(tick, PERIOD * Math.random());

// An answer that is on its way when somebody sends something knows nothing of it, and would hide what it brings.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const asking = document.querySelector("[data-poll].htmx-request");
  if (!asking || asking === detail.elt) return;
  asking.addEventListener("htmx:beforeOnLoad", (overtaken) => overtaken.preventDefault(), { once: true });
});

// A narrow screen scrolls the grid sideways: a new grid stays where the old one was.
let scrolled = 0;
const scroller = () => document.querySelector("[data-poll] .grid__scroll");
document.addEventListener("htmx:beforeSwap", () => (scrolled = scroller()?.scrollLeft ?? 0));
document.addEventListener("htmx:afterSwap", () => scroller()?.scrollTo({ left: scrolled, behavior: "instant" }));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.querySelector("[data-poll]")?.dispatchEvent(new Event("poll"));
});
