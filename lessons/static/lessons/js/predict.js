// Sliders and what is dragged on a chart follow each other; a reveal is spoken once.
const find = (mark, root = document) => root.querySelector(`[${mark}]`);

// A slider, its field and its chart are one number.
function follow(box, value) {
  const [range, field] = [find("data-range", box), box.querySelector("input:not([type])")];
  if (range.value !== String(value)) range.value = value;
  range.classList.toggle("slider__range--unset", field.value === "");
  const chart = find("data-drag", box);
  if (chart) {
    const [low, high, start, end] = chart.dataset.xAxis.split(" ").map(Number);
    const at = start + ((Number(range.value) - low) / (high - low)) * (end - start);
    const curve = find("data-curve", chart);
    curve.setAttribute("transform", curve.getAttribute("transform").replace(/\([\d.-]+/, `(${at.toFixed(2)}`));
    curve.classList.toggle("lowest__unset", field.value === "");
    const says = find("data-at", chart);
    if (field.value !== "") says.textContent = says.dataset.at.replace("{n}", field.value);
  }
}
function set(box, value) {
  const field = box.querySelector("input:not([type])");
  field.value = value;
  follow(box, value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
document.addEventListener("input", ({ target }) => {
  const box = target.closest?.("[data-slider], [data-play]");
  if (!box) return;
  if (target.matches("[data-range]")) set(box, target.value);
  else if (Number.isFinite(Number(target.value.replace(",", ".")))) follow(box, Number(target.value.replace(",", ".")));
});
document.addEventListener("change", ({ target }) => {
  if (target.matches?.("[data-play] [data-range]")) target.form.requestSubmit();
});

function drag(event) {
  const figure = event.target.closest?.("[data-drag]");
  if (!figure || (event.type === "pointermove" && !event.buttons)) return;
  const drawn = figure.querySelector("svg").getBoundingClientRect();
  const [low, high, start, end] = figure.dataset.xAxis.split(" ").map(Number);
  const x = ((event.clientX - drawn.left) / drawn.width) * 400;
  const box = figure.closest("[data-slider]");
  const range = find("data-range", box);
  range.value = low + ((x - start) / (end - start)) * (high - low); // the slider keeps to its steps
  set(box, range.value);
  if (event.type === "pointerdown") figure.setPointerCapture?.(event.pointerId);
}
for (const kind of ["pointerdown", "pointermove"]) document.addEventListener(kind, drag);

// After drafts.js, which puts the text back.
let caret = {};
document.addEventListener("htmx:beforeSwap", () => {
  const { id, selectionStart: start, selectionEnd: end } = document.activeElement ?? {};
  caret = { id, start, end };
});
document.addEventListener("htmx:afterSwap", () => {
  const writing = document.activeElement;
  if (writing?.matches("textarea") && writing.id === caret.id) writing.setSelectionRange(caret.start, caret.end);
});

function speak(text) {
  const [spoken, said] = [document.getElementById("spoken"), text.replace(/\s+/g, " ").trim()];
  if (spoken.textContent !== said) spoken.textContent = said;
}
function tellWhatIsNew(part) {
  const all = [...part.querySelectorAll(".rate__summary, [data-says], [data-waits]")];
  const heard = all.filter((each) => !each.closest("#play, #worked")); // these are no news
  if (heard.length) speak(heard.map(({ textContent }) => textContent).join(" "));
}

function furnish() {
  for (const range of document.querySelectorAll("[data-range]")) {
    range.hidden = false;
    const box = range.closest("[data-slider], [data-play]");
    const typed = box.querySelector("input:not([type])").value.replace(",", ".");
    if (typed !== "" && Number.isFinite(Number(typed))) follow(box, Number(typed));
  }
}
let state = "";
const stateOf = (predict) => (predict ? `${predict.dataset.item}.${predict.dataset.state}.${predict.dataset.turn}` : "");
function arrive() {
  furnish();
  state = stateOf(find("data-predict"));
}

let wasSliding = false;
document.addEventListener("htmx:beforeSwap", () => (wasSliding = Boolean(document.activeElement?.matches("[data-range]"))));
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const part = document.getElementById("part");
  if (!["part", "play"].includes(detail.elt.id) || !find("data-predict", part)) return;
  const before = state;
  arrive();
  if (wasSliding) find("data-range", part)?.focus(); // hidden until now, it could not keep the focus
  if (detail.elt.id === "play") return speak([...part.querySelectorAll("#play .rate__summary, #play .field__error")].map((each) => each.textContent).join(" "));
  if (state === before) return;
  // What the instructor opens appears by itself: it takes the focus from nobody.
  if (detail.requestConfig?.elt?.id !== "stage" || document.activeElement === document.body) part.querySelector("h1").focus();
  if (!part.querySelector("[data-drawn=not-yet]")) tellWhatIsNew(part);
});
document.addEventListener("drawn", ({ target }) => {
  if (!target.closest("#play")) tellWhatIsNew(document.getElementById("part"));
});

// What cannot be read is said at its field, too.
function mark(form, html) {
  const told = new DOMParser().parseFromString(html, "text/html").querySelectorAll("[data-refusal-of]");
  const refused = new Map([...told].map((each) => [each.dataset.refusalOf, each.textContent]));
  let first = null;
  for (const says of form.querySelectorAll("[data-error]")) {
    const named = form.elements[says.dataset.error];
    const field = named instanceof RadioNodeList ? named[0] : named;
    says.textContent = refused.get(says.dataset.error) ?? "";
    says.hidden = !says.textContent;
    if (says.hidden) field?.removeAttribute("aria-invalid");
    else field?.setAttribute("aria-invalid", "true");
    if (!says.hidden) first ??= field;
  }
  first?.closest("details")?.setAttribute("open", "");
  first?.focus();
}
document.addEventListener("htmx:responseError", ({ detail }) => {
  const form = detail.requestConfig.elt;
  if (detail.xhr.status === 400 && form.querySelector?.("[data-error]")) mark(form, detail.xhr.responseText);
});
// Sent from the outbox, later.
document.addEventListener("refused", ({ target, detail }) => mark(target, detail));

// Sealed on another device, or closed meanwhile: show how it stands.
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (!detail.requestConfig.elt.matches?.("[data-predict-form]") || detail.xhr.status !== 409) return;
  const address = new URL(location.href);
  address.searchParams.set("item", find("data-predict").dataset.item);
  htmx.ajax("GET", address.href, { target: "#part", select: "#part", swap: "outerHTML" });
});
arrive();
document.addEventListener("restored", furnish);
