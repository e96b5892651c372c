// A fresh drawing draws itself where one sees it, over the guess, after a beat of silence; a switch chooses between two.
import { findAll, isCalm, onArrival } from "../../classroom/js/page.js";

const SILENCE = 500;
const DRAWS_FOR = 2500;
const UNSEEN = 4000; // what waits for the end of a drawing does not wait longer than this for somebody to scroll there

function show(figure, key) {
  for (const button of findAll("data-shows", figure)) button.setAttribute("aria-pressed", String(button.dataset.shows === key));
  for (const drawing of findAll("data-drawing", figure)) drawing.toggleAttribute("hidden", drawing.dataset.drawing !== key);
}

// A piece is kept as the page gave it: a line grows towards its end, a bar up from its foot.
const GROWS = {
  line: ({ x1, y1, x2, y2 }, part) => ({ x2: x1 + (x2 - x1) * part, y2: y1 + (y2 - y1) * part }),
  rect: ({ y, height }, part) => ({ y: y + height * (1 - part), height: height * part }),
};
const GIVEN = { line: ["x1", "y1", "x2", "y2"], rect: ["y", "height"] };
function growing(element) {
  const kind = element.localName;
  const given = Object.fromEntries(GIVEN[kind].map((name) => [name, Number((element.dataset[name] ??= element.getAttribute(name)))]));
  const [begins, ends] = [Number(element.dataset.begins), Number(element.dataset.ends)];
  return (share) => {
    const part = Math.min(Math.max((share - begins) / (ends - begins || 1), 0), 1);
    element.toggleAttribute("hidden", part === 0);
    for (const [name, value] of Object.entries(part === 1 ? given : GROWS[kind](given, part))) element.setAttribute(name, value);
  };
}

function pieceOf(element) {
  if (element.dataset.ends) return growing(element);
  // What is not drawn, but stands in a row, keeps its place.
  const mark = element instanceof SVGElement ? "hidden" : "data-unseen";
  return (share) => element.toggleAttribute(mark, share < Number(element.dataset.begins));
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
  whenSeen(figure, () => {
    const began = performance.now() + SILENCE;
    const frame = (now) => {
      if (latest.get(figure) !== mine || !figure.isConnected) return;
      const share = (now - began) / DRAWS_FOR;
      if (share >= 1) return end();
      if (share >= 0) at(share);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

function whenSeen(figure, begin) {
  const seen = () => {
    eyes.disconnect();
    clearTimeout(late);
    begin();
  };
  // Half of a drawing, or as much of it as a small screen holds.
  const eyes = new IntersectionObserver((changes) => {
    if (changes.some(({ intersectionRatio, intersectionRect }) => intersectionRatio >= 0.5 || intersectionRect.height >= innerHeight / 3)) seen();
  }, { threshold: [0.1, 0.2, 0.3, 0.4, 0.5] });
  const late = setTimeout(seen, UNSEEN);
  eyes.observe(figure.querySelector("svg") ?? figure);
}

// What has drawn itself does not when its page is exchanged for the same.
const drawn = new Set();
function drawOnce(figure) {
  const block = figure.closest("[data-block]");
  const name = block && `${block.dataset.block} ${findAll("data-draws", block).indexOf(figure)}`;
  if (drawn.has(name)) {
    latest.delete(figure); // what was being drawn is another one now, and stands as it came
    figure.removeAttribute("data-fresh");
  } else draw(figure);
  if (name) drawn.add(name);
}

function arrive(root) {
  for (const figure of findAll("data-draws", root)) {
    for (const furniture of figure.querySelectorAll("[data-switch], [data-replay]")) furniture.hidden = false;
    const chosen = figure.querySelector('[aria-pressed="true"]');
    if (chosen) show(figure, chosen.dataset.shows);
    if (figure.hasAttribute("data-fresh")) drawOnce(figure);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-draws] :is([data-shows], [data-replay])");
  if (!button) return;
  const figure = button.closest("[data-draws]");
  if (button.dataset.shows) show(figure, button.dataset.shows);
  else draw(figure);
});

onArrival(arrive);
document.addEventListener("page:changed", () => arrive(document));
