// What is new about a question is spoken once, as soon as it is drawn. Comes after rates.js, which draws.
import { find, speakOnce } from "../../classroom/js/page.js";

function stateNow() {
  const predict = find("data-predict");
  return predict ? `${predict.dataset.item}.${predict.dataset.state}.${predict.dataset.turn}` : "";
}
let state = stateNow();

function tell() {
  const all = [...document.querySelectorAll("#part :is(.rate__summary, [data-says], [data-waits])")];
  const heard = all.filter((each) => !each.closest("#play, #worked")); // these are no news
  if (heard.length) speakOnce(heard.map(({ textContent }) => textContent).join(" "));
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.elt.id !== "part" || !find("data-predict")) return;
  const before = state;
  state = stateNow();
  if (state === before) return;
  if (!find("data-drawn=not-yet", detail.elt)) tell();
});
document.addEventListener("drawn", ({ target }) => {
  if (!target.closest("#play")) tell();
});
