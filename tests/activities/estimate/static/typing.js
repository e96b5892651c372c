// What is typed has no spaces.
document.addEventListener("change", ({ target }) => {
  if (target.matches?.("[data-estimate]")) target.value = target.value.replaceAll(" ", "");
});
