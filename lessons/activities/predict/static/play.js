// A slider that one may play with runs as soon as it is let go, and what comes of it is spoken.
import { speakOnce } from "../../classroom/js/page.js";

document.addEventListener("change", ({ target }) => {
  if (target.matches?.("[data-play] [data-range]")) target.form.requestSubmit();
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.elt.id !== "play") return;
  const outcome = document.querySelectorAll("#play .rate__summary, #play .field__error");
  speakOnce([...outcome].map(({ textContent }) => textContent).join(" "));
});
