// Space presses the one button of whoever leads, the arrows go from question to question, f fills the screen with the
// wall; none of them while something that a key could be meant for has the focus.
import { find, speak } from "./page.js";

const PRESS = { " ": "[data-space]", ArrowLeft: '[data-key="ArrowLeft"]', ArrowRight: '[data-key="ArrowRight"]' };
const BREATH = 500; // milliseconds in which a second press of a key would mean what the first has put in its place

document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("button, a, input, summary, select")) {
    // Enter that is held down would press what comes next, and next.
    if (event.repeat && event.key === "Enter") event.preventDefault();
    return;
  }
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key === "f" && document.querySelector(".wall")) document.documentElement.requestFullscreen?.();
  const pressed = PRESS[event.key] && document.querySelector(PRESS[event.key]);
  if (!pressed) return;
  event.preventDefault();
  pressed.click();
});

// So would the second click of a double click. What is offered beside the one button changes in place, as one question
// to skip becomes the next: there the moment begins again with the answer.
const isOne = (button) => button.matches("[data-space]");
let pressed = null;
let pressedAt = -BREATH;
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-space], .press button");
  if (!button) return;
  const isAgain = isOne(button) ? event.detail === 0 : button === pressed;
  if (event.detail > 1 || (isAgain && performance.now() - pressedAt < BREATH)) event.preventDefault();
  else [pressed, pressedAt] = [button, performance.now()];
});

document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  if (pressed && elt === pressed.form && !isOne(pressed)) pressedAt = performance.now();
  if (!successful || !elt.matches("#question form")) return;
  // The wall has what was pressed: a page that looked at one question alone follows it, after a reload too.
  history.replaceState(null, "", elt.action);
  if (elt.id !== "hands-form") return;
  elt.reset();
  elt.parentElement.open = false;
  elt.parentElement.querySelector("summary").focus();
});

// What has to be answered first takes the focus, and no button of it: a key that was meant for another would press it.
// All else is said aloud only when something has happened, never for every answer that comes in.
const now = () => find("data-morph")?.dataset ?? {};
let { state, asks } = now();
document.addEventListener("page:changed", () => {
  const before = { state, asks };
  ({ state, asks } = now());
  if (asks && asks !== before.asks) find("data-asked")?.focus();
  else if (state !== before.state) {
    const texts = ["#question h1", ".wall__count", ".lead-class__at"].map(
      (each) => document.querySelector(each)?.textContent ?? "",
    );
    speak(texts.filter(Boolean).join(": "));
  }
});
