// A small calculator beside the sheet. It reads sums itself: the page's policy allows no other way, and none is needed.
import { find, speak } from "../../classroom/js/page.js";
import { liveCell, type } from "./worksheet.js";

const WRITTEN = { "×": "*", "·": "*", "÷": "/", ":": "/", "−": "-", "–": "-", ",": "." };

// A sum is of products, a product of factors, and a factor is a number, something in brackets, or either with a sign.
// NaN for what is none of these. Brackets that are still open close at the end.
export function worth(text) {
  const signs = text.replace(/[×·÷:−–,]/g, (sign) => WRITTEN[sign]).match(/\d+\.?\d*|\.\d+|\S/g) ?? [];
  let at = 0;
  const chain = (part, [first, second], join) => {
    let value = part();
    while (signs[at] === first || signs[at] === second) value = join(value, signs[at++] === first, part());
    return value;
  };
  const sum = () => chain(product, "+-", (one, isPlus, other) => (isPlus ? one + other : one - other));
  const product = () => chain(factor, "*/", (one, isTimes, other) => (isTimes ? one * other : one / other));
  function factor() {
    const sign = signs[at++];
    if (sign === "-") return -factor();
    if (sign === "+") return factor();
    if (sign !== "(") return /\d/.test(sign) ? Number(sign) : NaN;
    const value = sum();
    if (signs[at] === ")") at += 1;
    else if (at < signs.length) return NaN;
    return value;
  }
  const value = sum();
  return at < signs.length ? NaN : value;
}

function written(value, hasComma) {
  const text = String(Number(value.toFixed(6))).replace("-", "−");
  return hasComma ? text.replace(".", ",") : text;
}

const panel = () => find("data-calc");
const line = () => find("data-calc-line");
let result = ""; // of what stands in the line; none once it was changed

function show(text, isResult) {
  result = isResult ? text : "";
  find("data-calc-result").textContent = isResult ? `= ${text}` : text;
  find("data-calc-use").disabled = !isResult;
}

function equals() {
  const text = line().value;
  const value = worth(text);
  if (Number.isFinite(value)) show(written(value, text.includes(",")), true);
  else show(text.trim() && find("data-calc-result").dataset.unclear, false);
}

function press(key) {
  if (key === "=") return equals();
  const input = line();
  if (key === "clear") input.value = "";
  // Whoever goes on from a result takes it along; whoever types a number begins anew.
  if (result && key !== "back") input.value = /[\d.(]/.test(key) ? "" : result;
  const [start, end] = result ? [input.value.length, input.value.length] : [input.selectionStart, input.selectionEnd];
  if (key === "back") input.setRangeText("", start === end ? Math.max(start - 1, 0) : start, end, "end");
  else if (key !== "clear") input.setRangeText(key, start, end, "end");
  show("", false);
}

// While it is open on a phone its keys are the keypad, for the cells as well.
function toggle(isOpen) {
  panel().hidden = !isOpen;
  find("data-opens-calc").setAttribute("aria-expanded", String(isOpen));
  const isByThumb = matchMedia("(hover: none)").matches;
  line().inputMode = isByThumb ? "none" : "decimal";
  for (const cell of panel().closest("form").querySelectorAll(".cell__input")) {
    cell.inputMode = isOpen && isByThumb ? "none" : "decimal";
  }
  if (!isOpen) return find("data-opens-calc").focus({ preventScroll: true });
  // Both in view: where to work it out, and the cell that it is for.
  panel().scrollIntoView({ block: "nearest" });
  liveCell().scrollIntoView({ block: "nearest" });
  line().focus({ preventScroll: true });
}

function use() {
  const cell = liveCell();
  type(cell, result);
  toggle(false);
  speak(`${find("data-calc-use").dataset.used} ${cell.getAttribute("aria-label")}`);
}

document.addEventListener("click", ({ target }) => {
  const at = (mark) => target.closest?.(`[${mark}]`);
  if (at("data-opens-calc")) toggle(panel().hidden);
  else if (at("data-calc-close")) toggle(false);
  else if (at("data-calc-use")) use();
  else if (at("data-key")) press(at("data-key").dataset.key);
});
// A press on a key leaves the caret where it is.
document.addEventListener("pointerdown", (event) => event.target.closest?.("[data-key]") && event.preventDefault());
document.addEventListener("input", ({ target }) => target === line() && show("", false));
document.addEventListener("keydown", (event) => {
  if (!panel()?.contains(event.target)) return;
  if (event.key === "Escape") toggle(false);
  if (event.target !== line() || !["Enter", "="].includes(event.key)) return;
  event.preventDefault();
  equals();
});
