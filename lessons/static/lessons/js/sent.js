// The page shrinks or grows when something was sent: the word that it is kept comes into view, and is heard.
let sent = "";
document.addEventListener("acknowledged", ({ detail }) => (sent = detail.activity));
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!sent || detail.elt.id !== "part") return;
  const says = document.querySelector(`#${CSS.escape(sent)} [data-kept-says]`);
  sent = "";
  says?.scrollIntoView({ block: "center" });
  says?.focus({ preventScroll: true });
});
