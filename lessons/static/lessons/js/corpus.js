// A corpus file is counted by a worker in this browser. Only the figures that are shown go into the form.
let worker = null;

function say(form, text, isWrong = false) {
  const told = form.querySelector("[data-told]");
  told.textContent = text;
  told.classList.toggle("bad", isWrong);
}

function show(form, figures) {
  for (const [name, value] of Object.entries(figures)) form.elements[name].value = value;
  const shown = {
    words: figures.words.toLocaleString("en"),
    lines: figures.lines.toLocaleString("en"),
    bytes: figures.bytes < 1e6 ? `${(figures.bytes / 1024).toFixed(1)} KB` : `${(figures.bytes / 2 ** 20).toFixed(1)} MB`,
    encoding: figures.encoding,
    fingerprint: `${figures.fingerprint.slice(0, 16)}…`,
  };
  for (const place of form.querySelectorAll("[data-figure]")) place.textContent = shown[place.dataset.figure];
  form.querySelector("[data-figures]").hidden = form.querySelector("[data-keep]").hidden = false;
  const { fingerprint: before, same, other, counted } = form.dataset;
  say(form, before ? (before === figures.fingerprint ? same : other) : counted);
}

function clear(form) {
  worker?.terminate();
  worker = null;
  for (const mark of ["[data-count]", "[data-figures]", "[data-keep]"]) form.querySelector(mark).hidden = true;
  say(form, "");
}

function count(form, file) {
  clear(form);
  const type = file.name.split(".").pop().toLowerCase();
  if (!form.dataset.types.split(" ").includes(type)) return say(form, form.dataset.wrongType, true);
  const [box, bar] = [form.querySelector("[data-count]"), form.querySelector("progress")];
  box.hidden = false;
  box.querySelector("[data-says]").textContent = `${form.dataset.counting} …`;
  bar.value = 0;
  worker = new Worker(form.dataset.worker);
  worker.onmessage = ({ data: { done, of, problem, figures } }) => {
    if (done) {
      bar.value = done / of;
      box.querySelector("[data-says]").textContent = `${form.dataset.counting}: ${Math.round((100 * done) / of)} %`;
      return;
    }
    box.hidden = true;
    worker.terminate();
    if (problem) say(form, form.dataset[problem], true);
    else show(form, { ...figures, type });
  };
  worker.onerror = () => {
    box.hidden = true;
    say(form, form.dataset.unreadable, true);
  };
  worker.postMessage(file);
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest?.("[data-corpus]");
  if (form && target.matches("[data-file]") && target.files[0]) count(form, target.files[0]);
});
// Without JavaScript the field would promise what it cannot do.
const ready = () => document.querySelectorAll("[data-file]").forEach((field) => (field.disabled = false));
document.addEventListener("htmx:afterSwap", ready);
ready();
