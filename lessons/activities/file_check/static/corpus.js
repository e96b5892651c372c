// A corpus file is counted by a worker in this browser. Only the figures that are shown go into the form. What was
// counted is kept here, since the page may be exchanged under it when a run ends or something is opened.
import { find, findAll, onArrival } from "../../classroom/js/page.js";

let worker = null;
let shown = null; // {share}, {problem} or {figures}

const form = () => find("data-corpus");

function say(text, isWrong = false) {
  const told = find("data-told", form());
  told.textContent = text;
  told.classList.toggle("bad", isWrong);
}

function fill(figures) {
  for (const [name, value] of Object.entries(figures)) form().elements[name].value = value;
  const texts = {
    words: figures.words.toLocaleString("en"),
    lines: figures.lines.toLocaleString("en"),
    bytes: figures.bytes < 1e6 ? `${(figures.bytes / 1024).toFixed(1)} KB` : `${(figures.bytes / 2 ** 20).toFixed(1)} MB`,
    encoding: figures.encoding,
    fingerprint: `${figures.fingerprint.slice(0, 16)}…`,
  };
  for (const place of findAll("data-figure", form())) place.textContent = texts[place.dataset.figure];
  const { fingerprint: before, same, other, counted, least, short } = form().dataset;
  if (figures.words < least) return say(short.replace("{n}", texts.words));
  say(before ? (before === figures.fingerprint ? same : other) : counted);
}

function show(now) {
  shown = now;
  if (!form()) return;
  const { share, problem, figures } = now ?? {};
  find("data-count", form()).hidden = share === undefined;
  find("data-figures", form()).hidden = !figures;
  // What is too short to work with is counted, and there is nothing to save.
  find("data-keep", form()).hidden = !figures || figures.words < form().dataset.least;
  if (share !== undefined) {
    form().querySelector("progress").value = share;
    find("data-says", form()).textContent = `${form().dataset.counting}: ${Math.round(100 * share)} %`;
  }
  if (figures) fill(figures);
  else say(problem ? form().dataset[problem] : "", Boolean(problem));
}

function stop(now) {
  worker?.terminate();
  worker = null;
  show(now);
}

function count(file) {
  stop(null);
  const type = file.name.split(".").pop().toLowerCase();
  if (!form().dataset.types.split(" ").includes(type)) return show({ problem: "wrongType" });
  show({ share: 0 });
  worker = new Worker(form().dataset.worker);
  worker.addEventListener("message", ({ data: { done, of, problem, figures } }) => {
    if (done) show({ share: done / of });
    else stop(problem ? { problem } : { figures: { ...figures, type } });
  });
  worker.addEventListener("error", () => stop({ problem: "unreadable" }));
  worker.postMessage(file);
}

document.addEventListener("change", ({ target }) => {
  if (target.matches?.("[data-corpus] [data-file]") && target.files[0]) count(target.files[0]);
});
// What is sent is the server's to show.
document.addEventListener("submit", ({ target }) => target === form() && !worker && (shown = null));
function arrive() {
  // Without JavaScript the field would promise what it cannot do.
  for (const field of findAll("data-file")) field.disabled = false;
  if (shown) show(shown);
}
onArrival(arrive, { when: "htmx:afterSwap" });
