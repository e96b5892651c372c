// The one rule of arrival. What a tap brings anew, the first block whose `data-block` was not on the page before, comes
// into view under what was looked at, and takes the focus; nothing else moves. What comes by itself (a run that ends, a
// vote that opens) does so only while whoever waits for it has it before their eyes, and takes the focus from no field.
import { findAll, isCalm } from "../../classroom/js/page.js";
import { heightOfStrip, isAtRestAtTop } from "./strip.js";

const LOWEST = 0.6; // of the screen: there the top of what is new is seen at once
const SEEN_ABOVE = 0.12; // what was looked at goes on above it
const GAP = 8;
const FRAMES_AT_REST = 6; // a scroll of the browser's own begins late and ends slowly
const FIELD = "input, select, textarea";

const blocks = () => findAll("data-block");
const isShown = (element) => element.getClientRects().length > 0;
const named = (element) => element?.closest("[data-block], [id]");
// A form's `id` may be a field of that name.
const markOf = (element) => element && { block: element.dataset.block, id: element.getAttribute("id") };
const sameAs = ({ block, id }) => blocks().find((each) => each.dataset.block === block) ?? document.getElementById(id);

// What sticks to the screen's edges covers what is under it; one thing may stick below another.
const isStuck = (element) => isShown(element) && getComputedStyle(element).position === "sticky";
const covers = (edge) => (element) => (parseFloat(getComputedStyle(element)[edge]) || 0) + element.offsetHeight;
const stuck = (edge) => Math.max(0, ...findAll(`data-sticks=${edge}`).filter(isStuck).map(covers(edge)));

const isInView = (element) => {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
};

let before = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt, triggeringEvent } = detail.requestConfig;
  const { activeElement: active, body } = document;
  const field = active?.closest(FIELD);
  // A button that may not be pressed twice has lost the focus by now.
  const held = active === body ? triggeringEvent?.submitter : active;
  // What waited for the network is shown once it has gone out, at nobody's tap.
  const comesByItself = elt.matches("body, [data-poll]");
  // A tap is at its form; whoever waits is at the field in use, or at the block that is highest on the screen.
  const looksAt = field && isInView(field) ? field : blocks().find((each) => each.getBoundingClientRect().top >= 0);
  const anchor = named(comesByItself ? looksAt : elt);
  before = {
    known: new Set(blocks().map((each) => each.dataset.block)),
    isInField: Boolean(field),
    isAwaited: comesByItself ? isInView(elt) && !field : !field || elt.contains(field),
    anchor: anchor && { ...markOf(anchor), top: anchor.getBoundingClientRect().top },
    held: held?.id ? markOf(held) : markOf(held?.closest("[data-block]")),
    y: scrollY,
    strip: heightOfStrip(),
    isAtTop: isAtRestAtTop(),
  };
});

function hold({ anchor, y, strip, isAtTop }) {
  const still = anchor && sameAs(anchor);
  const grown = heightOfStrip() - strip;
  const moved = still && isShown(still) ? still.getBoundingClientRect().top - anchor.top : grown + y - scrollY;
  scrollTo({ top: scrollY + moved - (isAtTop ? grown : 0), behavior: "instant" });
}

function bringIntoView(block) {
  const { top, height } = block.getBoundingClientRect();
  // What belongs to a block and stands above or below it is in its margins.
  const { scrollMarginTop, scrollMarginBottom } = getComputedStyle(block);
  const roof = stuck("top") + GAP + parseFloat(scrollMarginTop);
  const floor = innerHeight - stuck("bottom") - GAP - parseFloat(scrollMarginBottom);
  if (top >= roof && top <= LOWEST * innerHeight && top + height <= floor) return;
  const least = roof + SEEN_ABOVE * innerHeight;
  const wanted = Math.min(Math.max(floor - height, least), Math.max(least, (LOWEST - 0.1) * innerHeight));
  if (top >= roof && top <= wanted) return;
  scrollBy({ top: top - wanted, behavior: isCalm() ? "instant" : "smooth" });
}

function focusOn(block) {
  const head = block.matches("[data-block-head]") ? block : (block.querySelector("[data-block-head]") ?? block);
  if (head.tabIndex < 0) head.tabIndex = -1;
  head.focus({ preventScroll: true });
}

// Whatever moves of itself waits for this, or its beginning would go by unseen.
function tellAtRest(y = scrollY, frames = 0) {
  if (frames === FRAMES_AT_REST) document.dispatchEvent(new Event("arrived"));
  else requestAnimationFrame(() => tellAtRest(scrollY, scrollY === y ? frames + 1 : 0));
}

// What had the focus was exchanged for its like.
function keepFocus({ held }) {
  const again = document.activeElement === document.body && held && sameAs(held);
  if (again) focusOn(again);
}

const freshSince = ({ known }) => blocks().find((each) => !known.has(each.dataset.block) && isShown(each));

function arrive(was) {
  hold(was);
  const fresh = freshSince(was);
  // Fast fingers are in a field before what they asked for is furnished: they stay there.
  const hasGoneOn = !was.isInField && document.activeElement?.closest(FIELD);
  if (fresh && was.isAwaited && !hasGoneOn) {
    bringIntoView(fresh);
    focusOn(fresh);
  } else keepFocus(was);
  tellAtRest();
}

// At once where nothing is new: what is exchanged twice a second would else be without the focus for a moment each time.
document.addEventListener("htmx:afterSwap", () => before && !freshSince(before) && keepFocus(before));
document.addEventListener("htmx:afterSettle", () => {
  if (!before) return;
  const was = before;
  before = null;
  // Once the others have furnished what came, and before it is painted.
  requestAnimationFrame(() => arrive(was));
});
