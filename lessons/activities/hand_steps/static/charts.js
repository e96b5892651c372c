// The ball rolls to the new w and the line turns with it; “let it run” walks the steps that the page lists.
import { find, findAll, isCalm, onArrival, speak } from "../../classroom/js/page.js";
import { axisOf } from "../../lessons/js/axis.js";

// On a phone the valley stands with what was just found, on a laptop beside the sheet: both are drawn.
const all = (mark) => findAll(mark, document.getElementById("part"));
const shown = (mark) => all(mark)[0];

function set(element, numbers) {
  for (const [name, value] of Object.entries(numbers)) element?.setAttribute(name, value.toFixed(2));
}

// One that has left the drawing is an arrow there, and a circle on its way.
function circleOf(ball) {
  const own = ball.querySelector("circle");
  if (own) return own;
  const circle = document.createElementNS(ball.namespaceURI, "circle");
  circle.setAttribute("r", 8);
  return ball.appendChild(circle);
}

const isInside = (chart, w) => {
  const { low, high } = axisOf(chart, "xAxis");
  return w >= low && w <= high;
};

// The height comes from the curve as it is drawn: the formula would give the slope away, which is asked for.
function drawLoss(chart, w) {
  const x = axisOf(chart, "xAxis").at(w);
  const points = chart.querySelector(".chart__curve").getAttribute("d").match(/-?[\d.]+/g).map(Number);
  let i = 2;
  while (i < points.length - 2 && points[i] < x) i += 2;
  const share = (x - points[i - 2]) / (points[i] - points[i - 2]);
  const y = points[i - 1] + share * (points[i + 1] - points[i - 1]);
  const ball = find("data-ball", chart);
  const circle = circleOf(ball);
  set(circle, { cx: x, cy: y });
  circle.toggleAttribute("hidden", !isInside(chart, w));
  ball.querySelector(".ball__out")?.toggleAttribute("hidden", isInside(chart, w));
}

// With its true slope, cut where it leaves the drawing.
function drawData(chart, w) {
  const [x, y] = [axisOf(chart, "xAxis"), axisOf(chart, "yAxis")];
  const { low, high } = y;
  const inside = (end) => (w * end > high ? high / w : w * end < low ? low / w : end);
  const [first, last] = [inside(x.low), inside(x.high)];
  set(find("data-line-of-w", chart), { x1: x.at(first), y1: y.at(w * first), x2: x.at(last), y2: y.at(w * last) });
  for (const miss of findAll("data-miss", chart)) set(miss, { y2: y.at(w * Number(miss.dataset.miss)) });
}

function draw(w) {
  for (const chart of all("data-loss-chart")) drawLoss(chart, w);
  for (const chart of all("data-data-chart")) drawData(chart, w);
}

const ease = (share) => 1 - (1 - share) ** 3;
let moving = 0;
let isElsewhere = false; // the ball, than where the page has it
function roll(from, to, duration, done = () => {}) {
  const mine = ++moving;
  const began = performance.now();
  // It slows down where it comes to rest, and not on its way out of the drawing.
  const pace = isInside(shown("data-loss-chart"), to) ? ease : (share) => share;
  const frame = (now) => {
    if (mine !== moving) return;
    const share = Math.min(Math.max(now - began, 0) / duration, 1);
    draw(from + (to - from) * pace(share));
    if (share < 1) requestAnimationFrame(frame);
    else done();
  };
  requestAnimationFrame(frame);
}

function furnish(isHidden) {
  isElsewhere = isHidden;
  const labels = all("data-ball").map((ball) => ball.querySelector("text"));
  for (const each of [...all("data-tangent"), ...all("data-slope"), ...labels]) {
    each?.toggleAttribute("hidden", isHidden);
  }
}

// The ball is elsewhere after a run: what it says on hover and focus goes with it.
function rename(ball, says) {
  if (!ball) return;
  ball.setAttribute("aria-label", says);
  ball.querySelector("title").textContent = says;
  ball.nextElementSibling.textContent = says;
}

let last = null;
function arrive() {
  // A run that was under way belongs to the page that is gone.
  moving += 1;
  const chart = shown("data-loss-chart");
  const sheet = chart && { address: location.pathname + location.search, w: Number(chart.dataset.w) };
  // A drawing that stays is where it would have come to rest.
  if (sheet && isElsewhere) {
    draw(sheet.w);
    furnish(false);
  }
  if (sheet && last?.address === sheet.address && last.w !== sheet.w && !isCalm()) {
    furnish(true);
    draw(last.w);
    const from = last.w;
    const mine = moving;
    const go = () => mine === moving && roll(from, sheet.w, 900, () => furnish(false));
    document.addEventListener("arrived", go, { once: true });
  }
  last = sheet;
  shown("data-run")?.removeAttribute("hidden");
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-run]")) return;
  const steps = findAll("data-run-step").map((row) => ({
    w: Number(row.dataset.w),
    says: row.dataset.runStep,
  }));
  const now = shown("data-run-now");
  const summary = shown("data-run-end");
  const show = (k) => (now.textContent = steps[k].says);
  const end = () => {
    show(steps.length - 1);
    rename(shown("data-ball"), steps.at(-1).says);
    summary.hidden = false;
    speak(summary.textContent);
  };
  const walk = (k) => {
    if (!shown("data-run-now")) return;
    show(k);
    if (k === steps.length - 1) end();
    else roll(steps[k].w, steps[k + 1].w, 350, () => walk(k + 1));
  };
  furnish(true);
  summary.hidden = true;
  // It runs before one's eyes, wherever the key was pressed.
  shown("data-loss-chart").querySelector("svg").scrollIntoView({ block: "nearest" });
  if (isCalm()) {
    draw(steps.at(-1).w);
    end();
  } else walk(0);
});

// Before the new place of the ball is painted: it is on its way there.
onArrival(arrive, { of: ["part"], when: "htmx:afterSwap" });
