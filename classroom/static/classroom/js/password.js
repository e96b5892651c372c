// A password can be shown while it is typed, and is hidden again before it is sent.
import { findAll } from "./page.js";

const fieldOf = (button) => document.getElementById(button.getAttribute("aria-controls"));

function show(button, isShown) {
  button.setAttribute("aria-pressed", String(isShown));
  fieldOf(button).type = isShown ? "text" : "password";
}

for (const button of findAll("data-show-password")) {
  button.hidden = false;
  button.addEventListener("click", () => show(button, button.getAttribute("aria-pressed") === "false"));
  // As text, a browser would remember it among what was typed into such fields.
  fieldOf(button).form.addEventListener("submit", () => show(button, false));
}
