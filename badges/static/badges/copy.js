// Copies the address of a shared credential. On plain http there is no clipboard: then it is selected.
const button = document.querySelector("[data-copy]");
const field = document.querySelector("[data-copy-from]");
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
    document.getElementById("spoken").textContent = button.textContent = says;
  });
}
