// Says calmly when something did not get through, and why; hides again with the next success.
const banner = document.getElementById("banner");

function show(text) {
  banner.textContent = text;
  banner.hidden = false;
  delete banner.dataset.says;
}

const refusal = (html) =>
  new DOMParser().parseFromString(html, "text/html").querySelector("[data-refusal]")?.textContent;

for (const lost of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(lost, () => show(banner.dataset.lost));
document.addEventListener("htmx:responseError", (event) => {
  show(refusal(event.detail.xhr.responseText) ?? banner.dataset.lost);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) banner.hidden = true;
});

// Another tab may have logged in meanwhile, which renews the token that this page was made with.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (token && event.detail.parameters.csrfmiddlewaretoken) event.detail.parameters.csrfmiddlewaretoken = token;
});
