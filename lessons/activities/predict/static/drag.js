// What is dragged on a chart moves the slider below it, which keeps to its steps.
import { find } from "../../classroom/js/page.js";
import { axisOf } from "../../lessons/js/axis.js";

function drag(event) {
  const figure = event.target.closest?.("[data-drag]");
  if (!figure || (event.type === "pointermove" && !event.buttons)) return;
  const svg = figure.querySelector("svg");
  const drawn = svg.getBoundingClientRect();
  const x = ((event.clientX - drawn.left) / drawn.width) * svg.viewBox.baseVal.width;
  const range = find("data-range", figure.closest("[data-slider]"));
  range.value = axisOf(figure, "xAxis").valueAt(x);
  range.dispatchEvent(new Event("input", { bubbles: true }));
  if (event.type === "pointerdown") figure.setPointerCapture?.(event.pointerId);
}
for (const kind of ["pointerdown", "pointermove"]) document.addEventListener(kind, drag);
