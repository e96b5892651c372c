// Enter flows down the column and never checks; ± changes a sign; what is typed anew has no verdict any more.
import { find, findAll, onArrival, speak } from "../../classroom/js/page.js";

const CELL = ".cell .cell__input";
const cellOf = (target) => (target.matches?.(CELL) ? target : null);

document.addEventListener("keydown", (event) => {
  const input = cellOf(event.target)?.closest("[data-worksheet] .cell__input");
  if (!input || event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  below(input)?.focus();
});

const isSum = (cell) => cell.closest("tbody").classList.contains("worksheet__sums");

function below(input) {
  const column = input.closest("td").cellIndex;
  // Rough work leads on to rough work, and what is asked for to what is asked for.
  const own = input.closest(".cell--scratch") ? ".cell__input" : ".cell:not(.cell--scratch) .cell__input";
  const inputs = [...input.closest("table").querySelectorAll(own)];
  const after = inputs.slice(inputs.indexOf(input) + 1);
  return (
    after.find((cell) => !isSum(cell) && cell.closest("td").cellIndex === column) ??
    inputs.find((cell) => !isSum(cell) && !isSum(input) && cell.closest("td").cellIndex === column + 1) ??
    after.find(isSum) ??
    find("data-check", input.form)
  );
}

// The cell at hand: where somebody was last, or the first that is open. The one ± key stands there.
let last = null;
export function liveCell() {
  if (!last?.isConnected) last = find("data-sign")?.closest(".cell").querySelector("input") ?? document.querySelector(CELL);
  return last;
}

document.addEventListener("focusin", ({ target }) => {
  const input = cellOf(target);
  if (!input) return;
  last = input;
  const key = find("data-sign");
  if (key && !input.parentElement.contains(key)) input.before(key);
  const { line, hint } = input.dataset;
  for (const [mark, text] of [["data-here", line], ["data-hint-here", hint]]) {
    const place = text && input.form && find(mark, input.form);
    if (place) place.textContent = text;
  }
  const { top } = input.getBoundingClientRect();
  if (!placeHint()) return;
  // It goes from row to row, and the row that was tapped stays under the thumb.
  scrollBy({ top: input.getBoundingClientRect().top - top, behavior: "instant" });
  showHint();
});

// Over the bar at a phone's lower edge a hint would cover what it is about: it stands under the row of its cell. Tells
// whether it does.
function placeHint() {
  const hint = find("data-hint-fold");
  if (!hint) return false;
  const says = find("data-hint-here");
  const held = find("data-hint-row");
  if (!hint.open || getComputedStyle(hint.parentElement).position !== "sticky") {
    hint.append(says);
    held.hidden = true;
    return false;
  }
  const row = liveCell().closest("tr");
  if (!row) return false;
  const said = row.nextElementSibling;
  // A sum has its sentence right below it, and that comes first.
  (said?.matches(".worksheet__says:not([data-hint-row])") && isSum(liveCell()) ? said : row).after(held);
  held.firstElementChild.append(says);
  held.hidden = false;
  return true;
}

// What is said of the cell, the hint and the cell: all three in view.
function showHint() {
  const said = document.getElementById(liveCell().getAttribute("aria-describedby"))?.closest(".says__said");
  for (const each of [said, find("data-hint-here"), liveCell()]) each?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("toggle", ({ target }) => {
  if (!target.matches("[data-hint-fold]") || !placeHint()) return;
  speak(find("data-hint-here").textContent);
  showHint();
}, true);

// Somebody else than a person has typed here: whatever follows what is typed is told.
export function type(input, text) {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// Whatever the server reads as a minus or a plus.
const SIGN = /^[\s\p{Cf}]*(?:([\p{Pd}−➖˗ーｰ─━⎯⁃])|[+＋﹢﬩➕])?/u;
function flip(input) {
  const [before, minus] = input.value.match(SIGN);
  type(input, (minus ? "" : "−") + input.value.slice(before.length));
}

// The keypad of a phone has no minus. Taking the press away from the button leaves the keypad where it is.
document.addEventListener("pointerdown", (event) => event.target.closest?.("[data-sign]") && event.preventDefault());
document.addEventListener("click", ({ target }) => {
  const key = target.closest?.("[data-sign]");
  if (!key) return;
  const input = key.closest(".cell").querySelector("input");
  flip(input);
  input.focus();
});

// One lost minus, mended wherever it went, a new w that follows from it included.
document.addEventListener("click", ({ target }) => {
  const key = target.closest?.("[data-flip]");
  if (!key) return;
  const { flip: cells, newW, flipped } = key.dataset;
  const { form } = key;
  const named = (name) => form.querySelector(`#${CSS.escape(name)}`);
  for (const name of cells.split(" ")) flip(named(name));
  if (newW) type(named("w"), newW);
  lookAhead(form, flipped);
  find("data-check", form)?.focus({ preventScroll: true }); // the key itself is gone with what was said
  speak(flipped);
});

// What is next, once cells were filled by a key: the first that is empty or wrong, or to check.
function lookAhead(form, ifNone) {
  const next = [...form.querySelectorAll(".cell:not(.cell--scratch) .cell__input")].find(
    (cell) => !cell.value.trim() || cell.matches("[aria-invalid], .cell--follows *"),
  );
  for (const row of form.querySelectorAll(".worksheet__row--here")) row.classList.remove("worksheet__row--here");
  next?.closest("tr").classList.add("worksheet__row--here");
  find("data-here", form).textContent = next?.dataset.line ?? ifNone;
  find("data-hint-here", form).textContent = next?.dataset.hint ?? ifNone;
}

function forget(input) {
  const cell = input.closest(".cell");
  const mark = cell.querySelector(".cell__mark");
  cell.className = cell.className.replace(/\bcell--(?!scratch)\w+/g, "");
  mark.textContent = "";
  mark.removeAttribute("role");
  mark.removeAttribute("aria-label");
  for (const name of ["aria-invalid", "aria-describedby"]) input.removeAttribute(name);
  const said = input.form?.querySelector(`[data-said-at="${input.id}"]`);
  if (said) said.hidden = true;
}

function mirror(sheet) {
  for (const copy of sheet ? findAll("data-mirror", sheet) : []) {
    copy.textContent = sheet.querySelector(`#${copy.dataset.mirror}`).value;
  }
}

document.addEventListener("input", ({ target }) => {
  const input = cellOf(target);
  if (!input) return;
  forget(input);
  mirror(input.closest("[data-worksheet]"));
});
document.addEventListener("restored", ({ target }) => {
  for (const input of target.querySelectorAll(CELL)) if (input.value !== input.defaultValue) forget(input);
  mirror(target.closest("[data-worksheet]"));
});

// What only this script can do is hidden without it.
onArrival(() => {
  for (const mark of ["data-sign", "data-flip", "data-opens-calc"]) {
    for (const key of findAll(mark)) key.hidden = false;
  }
});

// Steps typed without a connection have their cells one below the other.
document.addEventListener("keydown", (event) => {
  const input = event.target.closest?.("[data-later-step] .cell__input");
  if (!input || event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  const stops = [...input.form.querySelectorAll(".cell__input, [type=submit]")];
  stops[stops.indexOf(input) + 1].focus();
});
