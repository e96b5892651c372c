// The call of a led class, when it comes: what is looked at stays where it is, the tab's title tells of it, and a screen
// reader hears it once. It takes the focus from nothing.
import { speakOnce } from "../../classroom/js/page.js";
import { heightOfStrip, isAtRestAtTop, strip } from "./strip.js";

const root = document.documentElement;

// The title as the page itself has it: the server has put before it what the tab tells of the class.
const own = document.title.slice(strip()?.dataset.mark.length ?? 0);

// What sticks to the top sticks below it.
const cover = () => root.style.setProperty("--roof", `${heightOfStrip()}px`);

// A question that is on the page and out of sight is called to, too.
let watch = null;
function watchQuestion() {
  watch?.disconnect();
  const card = document.getElementById("card");
  const called = strip();
  if (!called?.matches(".class-call--floating")) return;
  const tell = (isSeen) => called.toggleAttribute("data-away", !isSeen);
  watch = new IntersectionObserver(([{ isIntersecting }]) => tell(isIntersecting));
  if (card) watch.observe(document.querySelector("[data-predict-form]") ?? card);
  else tell(false);
}

let before = null;
document.addEventListener("htmx:oobBeforeSwap", ({ target }) => {
  if (target.id !== "class-call") return;
  const { says } = target.dataset;
  const held = target.contains(document.activeElement) && document.activeElement.id;
  before = { height: heightOfStrip(), isAtTop: isAtRestAtTop(), says, held };
});

function arrive() {
  const { height, isAtTop, says, held } = before;
  before = null;
  const called = strip();
  const grown = heightOfStrip() - height;
  if (grown && !isAtTop) scrollBy({ top: grown, behavior: "instant" });
  cover();
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
  document.title = called.dataset.mark + own;
  const told = says.split("\n");
  const news = called.dataset.says.split("\n").filter((line) => line && !told.includes(line));
  if (news.length) speakOnce(news.join(" "));
  document.dispatchEvent(new Event("called"));
}
document.addEventListener("htmx:oobAfterSwap", () => before && arrive());
document.addEventListener("htmx:afterSettle", watchQuestion);

addEventListener("resize", cover);
// Where a keyboard lies over the page, its top may be pushed out of what can be seen.
const pan = () => root.style.setProperty("--pan", `${visualViewport.offsetTop}px`);
for (const moved of ["resize", "scroll"]) window.visualViewport?.addEventListener(moved, pan);
cover();
watchQuestion();
