// The slider of a model's power: the line through the dots and the places on both curves move together.
import { find, findAll, onArrival } from "../../classroom/js/page.js";

let speaking = 0;

function show(chart, at) {
  const lines = findAll("data-power", find("data-fit", chart));
  lines.forEach((line, i) => line.toggleAttribute("hidden", i !== at));
  const { power, powerSays } = lines[at].dataset;
  for (const curve of findAll("data-run-drawn", chart)) {
    const [mark, here] = [curve.querySelector(`[data-at="${at}"] .rate__touch`), find("data-here", curve)];
    if (!here) continue;
    for (const name of ["cx", "cy"]) here.setAttribute(name, mark.getAttribute(name));
    here.removeAttribute("hidden");
  }
  find("data-fit-drawing", chart).setAttribute("aria-label", powerSays);
  find("data-fit-now", chart).textContent = power;
  const range = find("data-fit-range", chart);
  range.value = at;
  range.setAttribute("aria-valuetext", power);
  for (const button of findAll("data-power-choice", chart)) button.setAttribute("aria-current", String(button.dataset.powerChoice === power));
  clearTimeout(speaking);
  // Said once the slider rests.
  speaking = setTimeout(() => (find("data-fit-says", chart).textContent = powerSays), 250);
}

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("[data-fit-range]")) show(target.closest("[data-u-curve]"), Number(target.value));
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-power-choice]");
  if (!button) return;
  const chart = button.closest("[data-u-curve]");
  show(chart, findAll("data-power", find("data-fit", chart)).findIndex((line) => line.dataset.power === button.dataset.powerChoice));
});

onArrival(() => {
  for (const slider of findAll("data-fit-slider")) {
    slider.hidden = false;
    const chart = slider.closest("[data-u-curve]");
    show(chart, findAll("data-power", find("data-fit", chart)).findIndex((line) => !line.hasAttribute("hidden")));
  }
});
