// Says since when nothing has been heard from Downhill, on the pages of whoever leads a class. A server that does not
// answer is no error for as long as it is asked: the page would go on showing an old count.
import { find } from "./page.js";

const SILENT = 6000; // four questions

const mark = find("data-silent");
let heardAt = Date.now();
let isLost = false;

function show() {
  const isSilent = isLost || Date.now() - heardAt > SILENT;
  if (isSilent && mark.hidden) {
    const time = new Date(heardAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    mark.textContent = mark.dataset.silent.replace("{time}", time);
  }
  mark.hidden = !isSilent;
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { status = 0 } = detail.xhr ?? {};
  isLost = status === 0 || status >= 500; // what stands before Downhill says that it is not there
  if (!isLost) heardAt = Date.now();
  show();
});
// A page that was hidden has not asked.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) heardAt = Math.max(heardAt, Date.now() - SILENT / 2);
});
setInterval(() => document.hidden || show(), 1000);
