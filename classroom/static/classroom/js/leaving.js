// Whoever logs out leaves nothing on the device. What was not sent would be lost with it: that needs a second press.
import { DRAFT, kept, keptUnder, OUTBOX, storage } from "./kept.js";

const LEAVING = "downhill:leaving";
const { member, person } = document.body.dataset;

const isTyped = (draft) => Object.entries(draft?.typed ?? {}).some(([name, value]) => value !== (draft.base?.[name] ?? ""));

// What older versions kept says no name.
const draftsOf = (who) =>
  keptUnder(DRAFT).filter((key) => {
    const of = kept(key)?.person;
    return of === who.person || (!of && key.startsWith(`${DRAFT}${who.member}:`));
  });
const boxesOf = (who) => keptUnder(OUTBOX).filter((key) => kept(key)?.some?.((each) => each.person === who.person));

const activityOf = (key) => key.split(":")[3];

function unsent() {
  const sent = boxesOf({ person }).flatMap(kept);
  const drafts = draftsOf({ person, member }).filter((key) => isTyped(kept(key)));
  return [...new Set([...sent.map(({ what }) => what), ...drafts.map((key) => kept(key).what ?? activityOf(key))])];
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-log-out]");
  if (!form) return;
  const waiting = form.dataset.warned ? [] : unsent();
  if (waiting.length) {
    event.preventDefault();
    form.dataset.warned = "yes";
    const banner = document.getElementById("banner");
    banner.textContent = banner.dataset.leaving.replace("{what}", waiting.join(", "));
    banner.dataset.says = "leaving";
    banner.hidden = false;
  } else if (storage) {
    sessionStorage.setItem(LEAVING, JSON.stringify({ person, member }));
  }
});

// Only once they are out: a log-out that did not get through takes nothing away.
const left = storage && JSON.parse(sessionStorage.getItem(LEAVING));
if (left) {
  sessionStorage.removeItem(LEAVING);
  if (left.person !== person) for (const key of [...draftsOf(left), ...boxesOf(left)]) storage.removeItem(key);
}
