// Shows the part as it stands now. The question at hand stays at hand, whichever one the address would open by itself.
export function lookAgain(form) {
  const address = new URL(location.href);
  const item = form.closest("[data-predict]")?.dataset.item;
  if (item) address.searchParams.set("item", item);
  return htmx.ajax("GET", address.href, { target: "#part", select: "#part", swap: "outerHTML" });
}
