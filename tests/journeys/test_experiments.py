"""Guess, run, look, explain: experiments in a student's hands, from the sealed guess to the class's curve."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import BusyWorker, Clerk, Desk
from tests.journeys.steps import (
    A_RUN,
    BADGE,
    BIAS,
    FIX,
    LAPTOP,
    LESSON,
    PHONE,
    SHEET,
    U_CURVE,
    WHY,
    Advanced,
    Asked,
    NewStudent,
    Sealed,
    Stored,
    answer,
    go_on,
    guess_and_starve,
    look_at_all,
    look_at_the_headline,
    press_seal,
    question,
    see_the_curves,
    start,
    sweep,
    trial,
    unfold,
    wait_for_run,
    wait_until_drawn,
)
from tests.running import wait_for

pytestmark = pytest.mark.journey


def number_in(text: str | None) -> int:
    found = re.search(r"\d+", text or "")
    assert found, f"no number in {text!r}"
    return int(found.group())


def test_a_guess_is_met_by_a_run_of_ones_own_and_explained(
    desk: Desk, new_student: NewStudent, sealed: Sealed, asked: Asked, stored: Stored
) -> None:
    student = desk.open(new_student("ute"))
    student.goto(U_CURVE)
    expect(trial(student)).to_have_count(0)  # nothing is offered that cannot be done yet
    answer(student, "11")
    assert sealed("ute") == ["lowest.1:11:own_pace"]
    expect(question(student)).to_contain_text("it waits for your run")
    expect(student.locator(".explain textarea")).to_have_count(0)

    start(student, seed="77", noise="0.4", n_train="20")

    wait_for_run(student)
    expect(student.locator("[data-block='u-curve-guess.lowest.reveal']")).to_be_focused()
    wait_until_drawn(student)
    expect(trial(student)).to_contain_text("Your run: seed 77 · noise 0.4 · points 20")
    assert asked("ute") == ["data-rules-everything/u-curve-run/polynomial:77:done"]
    drawing = student.locator("[data-drawing=linear]")
    guess = drawing.locator(".u-curve__guess:not([hidden])")
    expect(guess).to_have_count(1)
    assert guess.evaluate("guess => getComputedStyle(guess).strokeDasharray") not in ("none", "")
    for look in ("train", "test"):
        expect(drawing.locator(f".u-curve__curve--{look} .u-curve__leg").first).to_be_visible()
        expect(drawing.locator(f".u-curve__curve--{look} .u-curve__mark")).to_have_count(15)
    expect(drawing.locator("[data-begins][hidden]")).to_have_count(0)
    best = number_in(drawing.locator(".u-curve__lowest").text_content())
    expect(question(student).locator(".verdict")).to_contain_text(f"You said 11; it is {best}.")

    student.locator(".explain textarea").fill(WHY)
    student.get_by_role("button", name="Send").click()

    expect(student.locator(".explain blockquote")).to_have_text(WHY)
    expect(student.locator(".words__state")).to_contain_text("Saved. Your instructor will read it.")
    assert len(stored("ute")) == 1


def test_the_arrow_keys_move_the_line_through_the_dots_and_the_places_on_both_curves(
    desk: Desk, advanced: Advanced
) -> None:
    student = desk.open(advanced("vera", "sweep"), reduced_motion="reduce")
    see_the_curves(student)
    slider = student.get_by_role("slider", name="degree")
    line = student.locator(".fit__line:visible")
    places = student.locator("[data-drawing=linear] [data-here]")

    def where() -> list[tuple[float, float]]:
        return [tuple(each.evaluate("dot => [dot.cx.baseVal.value, dot.cy.baseVal.value]")) for each in places.all()]

    def marks(at: int) -> list[tuple[float, float]]:
        touched = student.locator(f"[data-drawing=linear] [data-at='{at}'] .rate__touch")
        return [tuple(each.evaluate("dot => [dot.cx.baseVal.value, dot.cy.baseVal.value]")) for each in touched.all()]

    at = int(slider.input_value())
    power = number_in(slider.get_attribute("aria-valuetext"))
    path = line.get_attribute("d")
    assert where() == marks(at)
    slider.focus()

    student.keyboard.press("ArrowRight")

    expect(slider).to_have_attribute("aria-valuetext", str(power + 1))
    expect(line).to_have_count(1)
    expect(line).to_have_attribute("data-power", str(power + 1))
    assert line.get_attribute("d") != path
    assert len(where()) == 2
    assert where() == marks(at + 1)
    assert marks(at + 1) != marks(at)
    expect(student.locator(".fit__says")).to_contain_text(f"degree {power + 1}: train error")
    expect(slider).to_be_focused()
    student.keyboard.press("End")
    expect(student.get_by_role("button", name="memorised")).to_have_attribute("aria-current", "true")
    assert where() == marks(14)


def test_a_run_tells_how_far_it_is(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("wanda", "sweep"), reduced_motion="reduce")
    student.goto(f"{U_CURVE}?trial=neighbours")
    start(student)

    progress = trial(student).get_by_role("progressbar", name="Progress of your run")
    expect(progress).to_have_attribute("value", re.compile("^[1-9]"), timeout=A_RUN)
    expect(progress).to_have_attribute("max", "20")
    expect(trial(student).locator(".under-way__says")).to_contain_text("draw")
    wait_for_run(student)


def test_a_run_goes_on_while_its_student_is_elsewhere_and_is_asked_for_once(
    desk: Desk, new_student: NewStudent, asked: Asked, busy_worker: BusyWorker
) -> None:
    student = desk.open(new_student("xenia"))
    student.goto(U_CURVE)
    answer(student, "5")
    only = "data-rules-everything/u-curve-run/polynomial:1321"
    with busy_worker():
        start(student, seed="1321")
        expect(trial(student)).to_have_attribute("data-state", "queued")
        student.get_by_role("link", name="All parts").click()
        student.wait_for_url(LESSON)

        student.goto(U_CURVE)
        expect(trial(student).locator(".under-way__says")).to_contain_text("In the queue")
        expect(trial(student).locator("form.start")).to_have_count(0)
        assert asked("xenia") == [f"{only}:queued"]
        student.goto(LESSON)

    student.goto(U_CURVE)
    wait_for_run(student)
    expect(question(student).locator(".verdict")).to_contain_text("You said 5")
    assert asked("xenia") == [f"{only}:done"]


# In which order the bars of recall have come up.
RISING = """
    window.risen = [];
    (function look() {
        for (const bar of document.querySelectorAll(".recall[data-drawn] .recall__bar:not([hidden])")) {
            const digit = bar.parentElement.querySelector(".recall__name").textContent;
            if (!window.risen.includes(digit)) window.risen.push(digit);
        }
        requestAnimationFrame(look);
    })();
