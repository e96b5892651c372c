// “Bring everyone here”: the page goes to where the class is, by itself and once. Whoever is typing is told, and can stay;
// what they typed is a draft. What is on its way to the server gets there first.
import { find, speak } from "../../classroom/js/page.js";
import { fieldInUse, strip } from "./strip.js";

const BROUGHT = "downhill:brought";
const SECONDS = 3;
const IN_USE = 5000; // after the last key or tap
const PATIENCE = 15000;

let obeyed = "";
let movedAt = -IN_USE;
for (const moves of ["input", "change"]) document.addEventListener(moves, () => (movedAt = performance.now()));
const isInUse = () => Boolean(fieldInUse()) || performance.now() - movedAt < IN_USE;

function isNews(brought) {
  try {
    if (sessionStorage.getItem(BROUGHT) === brought) return false;
    sessionStorage.setItem(BROUGHT, brought);
  } catch {
    // no storage: the page itself remembers
  }
  const isNew = obeyed !== brought;
  obeyed = brought;
  return isNew;
}

let going = null;
function draw() {
  const tells = find("data-going", strip());
  if (!tells) return;
  tells.hidden = !going;
  if (going) find("data-going-in", tells).textContent = going.seconds;
}

const isSending = () => document.querySelector("form.htmx-request");
function go(to, until = performance.now() + PATIENCE) {
  if (isSending() && performance.now() < until) setTimeout(() => go(to, until), 100);
  else location.assign(to);
}

function stay() {
  clearInterval(going?.timer);
  going = null;
  draw();
}

function count() {
  going.seconds -= 1;
  draw();
  if (going.seconds > 0) return;
  const { to } = going;
  stay();
  go(to);
}

function obey() {
  draw();
  const { brought, to } = strip()?.dataset ?? {};
  if (!brought || !isNews(brought)) return;
  if (!to) {
    if (!isInUse()) document.getElementById("card")?.scrollIntoView();
  } else if (!isInUse()) go(to);
  else {
    stay();
    going = { to, seconds: SECONDS, timer: setInterval(count, 1000) };
    draw();
    speak(find("data-going", strip()).dataset.tells);
  }
}

document.addEventListener("click", ({ target }) => target.closest?.("[data-stay]") && stay());
document.addEventListener("keydown", ({ key }) => key === "Escape" && going && stay());
document.addEventListener("called", obey);
obey();
