// Sealed on another device, or closed meanwhile: the question is shown as it stands.
import { lookAgain } from "../../lessons/js/part.js";

document.addEventListener("htmx:responseError", ({ detail }) => {
  const form = detail.requestConfig.elt;
  if (form.matches?.("[data-predict-form]") && detail.xhr.status === 409) lookAgain(form);
});
