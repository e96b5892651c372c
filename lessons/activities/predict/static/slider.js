// A slider, its field and its chart are one number: whichever is changed, the others follow.
import { find, findAll, onArrival } from "../../classroom/js/page.js";
import { axisOf } from "../../lessons/js/axis.js";

const fieldIn = (box) => box.querySelector("input:not([type])");
// What is typed otherwise is a number as the server read it: there is one reading of numbers, and it is there.
const PLAIN = /^\s*-?[0-9]+(\.[0-9]+)?\s*$/;
const isPlain = (field) => PLAIN.test(field.value);
const numberIn = (box) => Number((isPlain(fieldIn(box)) ? fieldIn(box) : find("data-read", box))?.value || NaN);

function follow(box, value) {
  const [range, field, chart] = [find("data-range", box), fieldIn(box), find("data-drag", box)];
  if (range.value !== String(value)) range.value = value;
  range.classList.toggle("slider__range--unset", field.value === "");
  if (!chart) return;
  const [curve, says] = [find("data-curve", chart), find("data-at", chart)];
  const x = axisOf(chart, "xAxis").at(Number(range.value)).toFixed(2);
  curve.setAttribute("transform", curve.getAttribute("transform").replace(/\([\d.-]+/, `(${x}`));
  curve.classList.toggle("lowest__unset", field.value === "");
  if (field.value !== "") says.textContent = says.dataset.at.replace("{n}", value);
}

document.addEventListener("input", ({ target }) => {
  const box = target.closest?.("[data-slider], [data-play]");
  if (!box) return;
  const field = fieldIn(box);
  if (target.matches("[data-range]")) {
    field.value = target.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (isPlain(field)) follow(box, numberIn(box));
});

// A plain number needs no reading.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, target } = event.detail;
  if (!elt.matches("[data-reads]") || (elt.value.trim() && !isPlain(elt))) return;
  target.replaceChildren();
  event.preventDefault();
});
document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
  if (elt.id === "choice-reads") arrive();
});

function arrive() {
  for (const range of findAll("data-range")) {
    range.hidden = false;
    const box = range.closest("[data-slider], [data-play]");
    if (Number.isFinite(numberIn(box))) follow(box, numberIn(box));
  }
}

let wasSliding = false;
document.addEventListener("htmx:beforeSwap", () => {
  wasSliding = Boolean(document.activeElement?.matches("[data-range]"));
});
document.addEventListener("restored", arrive);
onArrival(
  (root) => {
    arrive();
    // Hidden until now, it could not keep the focus.
    if (root !== document && wasSliding) find("data-range", document.getElementById("part"))?.focus();
  },
  { of: ["part", "play"] },
);
