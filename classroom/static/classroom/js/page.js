// What scripts share: finding what is marked, starting with a page, reading an answer, speaking.
export const find = (mark, root = document) => root.querySelector(`[${mark}]`);
export const findAll = (mark, root = document) => [...root.querySelectorAll(`[${mark}]`)];

// A behaviour starts on load, and again with what htmx has put into the page; `of` keeps to what has one of these ids.
export function onArrival(arrive, { of = [], when = "htmx:afterSettle" } = {}) {
  document.addEventListener(when, ({ detail: { elt } }) => {
    if (!of.length || of.includes(elt.id)) arrive(elt);
  });
  arrive(document);
}

export const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
export const csrfToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
export const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const inOneLine = (text) => text.replace(/\s+/g, " ").trim();
// For screen readers; the same words are heard again each time.
export function speak(text) {
  document.getElementById("spoken").textContent = inOneLine(text);
}
export function speakOnce(text) {
  if (document.getElementById("spoken").textContent !== inOneLine(text)) speak(text);
}
