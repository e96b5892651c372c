// Space presses the wall's one button, the arrows go from question to question, f fills the screen; none of them while
// something that a key could be meant for has the focus.
const PRESS = { " ": "[data-space]", ArrowLeft: '[data-key="ArrowLeft"]', ArrowRight: '[data-key="ArrowRight"]' };

document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("button, a, input, summary, select") || event.repeat) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "f") document.documentElement.requestFullscreen?.();
  const pressed = PRESS[event.key] && document.querySelector(`#question ${PRESS[event.key]}`);
  if (!pressed) return;
  event.preventDefault();
  pressed.click();
});

// Said aloud only when something has happened, never for every answer that comes in.
const stateNow = () => document.getElementById("question")?.dataset.state;
let state = stateNow();
document.addEventListener("page:changed", () => {
  if (stateNow() === state) return;
  state = stateNow();
  const [title, count] = ["#question h1", ".wall__count"].map((each) => document.querySelector(each)?.textContent ?? "");
  document.getElementById("spoken").textContent = `${title}: ${count}`;
});
