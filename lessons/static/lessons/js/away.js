// While nobody looks at the tab, nothing asks but the strip, now and then: the tab's title tells that the class has moved.
// Whoever is away is not here, and nothing counts as seen by them.
import { strip } from "./strip.js";

const PERIOD = 4000;

function ask() {
  const called = strip();
  const { from, alone } = called?.dataset ?? {};
  if (!document.hidden || !from) return;
  const values = Object.fromEntries([...called.querySelectorAll("input")].map(({ name, value }) => [name, value]));
  if (alone !== undefined) values.alone = "yes";
  htmx.ajax("GET", from, { swap: "none", values: { ...values, away: "yes" } });
}

setInterval(ask, PERIOD);
