// A table walked like a grid: one tab stop, arrows from cell to cell, Home, End and Page keys; Enter follows the link.
import { find } from "./page.js";

const table = () => find("data-arrows");
const rowsOf = () => [...(table()?.rows ?? [])].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));
// The tab stop stays with its student and part when rows are sorted anew.
const nameOf = (link) => link.getAttribute("href");
let here = "";

function settle() {
  if (!table()) return;
  const links = rowsOf().flat().filter(Boolean);
  const stop = links.find((link) => nameOf(link) === here) ?? links.find((link) => link.closest("tbody")) ?? links[0];
  for (const link of links) {
    const index = link === stop ? "0" : "-1";
    if (link.getAttribute("tabindex") !== index) link.setAttribute("tabindex", index);
  }
}

function target({ key, ctrlKey }, rows, y, x) {
  const last = rows.length - 1;
  const [row, column] =
    {
      ArrowUp: [y - 1, x],
      ArrowDown: [y + 1, x],
      ArrowLeft: [y, x - 1],
      ArrowRight: [y, x + 1],
      PageUp: [Math.max(y - 10, 1), x],
      PageDown: [Math.min(y + 10, last), x],
      Home: [ctrlKey ? 1 : y, 0],
      End: [ctrlKey ? last : y, rows[y].length - 1],
    }[key] ?? [];
  return rows[row]?.[column];
}

document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.("[data-arrows] a");
  if (!link || event.altKey || event.metaKey) return;
  const rows = rowsOf();
  const y = rows.findIndex((row) => row.includes(link));
  const next = target(event, rows, y, rows[y].indexOf(link));
  if (!next) return;
  event.preventDefault();
  next.focus();
});

document.addEventListener("focusin", ({ target: link }) => {
  if (!link.closest?.("[data-arrows]")) return;
  here = nameOf(link);
  settle();
});
document.addEventListener("page:changed", settle);
settle();
