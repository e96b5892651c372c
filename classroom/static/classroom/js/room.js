// Arrow keys go from question to question, unless a button or a link has the focus: a key pressed there is meant for it.
document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("button, a, input") || event.ctrlKey || event.metaKey || event.altKey) return;
  document.querySelector(`[data-way="${CSS.escape(event.key)}"]`)?.click();
});

// Said aloud only when something has happened, never for every answer that comes in.
let state = document.getElementById("question")?.dataset.state;
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.elt.id !== "question" || detail.elt.dataset.state === state) return;
  state = detail.elt.dataset.state;
  document.getElementById("spoken").textContent = document.querySelector(".wall__count").textContent;
  if (document.activeElement === document.body) document.querySelector(".wall__button")?.focus();
});
