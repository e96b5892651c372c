// The ball rolls to the new w and the line turns with it; “let it run” walks the steps that the page lists.
const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const find = (mark) => document.querySelector(`#part [${mark}]`);

function axis(chart, name) {
  const [low, high, start, end] = chart.dataset[name].split(" ").map(Number);
  return (value) => start + ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (end - start);
}

function set(element, numbers) {
  for (const [name, value] of Object.entries(numbers)) element?.setAttribute(name, value.toFixed(2));
}

// The height comes from the curve as it is drawn: the formula would give the slope away, which is asked for.
function drawLoss(chart, w) {
  const x = axis(chart, "xAxis")(w);
  const points = chart.querySelector(".chart__curve").getAttribute("d").match(/-?[\d.]+/g).map(Number);
  let i = 2;
  while (i < points.length - 2 && points[i] < x) i += 2;
  const share = (x - points[i - 2]) / (points[i] - points[i - 2]);
  const y = points[i - 1] + share * (points[i + 1] - points[i - 1]);
  set(chart.querySelector("[data-ball] circle"), { cx: x, cy: y });
}

function drawData(chart, w) {
  const [x, y] = [axis(chart, "xAxis"), axis(chart, "yAxis")];
  const [left, right] = chart.dataset.xAxis.split(" ").map(Number);
  const [low, high] = chart.dataset.yAxis.split(" ").map(Number);
  const inside = (end) => (w * end > high ? high / w : w * end < low ? low / w : end);
  const [first, last] = [inside(left), inside(right)];
  set(chart.querySelector("[data-line-of-w]"), { x1: x(first), y1: y(w * first), x2: x(last), y2: y(w * last) });
  for (const miss of chart.querySelectorAll("[data-miss]")) set(miss, { y2: y(w * Number(miss.dataset.miss)) });
}

function draw(w) {
  const [loss, data] = [find("data-loss-chart"), find("data-data-chart")];
  if (loss) drawLoss(loss, w);
  if (data) drawData(data, w);
}

let moving = 0;
function roll(from, to, duration, done = () => {}) {
  const mine = ++moving;
  const began = performance.now();
  const ease = (share) => 1 - (1 - share) ** 3;
  const frame = (now) => {
    if (mine !== moving) return;
    const share = Math.min(Math.max(now - began, 0) / duration, 1);
    draw(from + (to - from) * ease(share));
    if (share < 1) requestAnimationFrame(frame);
    else done();
  };
  requestAnimationFrame(frame);
}

function furnish(isHidden) {
  for (const mark of ["data-tangent", "data-slope"]) find(mark)?.toggleAttribute("hidden", isHidden);
  const label = find("data-ball")?.querySelector("text");
  label?.toggleAttribute("hidden", isHidden);
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
  const chart = find("data-loss-chart");
  const sheet = chart && { address: location.pathname + location.search, w: Number(chart.dataset.w) };
  if (sheet && last?.address === sheet.address && last.w !== sheet.w && !isCalm()) {
    furnish(true);
    roll(last.w, sheet.w, 700, () => furnish(false));
  }
  last = sheet;
  find("data-run")?.removeAttribute("hidden");
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-run]")) return;
  const steps = [...document.querySelectorAll("[data-run-step]")].map((row) => ({
    w: Number(row.dataset.w),
    says: row.dataset.runStep,
  }));
  const now = find("data-run-now");
  const summary = find("data-run-end");
  const show = (k) => (now.textContent = steps[k].says);
  const end = () => {
    show(steps.length - 1);
    rename(find("data-ball"), steps.at(-1).says);
    summary.hidden = false;
    document.getElementById("spoken").textContent = summary.textContent;
  };
  const walk = (k) => {
    if (!find("data-run-now")) return;
    show(k);
    if (k === steps.length - 1) end();
    else roll(steps[k].w, steps[k + 1].w, 350, () => walk(k + 1));
  };
  furnish(true);
  summary.hidden = true;
  if (isCalm()) {
    draw(steps.at(-1).w);
    end();
  } else walk(0);
});

document.addEventListener("htmx:afterSettle", (event) => event.detail.elt.id === "part" && arrive());
arrive();
