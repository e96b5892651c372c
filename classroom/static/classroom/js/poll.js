// Asks again every second and a half or so, never while the page is hidden or the last question is open.
const PERIOD = 1500;

function tick() {
  const target = document.querySelector("[data-poll]");
  if (!document.hidden && target && !target.classList.contains("htmx-request")) {
    target.dispatchEvent(new Event("poll"));
  }
  setTimeout(tick, PERIOD * (0.8 + 0.4 * Math.random()));
}

setTimeout(tick, PERIOD * Math.random());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.querySelector("[data-poll]")?.dispatchEvent(new Event("poll"));
});