"""


def test_the_headline_comes_before_the_digits_the_digits_before_the_table_and_the_fix_after_all(
    desk: Desk, new_student: NewStudent, sealed: Sealed, asked: Asked
) -> None:
    student = desk.open(new_student("bia"))
    student.add_init_script(RISING)
    guess_and_starve(student)
    recall, table, images = (student.locator(each) for each in (".recall", ".confusion", ".misclassified"))
    stamps = student.locator(".misclassified__said")

    headline = question(student).locator(".headline__figure").inner_text()
    assert re.fullmatch(r"9\d\.\d\s%", headline)
    look_at_the_headline(student)
    student.goto(f"{BIAS}?item=recall")
    expect(question(student)).to_contain_text("Measured already. The question before this one comes first.")
    for each in (recall, table, images):
        expect(each).to_have_count(0)

    student.goto(f"{BIAS}?item=ship")
    expect(question(student).locator("form")).to_be_visible()
    expect(question(student).locator(".headline__figure")).to_have_text(headline)
    for each in (recall, table, images):
        expect(each).to_have_count(0)
    answer(student, "hold")

    go_on(student, "The 8s alone")
    expect(recall.get_by_role("img")).to_have_count(10)
    wait_until_drawn(student)
    assert student.evaluate("window.risen") == ["0", "1", "2", "3", "4", "5", "6", "7", "9", "8"]
    for each in (table, stamps):
        expect(each).to_have_count(0)
    says = recall.locator(".chart__says").inner_text()
    n_read, n_before = re.fullmatch(
        r"Of 87 real 8s this model recognises (\d+). With all its 8s it recognises (\d+)\.", says
    ).groups()  # type: ignore[union-attr]  # without a match it fails here
    assert int(n_read) < int(n_before)
    n_misread = 87 - int(n_read)
    expect(images).to_have_count(0)
    student.get_by_role("link", name=f"See the {n_misread} 8s it missed").click()
    expect(images.get_by_role("img", name="a real 8", exact=True)).to_have_count(n_misread)
    expect(recall).to_have_count(0)

    go_on(student, "Who takes the 8s?")
    row = table.locator(".confusion__row--starved")
    expect(row.locator(".confusion__cell--right")).to_have_text(n_read)
    misread = row.locator(".confusion__cell:not(.confusion__cell--right) a")
    assert sum(int(text) for text in misread.all_inner_texts()) == n_misread
    expect(images.locator(".misclassified__images:not(.misclassified__images--before) li")).to_have_count(n_misread)
    expect(images.locator(".misclassified__images--before li")).to_have_count(87 - int(n_before))
    expect(stamps).to_have_count(n_misread + 87 - int(n_before))
    expect(images).to_contain_text("Misread by the same model with all its 8s")
    # On a phone with letters twice as large the table scrolls in its own frame, and the page does not.
    wide = "(size) => { document.documentElement.style.fontSize = size }"
    student.set_viewport_size(PHONE)
    student.evaluate(wide, "200%")
    assert table.locator(".confusion__scroll").evaluate("frame => frame.scrollWidth > frame.clientWidth")
    assert student.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    student.set_viewport_size(LAPTOP)
    student.evaluate(wide, "")

    cell = misread.first
    behind = student.get_by_role("group", name=cell.get_attribute("aria-label"), exact=True)
    expect(behind).to_have_count(0)
    cell.focus()
    student.keyboard.press("Enter")
    expect(behind).to_be_visible()
    expect(behind.get_by_role("listitem")).to_have_count(int(cell.inner_text()))
    expect(behind.get_by_role("img").first).to_be_visible()

    student.goto(BIAS)
    start(student, FIX, restored="35")
    wait_for_run(student, FIX)
    both = trial(student, FIX).locator(".before-after")
    recalls, accuracies = (
        both.get_by_role("table", name=name) for name in ("recall for 8", "accuracy over all digits")
    )
    for bars in (recalls, accuracies):
        before, after = (
            number_in(bars.get_by_role("row").filter(has_text=when).locator(".number").inner_text())
            for when in ("before", "after")
        )
        assert 0 < before < after <= 100
    tops = recalls.or_(accuracies).evaluate_all("both => both.map((each) => each.getBoundingClientRect().top)")
    assert tops[0] == tops[1]
    expect(both.locator(".before-after__says")).to_contain_text(
        re.compile(r"recall for 8 is \d+ of 100 before, \d+ after")
    )
    assert [run.rpartition("/")[2].split(":")[0] for run in asked("bia")] == ["starve", "give-back", "beside"]
    assert all(run.endswith(":done") for run in asked("bia"))
    assert sealed("bia")[-1] == "ship.1:hold:own_pace"


def test_the_class_curve_grows_in_an_open_page_when_somebody_else_has_run_it(
    desk: Desk, new_student: NewStudent
) -> None:
    settings = {"noise": "0.5", "n_train": "100"}
    yara, zeno = (desk.open(new_student(name), reduced_motion="reduce") for name in ("yara", "zeno"))
    sweep(yara, **settings)
    yara.goto(U_CURVE)
    curve = yara.locator(".class-curve")
    expect(curve).to_contain_text("1 run with noise 0.5 and 100 points")
    expect(curve.locator(".class-curve__other, .class-curve__middle")).to_have_count(0)
    yara.evaluate("window.isStillThere = true")

    sweep(zeno, **settings)

    expect(curve).to_contain_text("2 runs with noise 0.5 and 100 points")
    expect(curve.locator(".class-curve__other")).to_have_count(1)
    expect(curve.locator(".class-curve__middle")).to_have_count(1)
    expect(curve.locator(".class-curve__mine")).to_have_count(1)
    assert yara.evaluate("window.isStillThere")


def test_the_u_curve_can_be_run_and_explained_without_javascript(
    desk: Desk, new_student: NewStudent, asked: Asked, stored: Stored, busy_worker: BusyWorker
) -> None:
    student = desk.open(new_student("adele"), java_script_enabled=False)
    student.goto(U_CURVE)
    student.locator("#choice").fill("9")
    student.locator("[name=confidence][value=guess]").check()
    press_seal(student)
    expect(student.locator(".sealed")).to_be_visible()
    with busy_worker():
        start(student, seed="1012")
        expect(student.locator(".under-way__says")).to_contain_text("In the queue")

    def is_there() -> bool:
        student.reload()
        return trial(student).get_attribute("data-state") == "done"

    wait_for(is_there, "the run is done", seconds=60)
    expect(student.locator("[data-drawing]:visible")).to_have_count(2)
    expect(student.locator(".u-curve__leg:visible").first).to_be_visible()
    expect(student.locator(".fit__three svg")).to_have_count(3)
    expect(student.locator(".fit__three svg").first).to_be_visible()
    for useless in ("[data-fit-slider]", "[data-switch]", "[data-replay]"):
        expect(student.locator(useless)).to_be_hidden()
    expect(student.locator(".verdict")).to_contain_text("You said 9")

    student.locator(".explain textarea").fill(WHY)
    student.get_by_role("button", name="Send").click()

    expect(student.locator(".explain blockquote")).to_have_text(WHY)
    assert asked("adele") == ["data-rules-everything/u-curve-run/polynomial:1012:done"]
    assert len(stored("adele")) == 1


def open_everything(page: Page) -> None:
    """The tables behind the charts, and the images behind a cell."""
    page.locator("main details").evaluate_all("all => all.forEach((each) => (each.open = true))")
    expect(page.locator("main table:visible").first).to_be_visible()
    if page.locator(".confusion").count():
        page.locator(".confusion__row--starved a").first.click()
        expect(page.locator(".behind:visible")).to_have_count(1)


def test_the_u_curve_with_its_results_can_be_read_by_everyone(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("bruno", "sweep"), reduced_motion="reduce")
    see_the_curves(student)
    student.reload()
    open_everything(student)
    expect(student.locator(".class-curve")).to_be_visible()
    desk.look_in_every_way(student, "u_curve")
    student.get_by_role("button", name=re.compile("log")).click()
    expect(student.locator("[data-drawing=log]")).to_be_visible()
    desk.look_in_every_way(student, "u_curve_log")


def test_the_bias_part_with_everything_open_can_be_read_by_everyone(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("carla", "starve", "look_at_the_harm"), reduced_motion="reduce")
    for item, part in (("recall", ".recall"), ("absorber", ".misclassified")):
        student.goto(f"{BIAS}?item={item}")
        expect(question(student).locator(part)).to_be_visible()
        expect(student.locator(".dots")).to_have_count(2)
        open_everything(student)
        desk.look_in_every_way(student, f"bias_{item}")


def test_the_bias_part_with_its_fix_can_be_read_by_everyone(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("carl", "starve", "look_at_the_harm"), reduced_motion="reduce")
    student.goto(f"{BIAS}?item=recall")
    start(student, FIX)
    wait_for_run(student, FIX)
    desk.look_in_every_way(student, "bias_fixed")


HIDDEN_BY_A_BAR = """() => {
    const active = document.activeElement;
    if (active === document.body) return null;
    const { left, top, width, height } = active.getBoundingClientRect();
    // Of what is high, as a field for sentences, the first line.
    const [x, y] = [left + width / 2, top + Math.min(height / 2, 22)];
    const above = document.elementFromPoint(x, y);
    const says = `${active.tagName} ${active.className?.baseVal ?? active.className} ${active.textContent.trim()}`;
    if (y < 0 || y > innerHeight) return `${says} is outside the window`;
    for (let each = above; each && !each.contains(active); each = each.parentElement) {
        if (["sticky", "fixed"].includes(getComputedStyle(each).position)) return `${says} is under ${each.className}`;
    }
    return "";
}"""


def walk_by_tab(page: Page, *, n_least: int) -> None:
    """Forth and back through all that takes the focus: nothing lies above it."""
    page.locator(".skip").focus()
    for key in ("Tab", "Shift+Tab"):
        said: list[str] = []
        while len(said) < 300:
            page.keyboard.press(key)
            hidden = page.evaluate(HIDDEN_BY_A_BAR)
            if hidden is None:
                break
            said.append(hidden)
        assert [each for each in said if each] == []
        assert len(said) >= n_least


def test_on_a_phone_nothing_hides_what_has_the_focus(desk: Desk, new_student: NewStudent, clerk: Clerk) -> None:
    username = new_student("dunja")
    student = desk.open(username, viewport=PHONE, reduced_motion="reduce")
    student.goto(U_CURVE)
    walk_by_tab(student, n_least=9)
    clerk("sweep", username)
    see_the_curves(student)
    student.reload()
    open_everything(student)
    walk_by_tab(student, n_least=45)
    student.goto(BIAS)
    walk_by_tab(student, n_least=10)
    clerk("starve", username)
    student.goto(f"{BIAS}?item=headline")
    look_at_the_headline(student)
    go_on(student, "Ship it?")
    walk_by_tab(student, n_least=10)
    answer(student, "hold")
    for title in ("The 8s alone", "The 8s alone", "Who takes the 8s?"):
        go_on(student, title)
    open_everything(student)
    walk_by_tab(student, n_least=30)
    clerk("step_through", username)
    student.set_viewport_size({"width": 390, "height": 664})
    for address in (SHEET, BADGE):
        student.goto(address)
        walk_by_tab(student, n_least=10)


ANIMATIONS = "document.getAnimations().filter(({ playState }) => playState === 'running').length"
# A reveal that draws itself says so on its figure for as long as it does.
WATCH = """() => {
    window.wasDrawn = false;
    const watch = new MutationObserver(() => (window.wasDrawn ||= document.querySelector("[data-drawn]") !== null));
    watch.observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
# At once: what glides has come to rest a moment later.
ANIMATIONS_OF_A_SLIDE = f"""async () => {{
    const slider = document.querySelector("[data-fit-range]");
    slider.value = Number(slider.value) + 1;
    slider.dispatchEvent(new Event("input", {{ bubbles: true }}));
    await new Promise(requestAnimationFrame);
    return {ANIMATIONS};
}}"""


def test_nothing_moves_for_those_who_want_no_motion(desk: Desk, new_student: NewStudent, clerk: Clerk) -> None:
    username = new_student("emil")
    student = desk.open(username, reduced_motion="reduce")
    student.goto(U_CURVE)
    answer(student, "11")
    student.evaluate(WATCH)
    start(student, seed="77")
    wait_for_run(student)
    expect(student.locator(".u-curve__leg").first).to_be_visible()
    assert student.evaluate("window.wasDrawn") is False
    assert student.evaluate(ANIMATIONS) == 0
    assert student.evaluate(ANIMATIONS_OF_A_SLIDE) == 0
    # For others the same place glides, so what is asked here can be answered otherwise.
    student.emulate_media(reduced_motion="no-preference")
    assert student.evaluate(ANIMATIONS_OF_A_SLIDE) > 0

    student.emulate_media(reduced_motion="reduce")
    clerk("starve", username)
    student.goto(f"{BIAS}?item=headline")
    look_at_all(student)
    assert student.evaluate(ANIMATIONS) == 0


def test_a_half_written_explanation_survives_a_reload(desk: Desk, advanced: Advanced, stored: Stored) -> None:
    student = desk.open(advanced("frida", "sweep"), reduced_motion="reduce")
    see_the_curves(student)
    words = student.locator(".explain textarea")
    words.fill(WHY[:40])

    student.reload()

    expect(words).to_have_value(WHY[:40])
    assert stored("frida") == []
    words.fill(WHY)
    student.get_by_role("button", name="Send").click()
    expect(student.locator(".explain blockquote")).to_have_text(WHY)
    student.reload()
    expect(student.locator(".explain blockquote")).to_have_text(WHY)
    expect(words).to_have_value(WHY)


def test_whoever_writes_goes_on_writing_when_a_run_of_theirs_ends(
    desk: Desk, advanced: Advanced, busy_worker: BusyWorker
) -> None:
    student = desk.open(advanced("gesa", "sweep"), reduced_motion="reduce")
    see_the_curves(student)
    words = student.locator(".explain textarea")
    with busy_worker():
        start(student, seed="1055")
        expect(trial(student)).to_have_attribute("data-state", "queued")
        words.focus()
        student.keyboard.type(WHY[:40])

    wait_for_run(student)
    student.keyboard.type(WHY[40:])

    expect(words).to_have_value(WHY)
    expect(words).to_be_focused()


def test_what_is_typed_while_a_page_settles_is_added_where_it_was_typed(
    desk: Desk, new_student: NewStudent, busy_worker: BusyWorker
) -> None:
    """The page that a run's end brings settles for some hundredths of a second: fast fingers type into it meanwhile."""
    student = desk.open(new_student("greta"), reduced_motion="reduce")
    student.goto(f"{LESSON}mission/?trial=blame")  # a third of the computation that the other trial needs
    start(student, "stretch", seed="7")
    wait_for_run(student, "stretch")
    words = student.locator(".words__text")
    with busy_worker():
        # Before the page is furnished that says the run is queued.
        student.evaluate(
            """document.addEventListener(
                 "htmx:afterSwap", () => document.querySelector(".words__text").focus(), { once: true })"""
        )
        start(student, "stretch", seed="1008")
        expect(trial(student, "stretch")).to_have_attribute("data-state", "queued")
        expect(words).to_be_focused()
        student.keyboard.type("Half are recognised early.")
        for _letter in " early.":
            student.keyboard.press("ArrowLeft")
        student.evaluate(
            """document.addEventListener("htmx:afterSwap", ({ detail }) => detail.elt.id === "part" &&
                 setTimeout(() => document.execCommand("insertText", false, " rather"), 0))"""
        )
        expect(trial(student, "stretch")).to_have_attribute("data-state", "queued")

    wait_for_run(student, "stretch")
    expect(words).to_have_value("Half are recognised rather early.")
    student.keyboard.type(" still")

    expect(words).to_have_value("Half are recognised rather still early.")
    expect(words).to_be_focused()
    student.reload()
    expect(words).to_have_value("Half are recognised rather still early.")


def test_the_class_curve_stands_below_ones_own_as_soon_as_that_is_drawn(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("hugo"), reduced_motion="reduce")
    sweep(student, seed="77")

    expect(student.locator(".class-curve")).to_be_visible()


def test_the_fix_is_open_as_soon_as_the_last_guess_is_looked_at(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("ida", "starve"), reduced_motion="reduce")
    student.goto(f"{BIAS}?item=headline")
    expect(trial(student, FIX)).to_have_count(0)
    look_at_all(student)

    expect(trial(student, FIX).get_by_role("button", name="Start the run")).to_be_visible()


@pytest.mark.parametrize("other", ["tree", "neighbours"])
def test_a_run_of_another_model_is_drawn(desk: Desk, advanced: Advanced, other: str) -> None:
    student = desk.open(advanced(f"jo_{other}", "sweep"), reduced_motion="reduce")
    student.goto(f"{U_CURVE}?trial={other}")
    start(student)
    wait_for_run(student)

    expect(trial(student).locator(".u-curve")).to_be_visible()


def test_what_is_set_for_the_next_run_stays_when_the_class_curve_grows(desk: Desk, new_student: NewStudent) -> None:
    kuno, lore = (desk.open(new_student(name), reduced_motion="reduce") for name in ("kuno", "lore"))
    settings = {"noise": "0.2", "n_train": "40"}
    sweep(kuno, **settings)
    kuno.goto(U_CURVE)
    form = trial(kuno).locator("form.start")
    unfold(form)
    form.get_by_label("noise").select_option("0.1")
    form.get_by_label("seed").fill("4711")

    sweep(lore, **settings)

    expect(kuno.locator(".class-curve")).to_contain_text("2 runs with noise 0.2 and 40 points")
    expect(form.get_by_label("noise")).to_have_value("0.1")
    expect(form.get_by_label("seed")).to_have_value("4711")
    expect(form.get_by_label("seed")).to_be_focused()


def test_a_run_counts_those_before_it_and_not_itself(
    desk: Desk, new_student: NewStudent, busy_worker: BusyWorker
) -> None:
    student = desk.open(new_student("mona"))
    student.goto(U_CURVE)
    answer(student, "5")
    with busy_worker():
        start(student, seed="1002")

        expect(trial(student).locator(".under-way__says")).to_contain_text("In the queue: 1 run before yours.")


def test_the_keyboard_stays_where_a_run_was_started(
    desk: Desk, new_student: NewStudent, busy_worker: BusyWorker
) -> None:
    student = desk.open(new_student("nele"), reduced_motion="reduce")
    student.goto(U_CURVE)
    answer(student, "5")
    with busy_worker():
        trial(student).get_by_label("seed").fill("1003")
        student.get_by_role("button", name="Start the run").focus()
        student.keyboard.press("Enter")
        expect(trial(student)).to_have_attribute("data-state", "queued")
        expect(student.locator("main :focus")).to_have_count(1)


def test_the_end_of_another_run_can_be_heard(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("ottmar", "sweep"), reduced_motion="reduce")
    see_the_curves(student)
    start(student, seed="2", noise="0.5")
    expect(trial(student)).to_contain_text("Your run: seed 2 ", timeout=A_RUN)

    told = trial(student).locator(".u-curve .rate__summary").inner_text()
    expect(student.locator("#spoken")).to_contain_text(told)


def test_a_seed_that_cannot_be_read_is_told_at_its_field(desk: Desk, new_student: NewStudent, asked: Asked) -> None:
    student = desk.open(new_student("paula"))
    student.goto(U_CURVE)
    answer(student, "5")
    start(student, seed="a lucky one")

    field = trial(student).get_by_label("seed")
    expect(field).to_be_focused()
    expect(field).to_have_value("a lucky one")
    expect(trial(student).locator(".field__error")).to_contain_text("seed: a whole number")
    assert asked("paula") == []
    desk.complaints.clear()  # Chromium says on its console that a request was answered 400


def test_a_run_can_be_taken_back_and_asked_for_again(
    desk: Desk, new_student: NewStudent, asked: Asked, busy_worker: BusyWorker
) -> None:
    student = desk.open(new_student("quirin"), reduced_motion="reduce")
    student.goto(U_CURVE)
    answer(student, "5")
    with busy_worker():
        start(student, seed="1009")
        # A poll that is on its way when the run is cancelled comes back last, and changes nothing.
        polls: list[Route] = []
        student.route("**/runs/?v=*", lambda route: polls.append(route))  # a built-in is none to it
        wait_for(lambda: (student.wait_for_timeout(50), polls)[1], "a poll")
        student.get_by_role("button", name="Cancel this run").click()

        expect(trial(student)).to_contain_text("Your run is cancelled. You can start it again.")
        with student.expect_response("**/runs/?v=*"):
            polls[0].continue_()
        student.unroute("**/runs/?v=*")
        expect(trial(student)).to_contain_text("Your run is cancelled. You can start it again.")
        expect(student.locator("#spoken")).to_have_text("Your run is cancelled.")
        expect(trial(student).locator("[data-block$=cancelled]")).to_be_focused()
        start(student, seed="1009")
        expect(trial(student)).to_have_attribute("data-state", "queued")
        expect(trial(student)).not_to_contain_text("Your run is cancelled")

    wait_for_run(student)
    assert [run.rpartition(":")[2] for run in asked("quirin")] == ["cancelled", "done"]
