// Brings the page of a class up to date in place: what has not changed is not touched, so that nothing flickers,
// scrolls, closes or loses the focus.
import { find, findAll, parsed, speak } from "./page.js";

const root = () => find("data-morph");
const SPOKEN_EVERY = 15000;
// What belongs to whoever looks at the page, and is not the server's to change.
const OWN = ["open", "tabindex"];

// A figure that draws itself moves its own pieces: it is left to that until the server has another one.
const given = new WeakMap();
const remember = () => findAll("data-draws").forEach((each) => given.has(each) || given.set(each, each.outerHTML));
function isDrawn(old, fresh) {
  if (!fresh.hasAttribute("data-draws")) return false;
  const html = fresh.outerHTML;
  const known = given.get(old) === html;
  given.set(old, html);
  return known;
}
remember();

function morph(old, fresh) {
  if (isDrawn(old, fresh)) return;
  for (const { name } of [...old.attributes]) {
    if (!OWN.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!OWN.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  morphChildren(old, fresh);
}

const alike = (one, other) =>
  one?.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id ?? "") === (other.id ?? "");

function morphChildren(old, fresh) {
  const named = new Map([...old.children].filter(({ id }) => id).map((each) => [each.id, each]));
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = wanted.id ? named.get(wanted.id) : at;
    if (!alike(known, wanted)) {
      old.insertBefore(wanted, at);
      if (wanted.nodeType === Node.ELEMENT_NODE) remember();
      continue;
    }
    if (known === at) at = at.nextSibling;
    else old.insertBefore(known, at);
    if (known.nodeType === Node.ELEMENT_NODE) morph(known, wanted);
    else if (known.data !== wanted.data) known.data = wanted.data;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const callsIn = (element) => findAll("data-call", element);
let toSay = [];
let saidAt = 0;

// A screen reader hears of new calls for help alone, and at most four times a minute.
function speakOfCalls() {
  if (!toSay.length || Date.now() - saidAt < SPOKEN_EVERY) return;
  speak(toSay.join(". "));
  [toSay, saidAt] = [[], Date.now()];
}

document.addEventListener("htmx:afterRequest", ({ detail: { xhr, elt } }) => {
  speakOfCalls();
  const ours = elt.matches("[data-morph]") || elt.closest("[data-morphs]");
  if (!ours || xhr.status !== 200) return;
  const fresh = find("data-morph", parsed(xhr.responseText));
  if (!fresh) return;
  const known = new Set(callsIn(root()).map(({ id }) => id));
  toSay.push(...callsIn(fresh).filter(({ id }) => !known.has(id)).map(({ dataset }) => dataset.call));
  const focused = document.activeElement;
  morph(root(), fresh);
  htmx.process(root());
  if (focused && !focused.isConnected) root().querySelector("[data-focus], button, a")?.focus();
  document.dispatchEvent(new Event("page:changed"));
  speakOfCalls();
});
