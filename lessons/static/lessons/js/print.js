// The button that prints a page; without this script the browser's own menu does.
import { findAll } from "../../classroom/js/page.js";

for (const button of findAll("data-print")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
