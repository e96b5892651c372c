// Copies the address of a shared credential. On plain http there is no clipboard: then it is selected.
import { find, speak } from "../classroom/js/page.js";

const button = find("data-copy");
const field = find("data-copy-from");
if (button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    let says = button.dataset.byHand;
    try {
      await navigator.clipboard.writeText(field.value);
      says = button.dataset.copied;
    } catch {
      // no clipboard here
    }
    button.textContent = says;
    speak(says);
  });
}
