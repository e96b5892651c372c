"""Steps that journeys share: what a student does on a page, and where."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1366, "height": 768}
NewStudent = Callable[[str], str]
Advanced = Callable[..., str]
# What the server keeps of somebody, by name: one line a row.
Sealed = Callable[[str], list[str]]
Asked = Callable[[str], list[str]]
Stored = Callable[[str], list[str]]
LESSON = "/c/demo/lessons/data-rules-everything/"
SHEET = "/c/demo/lessons/data-rules-everything/by-hand/"
RATES = f"{LESSON}rates/"
U_CURVE = f"{LESSON}u-curve/"
BIAS = f"{LESSON}bias/"
CASES = f"{LESSON}cases/"
BADGE, MISSION = f"{LESSON}badge/", f"{LESSON}mission/"
QUEUE = "/c/demo/class/reviews/"
STEP_1 = {
    "error_1": "-2.1",
    "error_2": "-3.9",
    "error_3": "-6.2",
    "error_4": "-7.8",
    "product_1": "-2.1",
    "product_2": "-7.8",
    "product_3": "-18.6",
    "product_4": "-31.2",
    "mean": "-14.925",
    "w": "0.7463",
}
STEP_2 = {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"}
# What the browser and htmx themselves report of a request that could not be sent.
LOST = (
    "Failed to load resource: net::ERR_",
    "Failed to load resource: the server responded with a status of",
    "Response Status Error Code",
    "htmx:afterRequest",
    "htmx:sendError",
    "TypeError: Failed to fetch",
)
# Only what is behind the question says this of 4/15, in its text and in words on its chart.
BEHIND = "From 0 to 3.98, back to 0"
LOOKS = {
    "laptop_light": {"viewport": LAPTOP, "color_scheme": "light"},
    "phone_dark": {"viewport": PHONE, "color_scheme": "dark"},
}
WALL = {"width": 1920, "height": 1080}
SWEEP, STARVE, FIX = "u-curve-run", "bias-run", "bias-fix"
BOTTOM = "Where is the bottom?"
WHY = "With more power it bends the line to each of its own dots. New dots lie elsewhere, so there it is wrong."
A_RUN = 60_000  # ms; a busy machine takes its time


def fill(page: Page, cells: dict[str, str]) -> None:
    for name, typed in cells.items():
        page.locator(f"[name={name}]").fill(typed)


def check(page: Page) -> None:
    page.get_by_role("button", name="Check").click()


def banner(page: Page) -> Locator:
    return page.locator("#banner")


def pick(page: Page, choice: str, confidence: str = "", *, second: str = "") -> None:
    page.locator(f"[name=choice][value='{choice}']").check()
    if second:
        page.locator(f"[name=second][value='{second}']").check()
    if confidence:
        page.locator(f"[name=confidence][value={confidence}]").check()


def press_seal(page: Page) -> None:
    page.get_by_role("button", name="Seal it").click()


def seal(page: Page, choice: str, confidence: str = "guess", *, second: str = "") -> None:
    pick(page, choice, confidence, second=second)
    press_seal(page)
    expect(page.locator("[data-predict]")).not_to_have_attribute("data-state", "form")


def go_on(page: Page, title: str) -> None:
    """To the next question, by the button that offers it: another page, whose scripts come last."""
    page.locator(".predict .next").get_by_role("link").click()
    expect(page.get_by_role("heading", name=title, level=2)).to_be_visible()
    page.wait_for_load_state()


def wait_until_drawn(page: Page) -> None:
    expect(page.locator("[data-drawn], [data-fresh]")).to_have_count(0)


def see_as(page: Page, text: str) -> None:
    page.locator(".look").get_by_role("button", name=text, exact=True).click()
    expect(page.locator(".verdict")).to_be_visible()


def do_the_experiments(page: Page, **settings: str) -> None:
    """All that the badge asks for after the hand steps; `settings` are those of the sweep."""
    sweep(page, **settings)
    explain(page)
    guess_and_starve(page)
    look_at_all(page)
    page.goto(BIAS)
    start(page, FIX)
    wait_for_run(page, FIX)


def approve_by_keys(page: Page) -> None:
    """An instructor approves the text at hand: everything is met."""
    page.locator("#reading-head").focus()
    for key in "123a":
        page.keyboard.press(key)


def do_the_hand_steps(page: Page) -> None:
    page.goto(SHEET)
    for number, cells in enumerate((STEP_1, STEP_2, {"w": "1.5042"}), start=1):
        expect(page.get_by_role("heading", name=f"Step {number} of 3")).to_be_visible()
        fill(page, cells)
        check(page)
    expect(page.get_by_role("heading", name="All steps done")).to_be_visible()


def trial(page: Page, experiment: str = SWEEP) -> Locator:
    return page.locator(f"#trial-{experiment}")


def question(page: Page) -> Locator:
    return page.locator("[data-predict]")


def answer(page: Page, choice: str) -> None:
    """Seal a guess at whatever is asked: a number, or one of several."""
    if page.locator("[name=choice]").first.get_attribute("type") == "radio":
        page.locator(f"[name=choice][value={choice}]").evaluate("radio => radio.click()")
    else:
        page.locator("#choice").fill(choice)
    page.locator("[name=confidence][value=think_so]").evaluate("radio => radio.click()")
    press_seal(page)
    expect(question(page)).not_to_have_attribute("data-state", "form")


def start(page: Page, experiment: str = SWEEP, *, seed: str = "", **knobs: str) -> None:
    form = trial(page, experiment).locator("form.start")
    unfold(form)
    for name, value in knobs.items():
        form.locator(f"[name={name}]").select_option(value)
    if seed:
        form.get_by_label("seed").fill(seed)
    form.get_by_role("button", name=re.compile("Start the run|Run again")).click()


def unfold(form: Locator) -> None:
    """Open what a form is folded into, once its experiment is done."""
    form.evaluate("form => form.closest('details')?.setAttribute('open', '')")


def wait_for_run(page: Page, experiment: str = SWEEP) -> None:
    expect(trial(page, experiment)).to_have_attribute("data-state", "done", timeout=A_RUN)


def sweep(page: Page, *, guess: str = "11", seed: str = "", **knobs: str) -> None:
    """The part from its guess to the drawn curves."""
    page.goto(U_CURVE)
    answer(page, guess)
    start(page, seed=seed, **knobs)
    wait_for_run(page)
    expect(question(page)).to_have_attribute("data-state", "done")
    wait_until_drawn(page)


def see_the_curves(page: Page) -> None:
    """What a run of the part has found, drawn."""
    page.goto(U_CURVE)
    expect(question(page)).to_have_attribute("data-state", "done")
    wait_until_drawn(page)


def guess_and_starve(page: Page) -> None:
    """The three guesses, and the run that they wait for: then the headline can be looked at."""
    for item, choice in (("headline", "80"), ("recall", "50"), ("absorber", "five")):
        page.goto(f"{BIAS}?item={item}")
        answer(page, choice)
    start(page, STARVE, seed="149")
    wait_for_run(page, STARVE)


def look_at_the_headline(page: Page) -> None:
    see_as(page, "about 4")
    page.locator("[name=idea]").first.evaluate("radio => radio.click()")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".reconciled")).to_be_visible()


def look_at_all(page: Page) -> None:
    """From the headline to who takes the 8s; the page of that question stays open."""
    look_at_the_headline(page)
    go_on(page, "Ship it?")
    answer(page, "hold")
    for title in ("The 8s alone", "The 8s alone", "Who takes the 8s?"):
        go_on(page, title)  # from the recall to the images, which have a card of their own


def explain(page: Page, text: str = WHY) -> None:
    page.goto(U_CURVE)
    page.locator(".words__text").fill(text)
    page.get_by_role("button", name=re.compile("^Send")).click()
    expect(page.locator(".words__state[data-block]")).to_contain_text("Your instructor will read it.")


def at_hand(page: Page, name: str) -> None:
    """The newest text of somebody in the queue, on the desk."""
    page.goto(QUEUE)
    page.get_by_role("navigation", name="The queue").get_by_role("link", name=name).last.click()
    expect(page.locator(".reading__who")).to_contain_text(name)


# Not by `wait_for_function`: it evaluates text, which the pages' policy forbids.
STILL = """async () => {
  const begun = performance.now();
  while (document.getAnimations().some(({ playState }) => playState === "running")) {
    if (performance.now() - begun > 10_000) throw new Error("something still moves");
    await new Promise(requestAnimationFrame);
  }
}"""


def let_pass(page: Page, milliseconds: int) -> None:
    """Let time pass as the page's own timers count it: what they had to do by then is done, however slow it is."""
    page.evaluate("time => new Promise((done) => setTimeout(done, time))", milliseconds)


def wait_until_still(page: Page) -> None:
    """Until the page is there, and nothing is animated any more."""
    page.wait_for_load_state("domcontentloaded")
    page.evaluate(STILL)
