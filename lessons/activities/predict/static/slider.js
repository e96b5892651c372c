// A slider, its field and its chart are one number: whichever is changed, the others follow.
import { find, findAll, onArrival } from "../../classroom/js/page.js";
import { axisOf } from "../../lessons/js/axis.js";

const fieldIn = (box) => box.querySelector("input:not([type])");
const numberIn = (field) => Number(field.value.replace(",", "."));

function follow(box, value) {
  const [range, field, chart] = [find("data-range", box), fieldIn(box), find("data-drag", box)];
  if (range.value !== String(value)) range.value = value;
  range.classList.toggle("slider__range--unset", field.value === "");
  if (!chart) return;
  const [curve, says] = [find("data-curve", chart), find("data-at", chart)];
  const x = axisOf(chart, "xAxis").at(Number(range.value)).toFixed(2);
  curve.setAttribute("transform", curve.getAttribute("transform").replace(/\([\d.-]+/, `(${x}`));
  curve.classList.toggle("lowest__unset", field.value === "");
  if (field.value !== "") says.textContent = says.dataset.at.replace("{n}", field.value);
}

document.addEventListener("input", ({ target }) => {
  const box = target.closest?.("[data-slider], [data-play]");
  if (!box) return;
  const field = fieldIn(box);
  if (target.matches("[data-range]")) {
    field.value = target.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (Number.isFinite(numberIn(field))) follow(box, numberIn(field));
});

function arrive() {
  for (const range of findAll("data-range")) {
    range.hidden = false;
    const box = range.closest("[data-slider], [data-play]");
    const field = fieldIn(box);
    if (field.value !== "" && Number.isFinite(numberIn(field))) follow(box, numberIn(field));
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
