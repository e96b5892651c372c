// After an answer the focus is at what is wrong, at the first open cell of a sheet that was checked, or at the heading.
import { find, speak } from "../../classroom/js/page.js";

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "part") return;
  // A run that ends, and an answer that was waiting, come by themselves: who reads or writes goes on.
  if (event.detail.requestConfig?.elt?.matches("[data-trial]") || document.activeElement?.matches("textarea")) return;
  const part = document.getElementById("part");
  if (!part.querySelector("[data-worksheet], .taken, .reading") && part.querySelector("[data-predict]")) return;
  const open = [...part.querySelectorAll(".cell:not(.cell--scratch) .cell__input")].find(({ value }) => !value);
  const wasChecked = part.querySelector(".cell--right, .cell--rounded, .cell--not_yet");
  (part.querySelector("[aria-invalid=true]") ?? (wasChecked && open) ?? part.querySelector("h1"))?.focus();
  speak(find("data-verdict", part)?.textContent ?? "");
});
