// Logging out with something unsent on this device needs a second press.
const PREFIX = "downhill:outbox:";

function unsent() {
  try {
    const boxes = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    const all = boxes.flatMap((key) => JSON.parse(localStorage.getItem(key)) ?? []);
    return all.filter(({ person }) => person === document.body.dataset.person);
  } catch {
    return [];
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[action$='/accounts/logout/']");
  const waiting = form && !form.dataset.warned ? unsent() : [];
  if (!waiting.length) return;
  event.preventDefault();
  form.dataset.warned = "yes";
  const banner = document.getElementById("banner");
  const unsaid = [...new Set(waiting.map(({ what }) => what))].join(", ");
  banner.textContent = banner.dataset.leaving.replace("{what}", unsaid);
  banner.dataset.says = "leaving";
  banner.hidden = false;
});
