// Space presses the wall's one button, the arrows go from question to question, f fills the screen; none of them while
// something that a key could be meant for has the focus.
import { speak } from "./page.js";

const PRESS = { " ": "[data-space]", ArrowLeft: '[data-key="ArrowLeft"]', ArrowRight: '[data-key="ArrowRight"]' };

document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("button, a, input, summary, select")) {
    // Enter that is held down would press what comes next, and next.
    if (event.repeat && event.key === "Enter") event.preventDefault();
    return;
  }
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key === "f") document.documentElement.requestFullscreen?.();
  const pressed = PRESS[event.key] && document.querySelector(`#question ${PRESS[event.key]}`);
  if (!pressed) return;
  event.preventDefault();
  pressed.click();
});

// The second click of a double click would press what the first has put in its place.
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest("[data-space]")) event.preventDefault();
});

document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  if (!successful || !elt.matches("#question form")) return;
  // The wall has what was pressed: a page that looked at one question alone follows it, after a reload too.
  history.replaceState(null, "", elt.action);
  if (elt.id !== "hands-form") return;
  elt.reset();
  elt.parentElement.open = false;
  elt.parentElement.querySelector("summary").focus();
});

// Said aloud only when something has happened, never for every answer that comes in.
const stateNow = () => document.getElementById("question")?.dataset.state;
let state = stateNow();
document.addEventListener("page:changed", () => {
  if (stateNow() === state) return;
  state = stateNow();
  const [title, count] = ["#question h1", ".wall__count"].map((each) => document.querySelector(each)?.textContent ?? "");
  speak(`${title}: ${count}`);
});
