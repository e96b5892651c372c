// Says calmly when something did not get through, and why; hides again with the next success. A refusal of what was sent
// stands until something is changed or sent: a page that asks what is new does not take it away.
import { csrfToken, find, parsed } from "./page.js";

const banner = document.getElementById("banner");

// A page that says since when it has heard nothing needs no second word of it.
const lost = find("data-silent") ? "" : banner.dataset.lost;

function show(text, isRefusal = false) {
  if (!text) return;
  if (banner.textContent !== text) banner.textContent = text; // heard again by a screen reader, each time it is put
  banner.hidden = false;
  if (isRefusal) banner.dataset.says = "refused";
  else delete banner.dataset.says;
}
const isStanding = () => banner.dataset.says === "refused";
const isSent = (detail) => detail.requestConfig?.verb !== "get";
function calm() {
  banner.hidden = true;
  if (isStanding()) delete banner.dataset.says;
}

const refusal = (html) => find("data-refusal", parsed(html))?.textContent;

for (const failure of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(failure, () => show(lost));
document.addEventListener("htmx:responseError", (event) => {
  const said = refusal(event.detail.xhr.responseText);
  show(said ?? lost, Boolean(said) && isSent(event.detail));
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful && (isSent(detail) || !isStanding())) calm();
});
document.addEventListener("input", () => isStanding() && calm());

// Another tab may have logged in meanwhile, which renews the token that this page was made with.
document.addEventListener("htmx:configRequest", (event) => {
  const token = csrfToken();
  if (token && event.detail.parameters.csrfmiddlewaretoken) event.detail.parameters.csrfmiddlewaretoken = token;
});
