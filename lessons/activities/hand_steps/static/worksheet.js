// Enter flows down the column and never checks; ± changes a sign; what is copied elsewhere follows.
import { find, findAll } from "../../classroom/js/page.js";

document.addEventListener("keydown", (event) => {
  const input = event.target.closest?.("[data-worksheet] .cell__input");
  if (!input || event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  below(input)?.focus();
});

const isSum = (cell) => cell.closest("tbody").classList.contains("worksheet__sums");

function below(input) {
  const column = input.closest("td").cellIndex;
  const table = input.closest("table");
  const inputs = [...table.querySelectorAll(".cell__input")];
  const after = inputs.slice(inputs.indexOf(input) + 1);
  return (
    after.find((cell) => !isSum(cell) && cell.closest("td").cellIndex === column) ??
    inputs.find((cell) => !isSum(cell) && !isSum(input) && cell.closest("td").cellIndex === column + 1) ??
    after.find(isSum) ??
    input.form.querySelector("[type=submit]")
  );
}

// The keypad of a phone has no minus. Taking the press away from the button leaves the keypad where it is.
document.addEventListener("pointerdown", (event) => event.target.closest?.("[data-sign]") && event.preventDefault());
document.addEventListener("click", (event) => {
  const key = event.target.closest?.("[data-sign]");
  if (!key) return;
  const input = document.getElementById(key.dataset.sign);
  const bare = input.value.trimStart().replace(/^[-−–]/, "");
  input.value = bare.length < input.value.trimStart().length ? bare : `−${bare}`;
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

// The line above the sheet says what the cell at hand asks for.
document.addEventListener("focusin", (event) => {
  const line = event.target.dataset?.line;
  const here = line && event.target.form && find("data-here", event.target.form);
  if (here) here.textContent = line;
});

function mirror(sheet) {
  for (const copy of sheet ? findAll("data-mirror", sheet) : []) {
    copy.textContent = sheet.querySelector(`#${copy.dataset.mirror}`).value;
  }
}
for (const kind of ["input", "restored"]) {
  document.addEventListener(kind, ({ target }) => mirror(target.closest?.("[data-worksheet]")));
}

// Steps typed without a connection have their cells one below the other.
document.addEventListener("keydown", (event) => {
  const input = event.target.closest?.("[data-later-step] .cell__input");
  if (!input || event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  const stops = [...input.form.querySelectorAll(".cell__input, [type=submit]")];
  stops[stops.indexOf(input) + 1].focus();
});
