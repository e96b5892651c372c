// Counts down what says how many seconds are left (`data-left`), from when it came; at nought it says that time is up.
import { findAll, speakOnce } from "./page.js";

const ends = new WeakMap();
const inMinutes = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function draw(clock) {
  const { left, over } = clock.dataset;
  if (ends.get(clock)?.left !== left) ends.set(clock, { left, at: performance.now() + 1000 * left });
  const seconds = Math.max(0, Math.ceil((ends.get(clock).at - performance.now()) / 1000));
  const text = seconds ? inMinutes(seconds) : over;
  if (clock.textContent === text) return;
  // It ended under their eyes; what was over when it came is no news.
  if (!seconds && /\d/.test(clock.textContent)) speakOnce(over);
  clock.textContent = text;
}

const tick = () => findAll("data-left").forEach(draw);
setInterval(tick, 250);
tick();
