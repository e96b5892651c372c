// A choice of appearance shows at once and is kept on the device; what stands on the page stays as it is.
import { csrfToken, findAll } from "./page.js";

const root = document.documentElement;

function show(words) {
  for (const button of findAll("data-look").flatMap((form) => [...form.querySelectorAll("[type=radio]")])) {
    if (!words.includes(button.value)) continue;
    button.checked = true;
    root.dataset[button.name] = button.value;
  }
}

document.addEventListener("change", ({ target }) => {
  const form = target.closest?.("[data-look]");
  if (!form) return;
  const chosen = new FormData(form);
  show([...chosen.values()]);
  chosen.set("csrfmiddlewaretoken", csrfToken()); // another tab may have logged in since
  fetch(form.action, { method: "POST", body: chosen, redirect: "manual" }).catch(() => {}); // then for this page alone
});
// The back button brings up a page that was made before the choice.
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) show(document.cookie.match(/(?:^|; )look=([^;]+)/)?.[1].split(".") ?? []);
});
for (const apply of findAll("data-look-apply")) apply.hidden = true;

// A menu closes at Escape, and at a press beside it.
document.addEventListener("keydown", ({ key }) => {
  const menu = key === "Escape" && document.querySelector("[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", ({ target }) => {
  const menu = document.querySelector("[data-menu][open]");
  if (menu && !menu.contains(target)) menu.open = false;
});
