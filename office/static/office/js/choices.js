// Select2 puts parts of its own in the place of a select, and names none of them: each is named after the select's label.

const $ = window.django?.jQuery;

function name(select) {
  const label = select.labels[0];
  const box = select.nextElementSibling?.querySelector("[role=combobox]");
  if (!label || !box) return;
  const shown = box.querySelector(".select2-selection__rendered");
  label.id ||= `${select.id}-label`;
  shown.removeAttribute("role");
  shown.removeAttribute("aria-readonly");
  box.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
  // A press on the label leads to the select, which is not to be seen.
  label.addEventListener("click", () => box.focus());
  $(select).on("select2:open", () => {
    document.querySelector(".select2-container--open .select2-search__field").setAttribute("aria-label", label.textContent.trim());
    document.querySelector(".select2-results__options").setAttribute("aria-label", label.textContent.trim());
  });
}

// After Django's own, which began to wait for the page before this.
$?.(() => document.querySelectorAll("select.admin-autocomplete").forEach(name));
