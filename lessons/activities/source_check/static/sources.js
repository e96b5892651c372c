// On the source check only what applies is open: the supplied answer that was chosen, or the lines for one's own. A
// sentence of it that is tapped is the claim; tapped again, what had been typed is back.
import { find, findAll, onArrival } from "../../classroom/js/page.js";

const inOneLine = (text) => text.replace(/\s+/g, " ").trim();
const typedBefore = new WeakMap();

function follow(form) {
  const { supplied, claim, corrected, stamp } = form.elements;
  const chosen = supplied?.value ?? "own";
  for (const answer of findAll("data-supplied-answer", form)) answer.hidden = answer.dataset.suppliedAnswer !== chosen;
  const own = find("data-own", form);
  own.hidden = chosen !== "own";
  for (const field of own.querySelectorAll("input")) field.required = chosen === "own";
  for (const each of findAll("data-sentence", form)) {
    each.setAttribute("aria-pressed", inOneLine(each.textContent) === inOneLine(claim.value));
  }
  find("data-claim-text", form).textContent = claim.value;
  const revises = stamp.value === "revise";
  find("data-corrected", form).hidden = !revises;
  corrected.required = revises;
}

function makeTappable(form) {
  for (const sentence of findAll("data-sentence", form)) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "supplied__sentence" });
    button.dataset.sentence = "";
    button.textContent = sentence.textContent;
    sentence.replaceWith(button);
  }
  for (const hint of findAll("data-tap", form)) hint.hidden = false;
}

document.addEventListener("click", ({ target }) => {
  const sentence = target.closest("button[data-sentence]");
  if (!sentence) return;
  const { claim } = sentence.form.elements;
  const isClaim = sentence.getAttribute("aria-pressed") === "true";
  const isTyped = !sentence.form.querySelector("[data-sentence][aria-pressed=true]");
  if (isTyped) typedBefore.set(sentence.form, claim.value);
  claim.value = isClaim ? (typedBefore.get(sentence.form) ?? "") : inOneLine(sentence.textContent);
  claim.dispatchEvent(new Event("input", { bubbles: true }));
});
for (const kind of ["input", "restored"]) {
  document.addEventListener(kind, ({ target }) => {
    const form = target.closest?.("[data-sources]");
    if (form) follow(form);
  });
}
function start(form) {
  makeTappable(form);
  follow(form);
}
onArrival(() => findAll("data-sources").forEach(start), { when: "htmx:afterSwap" });
