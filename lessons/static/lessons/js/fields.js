// A field of a form and the line under it that says what is wrong (`data-error`, with `data-missing` for what is empty).
export const fieldOf = (form, says) => {
  const named = form.elements[says.dataset.error];
  return named instanceof RadioNodeList ? named[0] : named;
};

const valueOf = (form, says) => form.elements[says.dataset.error].value.trim();
export const isMissing = (form) => (says) => fieldOf(form, says).required && !valueOf(form, says);

export function say(form, says, text) {
  says.textContent = text;
  says.hidden = !text;
  if (text) fieldOf(form, says)?.setAttribute("aria-invalid", "true");
  else fieldOf(form, says)?.removeAttribute("aria-invalid");
}
