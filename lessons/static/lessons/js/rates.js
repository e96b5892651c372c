// A fresh run draws itself over the guess, after a beat of silence; a switch chooses between the two drawings.
import { findAll, isCalm, onArrival } from "../../classroom/js/page.js";

const SILENCE = 500;
const DRAWS_FOR = 2500;

function show(figure, key) {
  for (const button of findAll("data-shows", figure)) button.setAttribute("aria-pressed", String(button.dataset.shows === key));
  for (const drawing of findAll("data-drawing", figure)) drawing.toggleAttribute("hidden", drawing.dataset.drawing !== key);
}

// A leg is kept with the end that the page gave it: it grows towards there from its beginning.
function legOf(element) {
  const [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map((name) => Number(element.dataset[name] ??= element.getAttribute(name)));
  const [begins, ends] = [Number(element.dataset.begins), Number(element.dataset.ends)];
  return (share) => {
    const part = Math.min(Math.max((share - begins) / (ends - begins || 1), 0), 1);
    element.toggleAttribute("hidden", part === 0);
    element.setAttribute("x2", part === 1 ? x2 : x1 + (x2 - x1) * part);
    element.setAttribute("y2", part === 1 ? y2 : y1 + (y2 - y1) * part);
  };
}

function pieceOf(element) {
  if (element.dataset.ends) return legOf(element);
  return (share) => element.toggleAttribute("hidden", share < Number(element.dataset.begins));
}

const latest = new WeakMap();
function draw(figure) {
  const mine = {};
  latest.set(figure, mine);
  const pieces = findAll("data-begins", figure).map(pieceOf);
  const at = (share) => pieces.forEach((piece) => piece(share));
  const end = () => {
    at(1);
    figure.removeAttribute("data-drawn");
    figure.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  };
  figure.removeAttribute("data-fresh");
  if (isCalm()) return end();
  figure.dataset.drawn = "not-yet";
  at(-1);
  const began = performance.now() + SILENCE;
  const frame = (now) => {
    if (latest.get(figure) !== mine || !figure.isConnected) return;
    const share = (now - began) / DRAWS_FOR;
    if (share >= 1) return end();
    if (share >= 0) at(share);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function arrive(root) {
  for (const figure of findAll("data-rate-chart", root)) {
    for (const furniture of figure.querySelectorAll("[data-rate-switch], [data-replay]")) furniture.hidden = false;
    show(figure, figure.querySelector('[aria-pressed="true"]').dataset.shows);
    if (figure.hasAttribute("data-fresh")) draw(figure);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-rate-chart] :is([data-shows], [data-replay])");
  if (!button) return;
  const figure = button.closest("[data-rate-chart]");
  if (button.dataset.shows) show(figure, button.dataset.shows);
  else draw(figure);
});

onArrival(arrive);
