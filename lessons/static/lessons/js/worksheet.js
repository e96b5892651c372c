// Enter flows down the column and never checks; after a check the first open cell has the focus.
document.addEventListener("keydown", (event) => {
  const input = event.target.closest?.("[data-worksheet] .cell__input");
  if (!input || event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  below(input)?.focus();
});

function below(input) {
  const column = input.closest("td").cellIndex;
  const table = input.closest("table");
  const inputs = [...table.querySelectorAll(".cell__input")];
  const after = inputs.slice(inputs.indexOf(input) + 1);
  const isSum = (cell) => cell.closest("tbody").classList.contains("worksheet__sums");
  return (
    after.find((cell) => !isSum(cell) && cell.closest("td").cellIndex === column) ??
    inputs.find((cell) => !isSum(cell) && !isSum(input) && cell.closest("td").cellIndex === column + 1) ??
    after.find(isSum) ??
    input.form.querySelector("[type=submit]")
  );
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "part") return;
  const part = document.getElementById("part");
  (part.querySelector("[aria-invalid=true]") ?? part.querySelector("h1"))?.focus();
});
