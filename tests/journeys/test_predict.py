"""Predict, see, reconcile: alone, in a led class with a projector, by keyboard, by ear and without wifi."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from tests.journeys.conftest import Clerk, Desk, lose_replies
from tests.journeys.steps import (
    BEHIND,
    LAPTOP,
    LESSON,
    LOOKS,
    PHONE,
    RATES,
    WALL,
    Advanced,
    NewStudent,
    Sealed,
    banner,
    go_on,
    let_pass,
    pick,
    press_seal,
    seal,
    see_as,
    wait_until_drawn,
)
from tests.running import wait_for

pytestmark = pytest.mark.journey


def go_through_all_four_rates(page: Page) -> None:
    """All core questions of part 2, the full cycle and the question alone included."""
    page.goto(RATES)
    seal(page, "settles")
    go_on(page, "Learning rate 0.2")
    seal(page, "zigzags")
    go_on(page, "Learning rate 4/15")
    seal(page, "bounces")
    see_as(page, "bounces forever")
    page.locator("[name=idea]").first.check()
    page.get_by_role("button", name="Save").click()
    go_on(page, "Rates 0.26 and 0.27")
    seal(page, "parted")
    go_on(page, "Learning rate 0.4")
    seal(page, "explodes")


def test_a_rate_is_guessed_sealed_drawn_over_the_guess_and_judged(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    username = new_student("ada")
    student = desk.open(username)
    student.goto(RATES)
    form = student.locator("form[data-predict-form]")
    expect(student.get_by_role("heading", name="Learning rate 0.1")).to_be_visible()
    expect(form.get_by_role("radio")).to_have_count(9)
    expect(form.get_by_role("radio", checked=True)).to_have_count(0)
    desk.look_in_every_way(student, "predict_form")
    for fields, missing in (({}, "choice"), ({"choice": "zigzags"}, "confidence")):
        for name, value in fields.items():
            form.locator(f"[name={name}][value={value}]").check()
        press_seal(student)
        assert form.locator(f"[name={missing}]").first.evaluate("field => field.validity.valueMissing")
    expect(form).to_be_visible()
    assert sealed(username) == []

    seal(student, "zigzags", "sure")

    expect(student.locator("[data-drawn=not-yet]")).to_be_visible()
    desk.look(student, "predict_drawing", is_moving=True)
    expect(student.locator(".stamp")).to_have_text(re.compile(r"sealed\s+\d\d:\d\d:\d\d"))
    expect(student.locator(".sealed")).to_contain_text("zigzags, settles (sure)")
    guess = student.locator("[data-drawing=steps] .rate__guess")
    expect(guess).to_be_visible()
    assert guess.evaluate("path => getComputedStyle(path).strokeDasharray") not in ("none", "")
    expect(student.get_by_text("your guess: zigzags, settles")).to_be_visible()
    wait_until_drawn(student)
    expect(student.locator("[data-drawing] .rate__leg[hidden]")).to_have_count(0)
    expect(student.locator(".rate__summary")).to_contain_text("With learning rate 0.1 w comes closer from one side")
    expect(student.locator(".verdict")).to_contain_text("but it is “settles smoothly”")
    expect(student.locator(".verdict")).to_contain_text("It never jumps past the best w")
    assert sealed(username) == ["half-a.1:zigzags:own_pace"]
    steps, valley = (student.locator(f"[data-drawing={key}]") for key in ("steps", "valley"))
    expect(steps).to_be_visible()
    expect(valley).to_be_visible()
    expect(student.get_by_role("group", name="Drawing")).to_be_hidden()
    student.set_viewport_size(PHONE)
    expect(valley).to_be_hidden()
    student.get_by_role("button", name="the valley").click()
    expect(valley).to_be_visible()
    expect(steps).to_be_hidden()
    student.set_viewport_size(LAPTOP)
    student.get_by_text("Show the numbers").click()
    expect(student.locator(".chart__table table")).to_be_visible()
    desk.look_in_every_way(student, "predict_revealed")


def test_the_rate_that_bounces_goes_through_the_whole_cycle(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    username = new_student("bob")
    student = desk.open(username)
    student.goto(f"{RATES}?item=half-c")
    student.get_by_label("Because …").fill("it gets larger")
    desk.look(student, "predict_full_form")
    seal(student, "explodes", "sure")
    expect(student.get_by_text("“it gets larger”")).to_be_visible()
    wait_until_drawn(student)

    expect(student.get_by_role("group", name="What did you see?")).to_be_visible()
    expect(student.locator(".verdict, .reconcile, .rate__summary")).to_have_count(0)
    assert BEHIND not in student.content()
    desk.look(student, "predict_what_did_you_see")
    see_as(student, "bounces forever")

    expect(student.locator(".verdict")).to_contain_text("but it is “bounces forever”")
    expect(student.locator(".verdict__text")).to_contain_text(BEHIND)
    expect(student.get_by_role("link", name="One more, on your own")).to_have_count(0)
    student.get_by_role("radio", name="Overshoot once").check()
    student.get_by_label("What will you say next time?").fill("count first")
    desk.look_in_every_way(student, "predict_verdict")
    student.get_by_role("button", name="Save").click()

    expect(student.locator(".reconciled")).to_contain_text("Overshoot once")
    expect(student.locator(".reconciled")).to_contain_text("“count first”")
    student.get_by_role("link", name="One more, on your own").click()
    expect(student.get_by_role("heading", name="Rates 0.26 and 0.27")).to_be_visible()
    expect(student.get_by_role("radio", checked=True)).to_have_count(0)
    seal(student, "parted")
    wait_until_drawn(student)
    expect(student.locator(".verdict")).to_contain_text("As you said: 0.26 settles, 0.27 explodes.")
    assert sealed(username) == ["half-c.1:explodes:own_pace", "half-edge.1:parted:own_pace"]
    desk.look(student, "predict_transfer")


def test_a_wrong_look_at_the_run_is_set_right_and_not_asked_again(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("wren"), reduced_motion="reduce")
    student.goto(f"{RATES}?item=half-c")
    seal(student, "bounces", "think_so")

    see_as(student, "settles smoothly")

    expect(student.locator(".verdict")).to_contain_text("You saw “settles smoothly”.")
    expect(student.locator(".verdict")).to_contain_text("it is “bounces forever”")
    expect(student.get_by_text("What convinced you?")).to_be_visible()
    student.reload()
    expect(student.get_by_role("group", name="What convinced you?")).to_be_visible()


def test_all_four_rates_finish_the_part_and_the_knob_waits_for_the_hand_steps(
    desk: Desk, new_student: NewStudent
) -> None:
    student = desk.open(new_student("cyr"), reduced_motion="reduce")
    go_through_all_four_rates(student)

    expect(student.get_by_text("Try your own rate once your own steps by hand are done")).to_be_visible()
    expect(student.locator("#play")).to_have_count(0)
    expect(student.locator("#rail").get_by_role("link", name="Part 2: Learning-rate chaos, done")).to_be_visible()
    desk.look(student, "predict_all_four")
    expect(student.get_by_role("link", name="Part 3 · The U-curve →")).to_be_visible()
    student.get_by_role("link", name="All parts").click()
    expect(station(student, "Learning-rate chaos")).to_have_class(re.compile("station--done"))
    expect(station(student, "Learning-rate chaos")).to_contain_text("done")


def station(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=title))


def test_the_knob_is_free_for_whoever_has_done_the_hand_steps(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("dee", "step_through", "guess_three_rates"), reduced_motion="reduce")
    student.goto(f"{RATES}?item=half-d")
    seal(student, "explodes")
    knob = student.get_by_role("region", name="Try your own rate")
    expect(knob.get_by_role("slider")).to_have_value("0.05")
    desk.look_in_every_way(student, "predict_knob")

    knob.get_by_role("textbox").fill("0.13")
    knob.get_by_role("button", name="Run").click()

    expect(knob.locator(".rate__summary")).to_contain_text("With learning rate 0.13 w comes closer from one side")
    expect(knob.get_by_role("textbox")).to_have_value("0.13")
    expect(knob.get_by_role("slider")).to_have_value("0.13")
    knob.get_by_role("textbox").fill("٠٫٠٦")
    knob.get_by_role("button", name="Run").click()
    expect(knob.locator(".rate__summary")).to_contain_text("With learning rate 0.06")
    expect(knob.get_by_role("slider")).to_have_value("0.06")
    knob.get_by_role("textbox").fill("abc")
    knob.get_by_role("button", name="Run").click()
    wrong = (
        "We cannot read that as a number. Type a learning rate above 0, up to 0.5. A fraction such as 4/15 works too."
    )
    expect(knob.get_by_text(wrong)).to_be_visible()
    expect(student.locator("#spoken")).to_have_text(wrong)
    expect(knob.get_by_role("textbox")).to_have_value("abc")
    expect(knob.locator("svg")).to_have_count(0)
    desk.look_in_every_way(student, "predict_knob_wrong")
    knob.get_by_role("textbox").fill("4/15")
    knob.get_by_role("textbox").press("Enter")
    expect(knob.locator(".rate__summary")).to_contain_text("w jumps between 0 and 3.98 forever")


def test_the_knob_is_turned_by_the_arrow_keys(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("ivo", "step_through", "guess_three_rates"), reduced_motion="reduce")
    student.goto(f"{RATES}?item=half-d")
    seal(student, "explodes")
    expect(student.locator("#spoken")).to_contain_text("With learning rate 0.4 each step lands farther")
    expect(student.locator("#spoken")).not_to_contain_text("With learning rate 0.05")
    knob = student.get_by_role("region", name="Try your own rate")
    expect(student.locator("[data-block^='rates.half-d.sealed']")).to_be_focused()
    knob.get_by_role("slider").focus()

    for rate in ("0.055", "0.06", "0.065"):
        student.keyboard.press("ArrowRight")
        expect(knob.locator(".rate__summary")).to_contain_text(f"With learning rate {rate} ")
        expect(knob.get_by_role("slider")).to_be_focused()
    run_it = knob.get_by_role("button", name="Run")
    run_it.evaluate("button => { button.dataset.old = ''; button.focus(); }")
    student.keyboard.press("Enter")
    expect(run_it).not_to_have_attribute("data-old", "")
    expect(run_it).to_be_focused()


def test_two_case_files_finish_their_part_and_each_opens_at_once(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    username = new_student("eve")
    student = desk.open(username)
    student.goto(f"{LESSON}cases/")
    desk.look_in_every_way(student, "cases_shelf")
    expect(student.locator(".predict__note")).to_have_count(1)
    expect(student.locator(".predict__note")).to_contain_text("Rather not read one? Take another.")
    student.get_by_role("link", name="A knock at the student’s door").click()
    expect_form(student)
    student.get_by_role("link", name="Choose another").click()
    expect(student.get_by_role("link", name="A knock at the student’s door")).to_be_visible()
    expect(student.locator(".shelf__end").filter(has_text="sealed")).to_have_count(0)
    assert sealed(username) == []

    student.get_by_role("link", name="Man or woman, says the software").click()
    expect_form(student)
    desk.look_in_every_way(student, "cases_form")
    pick(student, "accuracy", "sure")
    press_seal(student)
    assert student.locator("[name=second]").first.evaluate("field => field.validity.valueMissing")
    seal(student, "accuracy", "sure", second="women")

    assert sealed(username) == ["face-analysis.1:accuracy:own_pace"]
    expect(student.locator(".headline")).to_contain_text("93.7 %")
    bars = student.get_by_role("table", name=re.compile("share of faces whose label"))
    expect(bars.get_by_role("row", name=re.compile("women, darker skin"))).to_contain_text("20.8")
    expect(student.locator(".verdict")).to_contain_text("The group: Women with darker skin.")
    for heading in ("What would have exposed it", "In fairness", "Sources"):
        expect(student.get_by_role("heading", name=heading)).to_be_visible()
    source = student.get_by_role("link", name=re.compile("Actionable Auditing"))
    expect(source).to_have_attribute("href", "https://doi.org/10.1145/3306618.3314244")
    expect(source).to_have_attribute("rel", "noopener noreferrer")
    more = student.get_by_text("IBM’s service was wrong for")
    expect(more).to_be_hidden()
    student.get_by_text("More", exact=True).click()
    expect(more).to_be_visible()
    desk.look_in_every_way(student, "cases_revealed")

    student.get_by_role("link", name="Choose the next case").click()
    expect(student.get_by_text("1 of 2 done")).to_be_visible()
    student.get_by_role("link", name="A machine wrote this").click()
    seal(student, "false-positive-rate", "think_so", second="non-native")
    expect(student.locator(".verdict")).to_have_count(0)
    see_as(student, "On TOEFL essays it flags about four times the share.")
    student.locator("[name=idea]").first.check()
    student.get_by_role("button", name="Save").click()
    student.get_by_role("link", name="One more, on your own").click()
    seal(student, "false-positive-rate")

    expect(student.locator("#rail").get_by_role("link", name="This already happened, done")).to_be_visible()
    student.get_by_role("link", name="Back to the cases").click()
    expect(student.get_by_text("2 of 2 done")).to_be_visible()
    expect(student.locator(".shelf__file--done")).to_have_count(2)
    desk.look(student, "cases_done")


def curve_at(page: Page) -> float:
    """The number that the dragged curve stands at, read off its chart."""
    return float(
        page.locator("[data-drag]").evaluate(
            """figure => {
                const [low, high, start, end] = figure.dataset.xAxis.split(" ").map(Number);
                const at = figure.querySelector("[data-curve]").transform.baseVal.consolidate().matrix.e;
                return low + (at - start) / (end - start) * (high - low);
            }"""
        )
    )


def expect_in_step(page: Page, number: str) -> None:
    expect(page.get_by_role("slider")).to_have_value(number)
    expect(page.locator("#choice")).to_have_value(number)
    expect(page.get_by_text(f"Lowest at {number}.")).to_be_visible()
    assert abs(curve_at(page) - float(number)) < 0.01


def x_of(page: Page, number: float) -> tuple[float, float]:
    """Where on the screen a number of the dragged chart is."""
    x, y = page.locator("[data-drag] svg").first.evaluate(
        """(svg, number) => {
            const [low, high, start, end] = svg.closest("[data-drag]").dataset.xAxis.split(" ").map(Number);
            const point = svg.createSVGPoint();
            Object.assign(point, { x: start + (number - low) / (high - low) * (end - start), y: 120 });
            const { x, y } = point.matrixTransform(svg.getScreenCTM());
            return [x, y];
        }""",
        number,
    )
    return x, y


def test_the_lowest_point_is_dragged_slid_and_typed_in_step(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    username = new_student("fay")
    student = desk.open(username)
    student.goto(f"{LESSON}u-curve/")
    expect(student.locator("#choice")).to_have_value("")
    expect(student.get_by_text("Empty axes: drag the line to where you expect the lowest point.")).to_be_visible()
    desk.look_in_every_way(student, "u_curve_form")

    student.locator("[data-drag]").scroll_into_view_if_needed()
    student.mouse.move(*x_of(student, 8))
    student.mouse.down()
    student.mouse.move(*x_of(student, 6), steps=4)
    expect_in_step(student, "6")
    student.mouse.move(*x_of(student, 4.2), steps=4)
    student.mouse.up()
    expect_in_step(student, "4")
    student.mouse.move(*x_of(student, 12))
    expect_in_step(student, "4")
    student.get_by_role("slider").focus()
    student.keyboard.press("ArrowRight")
    student.keyboard.press("ArrowRight")
    expect_in_step(student, "6")
    student.locator("#choice").fill("11")
    expect_in_step(student, "11")
    student.locator("[name=confidence][value=think_so]").check()
    desk.look_in_every_way(student, "u_curve_set")
    press_seal(student)

    expect(student.locator(".sealed").get_by_text("Sealed. The answer is measured")).to_be_visible()
    expect(student.locator(".sealed")).to_contain_text("11")
    expect(student.get_by_role("img", name="You put the lowest point at 11.")).to_be_visible()
    assert sealed(username) == ["lowest.1:11:own_pace"]
    desk.look_in_every_way(student, "u_curve_sealed")


def test_a_thumb_drags_the_lowest_point_too(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("gus"), viewport=PHONE, has_touch=True, is_mobile=True)
    student.goto(f"{LESSON}u-curve/")
    student.locator("[data-drag]").scroll_into_view_if_needed()
    thumb = student.context.new_cdp_session(student)

    def touch(kind: str, *numbers: float) -> None:
        points = [dict(zip("xy", x_of(student, number), strict=True)) for number in numbers]
        thumb.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 8)
    for number in (9.0, 10.0, 12.0, 13.0):
        touch("touchMove", number)
    touch("touchEnd")

    expect_in_step(student, "13")


def test_three_guesses_about_bias_wait_for_their_run(desk: Desk, new_student: NewStudent, sealed: Sealed) -> None:
    username = new_student("hal")
    student = desk.open(username)
    student.goto(f"{LESSON}bias/")
    for title, typed in (("The headline number", "93"), ("The 8s alone", "40"), ("Who takes the 8s?", "")):
        expect(student.get_by_role("heading", name=title, level=2)).to_be_visible()
        if typed:
            student.locator("#choice").fill(typed)
            expect(student.get_by_role("slider")).to_have_value(typed)
        else:
            student.locator("[name=choice][value=three]").check()
        student.locator("[name=confidence][value=guess]").check()
        desk.look_in_every_way(student, f"bias_{typed or 'who'}")
        press_seal(student)
        expect(student.locator(".sealed").get_by_text("Sealed. The answer is measured")).to_be_visible()
        expect(student.locator(".verdict, .look")).to_have_count(0)
        if typed:
            student.locator(".predict .next").get_by_role("link").click()
    assert sealed(username) == ["headline.1:93:own_pace", "recall.1:40:own_pace", "absorber.1:three:own_pace"]
    expect(student.locator("#rail").get_by_role("link", name="Part 4: Bias with teeth", exact=True)).to_be_visible()
    desk.look_in_every_way(student, "bias_sealed")


def lead_page(desk: Desk, leader: str, slug: str) -> Page:
    page = desk.open(leader)
    page.goto(f"/c/{slug}/class/lead/")
    return page


def wall_beside(page: Page, slug: str, question: str = "", **size: int) -> Page:
    """The projector: a second page of the same instructor."""
    wall = page.context.new_page()
    wall.set_viewport_size({**WALL, **size})
    wall.goto(f"/present/{slug}/" + (f"?question={question}" if question else ""))
    return wall


def act(page: Page, name: str, then: str = "") -> None:
    """Press a button at the front of the room, say that one is sure if asked, and wait until the next one is there."""
    page.get_by_role("button", name=name).click()
    sure = page.locator("#asked-yes")
    if then:
        expect(page.get_by_role("button", name=then).or_(sure)).to_be_visible()
        if sure.is_visible():
            sure.click()
            expect(page.get_by_role("button", name=then)).to_be_visible()


def expect_count(wall: Page, sealed: int, here: int) -> None:
    expect(wall.locator(".wall__count")).to_contain_text(f"{sealed} of {here} here")


def expect_form(page: Page, says: str = "") -> None:
    expect(page.locator("form[data-predict-form]")).to_be_visible()
    if says:
        expect(page.locator("form[data-predict-form]")).to_contain_text(says)


VOTE_CLOSED = "The vote is closed."
LATE = "Late: the vote had closed."
WAITS = "Your instructor shows the answer to everyone at once"


def test_a_class_is_led_through_two_votes_and_a_reveal(
    desk: Desk, new_led_class: Callable[..., str], clerk: Clerk
) -> None:
    names = ("isolde", "jarmila", "konrad")
    code = new_led_class("led", "walburga", *names, "lorenz")
    lead = lead_page(desk, "walburga", "led")
    isolde, jarmila, konrad = students = [
        desk.open(name, reduced_motion="reduce", **LOOKS[look])
        for name, look in zip(names, ("phone_dark", "laptop_light", "laptop_light"), strict=True)
    ]
    rates = "/c/led/lessons/data-rules-everything/rates/"
    for student in students:
        student.goto(f"{rates}?item=half-c" if student is konrad else rates)
        expect(student.get_by_text("Your instructor opens this part for the whole class.")).to_be_visible()
    desk.look(isolde, "led_locked")
    desk.look(lead, "led_lead_page")

    lead.locator("#line-rates > summary").click()
    act(lead, "Open up to part 2", "Let everyone go at their own pace")
    lead.locator("#line-rates > summary").click()
    for student in students:
        expect(student.locator("[data-predict]")).to_have_attribute("data-state", "closed")
    wall = wall_beside(lead, "led", "rates/half-c")
    said_on_the_wall = []

    def read_the_wall() -> str:
        said_on_the_wall.append(wall.content())
        return said_on_the_wall[-1]

    desk.look(wall, "led_wall_before")
    act(wall, "Open the vote", "Close the vote")
    for student in students:
        expect(student.get_by_role("heading", name="Learning rate 4/15")).to_be_visible()
        expect_form(student)
    expect_count(wall, 0, 3)

    # Two seal, one has picked and not sealed when the vote is closed.
    for n_sealed, (student, choice) in enumerate(((isolde, "bounces"), (jarmila, "explodes")), start=1):
        seal(student, choice, "guess")
        expect(student.locator("[data-waits]")).to_contain_text(WAITS)
        expect(student.locator(".verdict, .look, [data-draws]")).to_have_count(0)
        expect_count(wall, n_sealed, 3)
        read_the_wall()
    desk.look(wall, "led_wall_vote_open")
    pick(konrad, "zigzags")
    konrad.get_by_label("Because …").fill("it goes to and")
    act(wall, "Close the vote", "Reveal")
    expect(wall.locator(".wall__count")).to_contain_text("the vote is closed")
    expect(wall.locator(".wall__advice, .votes")).to_have_count(0)
    expect_form(konrad, VOTE_CLOSED)
    expect(konrad.locator("[name=choice][value=zigzags]")).to_be_checked()
    expect(konrad.get_by_label("Because …")).to_have_value("it goes to and")
    expect(konrad.get_by_label("Because …")).to_be_focused()
    desk.look(konrad, "led_closed_under_the_hand")
    konrad.keyboard.type(" fro")
    seal(konrad, "zigzags", "guess")
    expect(konrad.get_by_text(LATE)).to_be_visible()
    expect(konrad.get_by_text("it goes to and fro")).to_be_visible()
    assert clerk("predictions", "konrad") == "half-c.1:zigzags:late"
    desk.look(konrad, "led_late")
    read_the_wall()

    # Too few answers for advice: the second vote is the instructor's own idea.
    act(lead, "Second vote", "Close the vote")
    expect(wall.locator(".wall__count")).to_contain_text("second vote")
    for student in students:
        expect_form(student, "You have talked about it.")
        expect(student.get_by_role("radio", checked=True)).to_have_count(0)
    desk.look(isolde, "led_second_vote")
    for n_sealed, student in enumerate((isolde, jarmila), start=1):
        seal(student, "bounces", "sure")
        expect_count(wall, n_sealed, 3)
    expect(isolde.locator(".sealed")).to_contain_text("vote 2, you said")
    read_the_wall()
    act(wall, "Close the vote", "Reveal")
    # His one answer stands; there is nothing to add to a vote that is over.
    expect(konrad.locator("[data-waits]")).to_contain_text(WAITS)

    act(wall, "Reveal")
    expect(wall.get_by_text("It opens in three seconds.")).to_be_visible()
    read_the_wall()
    act(wall, "Take it back", "Reveal")
    isolde.wait_for_timeout(3000)
    with isolde.expect_response("**/since/**"):
        pass
    expect(isolde.locator("[data-waits]")).to_contain_text(WAITS)
    expect(wall.locator(".wall__answer")).to_have_count(0)
    assert all(BEHIND not in page and "wall__answer" not in page for page in [*said_on_the_wall, wall.content()])

    act(wall, "Reveal")
    expect(wall.locator(".wall__answer")).to_contain_text("bounces forever")
    expect(wall.locator(".votes")).to_have_count(0)
    expect(wall.get_by_role("button", name="Next: vote on “Learning rate 0.1”")).to_be_visible()
    desk.look(wall, "led_wall_revealed")
    for student in students:
        expect(student.get_by_role("group", name="What did you see?")).to_be_visible()
        see_as(student, "bounces forever")
    expect(konrad.locator(".verdict")).to_contain_text("it is “bounces forever”.")
    desk.look(isolde, "led_revealed")
    read_the_wall()
    for page in said_on_the_wall:
        assert not [name for name in (*names, "walburga", "lorenz") if name in page.lower()]

    act(lead, "End class", "Lead again")
    expect(lead.locator("#lead").get_by_text("Everyone works at their own pace.")).to_be_visible()
    late = desk.open(reduced_motion="reduce", **LOOKS["phone_dark"])
    lead.goto("/c/led/class/people/")
    lead.get_by_role("button", name="Open joining").click()  # it was closed with the class
    late.goto(f"/join/{code}")
    late.get_by_label("Username").fill("lorenza")
    late.get_by_label("Display name").fill("Lorenza")
    late.get_by_label("Password").fill("three plain words")
    late.get_by_role("button", name="Join", exact=True).click()
    expect(late.get_by_text("Missed it? Everything is open")).to_be_visible()
    desk.look(late, "led_ended_arc")
    late.goto(f"{rates}?item=half-c")
    seal(late, "settles", "sure")
    see_as(late, "bounces forever")
    late.locator("[name=idea]").first.check()
    late.get_by_role("button", name="Save").click()
    late.get_by_role("link", name="One more, on your own").click()
    seal(late, "parted")
    expect(late.locator("#card")).to_contain_text("Rates 0.26 and 0.27")
    expect(late.locator(".folds").get_by_role("link", name="Learning rate 4/15").get_by_label("done")).to_be_visible()


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("?item=half-c", id="by its address"),
        pytest.param(
            "",
            id="as the room's question",
        ),
    ],
)
def test_a_half_made_choice_stays_at_hand_when_the_vote_closes(
    desk: Desk, new_led_class: Callable[..., str], address: str
) -> None:
    slug = f"half{len(address)}"
    new_led_class(slug, f"edda{slug}", f"frieda{slug}")
    wall = wall_beside(lead_page(desk, f"edda{slug}", slug), slug, "rates/half-c")
    act(wall, "Open the vote", "Close the vote")
    student = desk.open(f"frieda{slug}")
    student.goto(f"/c/{slug}/lessons/data-rules-everything/rates/{address}")
    expect(student.get_by_role("heading", name="Learning rate 4/15")).to_be_visible()
    pick(student, "zigzags", "sure")

    act(wall, "Close the vote", "Reveal")

    expect(student.get_by_text(VOTE_CLOSED).first).to_be_visible()
    expect(student.get_by_role("heading", name="Learning rate 4/15")).to_be_visible()
    expect(student.locator("[name=choice][value=zigzags]")).to_be_checked()
    expect(student.locator("[name=confidence][value=sure]")).to_be_checked()


@pytest.mark.parametrize("arrives", ["before", "after"])
def test_what_was_asked_before_a_seal_does_not_hide_it(
    desk: Desk, new_led_class: Callable[..., str], clerk: Clerk, arrives: str
) -> None:
    slug, leader, name = (f"{each}{arrives}" for each in ("class", "odile", "otto"))
    new_led_class(slug, leader, name)
    wall = wall_beside(lead_page(desk, leader, slug), slug, "rates/half-c")
    act(wall, "Open the vote", "Close the vote")
    student = desk.open(name, reduced_motion="reduce")
    student.goto(f"/c/{slug}/lessons/data-rules-everything/rates/?item=half-c")
    pick(student, "bounces", "guess")
    held: list[tuple[Route, APIResponse]] = []

    def hold(poll: Route) -> None:
        answer = poll.fetch()
        if answer.status == 200:
            held.append((poll, answer))
        else:
            poll.fulfill(response=answer)

    def let_go() -> None:
        poll, answer = held.pop()
        poll.fulfill(response=answer)

    student.route("**/since/**", hold)
    act(wall, "Close the vote", "Reveal")
    for _attempt in range(100):
        if held:
            break
        student.wait_for_timeout(100)
    if arrives == "before":
        student.route("**/seal/", lambda seal: (let_go(), seal.continue_()))

    press_seal(student)
    expect(student.get_by_text(LATE)).to_be_visible()
    if arrives == "after":
        let_go()
    student.unroute("**/since/**")
    with student.expect_response("**/since/**"):
        pass

    expect(student.locator(".sealed")).to_be_visible()
    expect(student.locator("form[data-predict-form]")).to_have_count(0)
    assert clerk("predictions", name) == "half-c.1:bounces:late"


def test_the_focus_stays_where_it_is_when_the_page_changes_under_it(
    desk: Desk, new_led_class: Callable[..., str]
) -> None:
    new_led_class("focus", "gerlinde", "hedwig", "ingram")
    lead = lead_page(desk, "gerlinde", "focus")
    wall = wall_beside(lead, "focus", "rates/half-c")
    act(wall, "Open the vote", "Close the vote")
    hedwig, ingram = (desk.open(name) for name in ("hedwig", "ingram"))
    for student in (hedwig, ingram):
        student.goto("/c/focus/lessons/data-rules-everything/rates/?item=half-c")
    expect_count(wall, 0, 2)
    wall.get_by_role("button", name="Close the vote").focus()
    seal(hedwig, "bounces")
    expect_count(wall, 1, 2)
    expect(wall.get_by_role("button", name="Close the vote")).to_be_focused()
    ingram.locator("[name=choice][value=explodes]").focus()
    ingram.keyboard.press("Space")

    wall.keyboard.press("Enter")

    expect(wall.get_by_role("button", name="Reveal")).to_be_focused()
    expect(ingram.get_by_text(VOTE_CLOSED).first).to_be_visible()
    expect(ingram.locator("[name=choice][value=explodes]")).to_be_focused()
    expect(ingram.locator("#spoken")).to_contain_text(VOTE_CLOSED)

    act(lead, "Second vote", "Close the vote")

    # It is another question now, and says so; the keyboard stays among the answers.
    expect(ingram.locator("#spoken")).to_contain_text("Second vote.")
    expect(ingram.locator("[name=choice][value=explodes]")).to_be_focused()


def tab_until(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the tab key never came to {selector}")


def test_the_keyboard_alone_seals_a_rate_and_goes_through_its_cycle(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    student = desk.open(new_student("kim"))
    student.goto(f"{RATES}?item=half-c")
    tab_until(student, "[name=choice]")
    student.keyboard.press("Space")
    student.keyboard.press("ArrowDown")
    student.keyboard.press("ArrowDown")
    expect(student.locator("[name=choice][value=one-jump]")).to_be_checked()
    student.keyboard.press("Tab")
    student.keyboard.type("one jump is enough")
    student.keyboard.press("Tab")
    student.keyboard.press("Space")
    student.keyboard.press("ArrowRight")
    expect(student.locator("[name=confidence][value=think_so]")).to_be_checked()
    student.keyboard.press("Tab")
    expect(student.get_by_role("button", name="Seal it")).to_be_focused()
    student.keyboard.press("Enter")

    expect(student.locator("[data-block^='rates.half-c.sealed']")).to_be_focused()
    wait_until_drawn(student)
    assert sealed("kim") == ["half-c.1:one-jump:own_pace"]
    tab_until(student, ".look button[value=bounces]")
    student.keyboard.press("Space")
    expect(student.locator("[data-block='rates.half-c.verdict']")).to_be_focused()
    tab_until(student, "[name=idea]")
    student.keyboard.press("Space")
    student.keyboard.press("Tab")
    student.keyboard.press("Tab")
    student.keyboard.press("Enter")
    expect(student.locator(".reconciled")).to_be_focused()
    tab_until(student, ".predict .next a")
    student.keyboard.press("Enter")
    expect(student.get_by_role("heading", name="Rates 0.26 and 0.27")).to_be_visible()


LISTEN = """() => {
    window.told = [];
    const spoken = document.getElementById("spoken");
    new MutationObserver((changes) => {
        for (const { addedNodes } of changes) {
            for (const { textContent } of addedNodes) {
                window.told.push({ text: textContent, isDrawing: Boolean(document.querySelector("[data-drawn]")) });
            }
        }
    }).observe(spoken, { childList: true });
}"""


def told(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("window.told")


@pytest.mark.parametrize(
    "motion",
    [
        "no-preference",
        "reduce",
    ],
)
def test_a_reveal_is_told_once_and_after_it_is_drawn(desk: Desk, new_student: NewStudent, motion: Any) -> None:
    student = desk.open(new_student(f"lou{motion}"), reduced_motion=motion)
    student.goto(RATES)
    student.evaluate(LISTEN)
    seal(student, "settles", "think_so")
    if motion == "reduce":
        expect(student.locator(".rate__leg[hidden], .rate__mark[hidden], [data-drawn]")).to_have_count(0)
    wait_until_drawn(student)

    wait_for(lambda: told(student), "the reveal is told")
    # Were it told twice, the second time would follow close behind.
    let_pass(student, 100)
    heard = told(student)
    assert len(heard) == 1, heard
    assert "With learning rate 0.1 w comes closer from one side" in heard[0]["text"]
    assert "As you said: settles smoothly." in heard[0]["text"]
    assert not heard[0]["isDrawing"]


def test_a_chart_can_be_heard(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("max"), reduced_motion="reduce")
    student.goto(RATES)
    seal(student, "settles")

    sentence = "With learning rate 0.1 w comes closer from one side. After 4 steps it is within 0.01 of 1.99."
    numbers = "w after steps 0 to 10: 0, 1.4925, 1.8656"
    expect(student.get_by_role("group", name=re.compile(re.escape(numbers)))).to_be_visible()
    expect(student.locator(".rate__summary")).to_have_text(sentence)
    student.get_by_text("Show the numbers").click()
    table = student.locator("[data-draws]").get_by_role("table")
    expect(table.get_by_role("columnheader", name="loss")).to_be_visible()
    expect(table.get_by_role("row").filter(has=student.get_by_role("rowheader", name="1", exact=True))).to_contain_text(
        "1.4925"
    )
    dots = student.locator("[data-drawing=valley]").get_by_role("img")
    expect(dots.first).to_have_accessible_name(re.compile("0"))
    expect(dots.first).to_have_attribute("tabindex", "0")


@pytest.mark.usefixtures("without_wifi")
@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"{RATES}?item=half-a", id="by its address"),
        pytest.param(
            RATES,
            id="as the first of the part",
        ),
    ],
)
def test_a_guess_sealed_without_wifi_is_kept_sent_once_and_then_revealed(
    desk: Desk, new_student: NewStudent, sealed: Sealed, address: str
) -> None:
    username = new_student("nia" if "item" in address else "ned")
    student = desk.open(username, reduced_motion="reduce")
    student.goto(address)
    pick(student, "settles", "sure")
    student.context.set_offline(True)
    press_seal(student)
    expect(banner(student)).to_contain_text(
        "Saved on this device, to be sent when the network is back: Learning rate 0.1."
    )
    expect(student.locator("[name=choice][value=settles]")).to_be_checked()
    desk.look(student, "predict_kept")
    assert sealed(username) == []

    student.context.set_offline(False)

    expect(banner(student)).to_be_hidden()
    assert sealed(username) == ["half-a.1:settles:own_pace"]
    expect(student.get_by_role("heading", name="Learning rate 0.1")).to_be_visible()
    expect(student.locator(".verdict")).to_contain_text("As you said: settles smoothly.")
    student.reload()
    student.goto(f"{RATES}?item=half-a")
    expect(student.locator(".stamp")).to_be_visible()
    assert sealed(username) == ["half-a.1:settles:own_pace"]


def test_a_question_sealed_in_another_tab_shows_how_it_stands(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    first = desk.open(new_student("una"), reduced_motion="reduce")
    first.goto(RATES)
    second = first.context.new_page()
    second.goto(RATES)
    second.wait_for_load_state("networkidle")  # a page that has just come looks for what another has not got through
    seal(first, "settles")

    pick(second, "explodes", "guess")
    press_seal(second)

    expect(second.locator(".sealed")).to_contain_text("settles smoothly")
    expect(second.get_by_role("heading", name="Learning rate 0.1")).to_be_visible()
    assert sealed("una") == ["half-a.1:settles:own_pace"]
    # The browser and htmx report the refusal itself.
    desk.complaints = [line for line in desk.complaints if "409" not in line]


def test_a_question_can_be_answered_and_reconciled_without_javascript(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    student = desk.open(new_student("val"), java_script_enabled=False)
    student.goto(f"{RATES}?item=half-c")
    seal(student, "bounces")
    expect(student.locator("[data-drawing]:visible")).to_have_count(2)
    see_as(student, "bounces forever")
    student.locator("[name=idea]").first.check()
    student.get_by_role("button", name="Save").click()
    expect(student.locator(".reconciled")).to_be_visible()

    student.goto(f"{LESSON}u-curve/")
    student.locator("#choice").fill("abc")
    student.locator("[name=confidence][value=sure]").check()
    press_seal(student)

    expect(student.get_by_text("Type a number from 1 to 15.")).to_be_visible()
    expect(student.locator("#choice")).to_have_value("abc")
    assert sealed("val") == ["half-c.1:bounces:own_pace"]
    desk.complaints = [line for line in desk.complaints if "status of 400" not in line]


@pytest.mark.usefixtures("without_wifi")
def test_a_seal_whose_reply_was_lost_is_stored_once(desk: Desk, new_student: NewStudent, sealed: Sealed) -> None:
    student = desk.open(new_student("oda"), reduced_motion="reduce")
    student.goto(f"{RATES}?item=half-a")
    find_again = lose_replies(student, "**/seal/")
    pick(student, "settles", "sure")
    press_seal(student)
    expect(banner(student)).to_contain_text("Learning rate 0.1")

    find_again()

    expect(student.locator(".verdict")).to_be_visible()
    assert sealed("oda") == ["half-a.1:settles:own_pace"]


def test_a_seal_on_its_way_is_not_repeated(desk: Desk, new_student: NewStudent, sealed: Sealed) -> None:
    """Whoever seals as soon as the page is there, or comes back to it meanwhile, sends one seal."""
    student = desk.open(new_student("odo"), reduced_motion="reduce")
    student.goto(f"{RATES}?item=half-a")
    on_their_way: list[Route] = []
    student.route("**/seal/", lambda route: on_their_way.append(route))
    pick(student, "settles", "sure")
    press_seal(student)

    student.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    let_pass(student, 500)
    (seal,) = on_their_way
    seal.continue_()

    expect(student.locator(".verdict")).to_be_visible()
    assert sealed("odo") == ["half-a.1:settles:own_pace"]


def test_a_half_made_guess_survives_a_reload(desk: Desk, new_student: NewStudent, sealed: Sealed) -> None:
    student = desk.open(new_student("pia"))
    student.goto(f"{RATES}?item=half-c")
    pick(student, "explodes")
    student.get_by_label("Because …").fill("it gets larger")
    student.reload()
    expect(student.locator("[name=choice][value=explodes]")).to_be_checked()
    expect(student.get_by_label("Because …")).to_have_value("it gets larger")
    expect(student.locator("[name=confidence]:checked")).to_have_count(0)

    student.goto(f"{LESSON}u-curve/")
    student.locator("#choice").fill("11")
    student.reload()
    expect(student.locator("#choice")).to_have_value("11")
    expect(student.get_by_role("slider")).to_have_value("11")
    assert abs(curve_at(student) - 11) < 0.01
    assert sealed("pia") == []


def test_the_chart_to_drag_is_there_on_every_visit(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("quentin"))
    student.goto(f"{LESSON}u-curve/")
    student.locator("#choice").fill("11")
    for _ in range(15):
        student.reload()
        expect(student.get_by_text("Lowest at 11.")).to_be_visible()


def test_the_projector_can_be_read_from_the_back_row(desk: Desk, new_led_class: Callable[..., str]) -> None:
    ways: list[tuple[Any, Any]] = [(WALL, "dark"), (LAPTOP, "light")]
    slug = "back-row"
    new_led_class(slug, "ottilie", "quirin")
    lead = desk.open("ottilie")
    student = desk.open("quirin", reduced_motion="reduce")
    student.goto(f"/c/{slug}/lessons/data-rules-everything/cases/")
    lead.goto(f"/c/{slug}/class/lead/")
    wall = wall_beside(lead, slug, "rates/half-c")
    for size, scheme in ways:
        wall.set_viewport_size(size)
        wall.emulate_media(color_scheme=scheme)
        for question in ("rates/half-c", "bias-guess/headline", "cases/text-detectors"):
            wall.goto(f"/present/{slug}/?question={question}")
            desk.look(wall, f"wall_{question.replace('/', '_')}_{size['width']}_{scheme}")
            if size == WALL:
                for part in (".wall__text", ".wall__count", ".wall__count b", ".wall__choice"):
                    found = wall.locator(part)
                    sizes = found.evaluate_all("all => all.map((each) => parseFloat(getComputedStyle(each).fontSize))")
                    assert min(sizes, default=28) >= 28, part
    act(wall, "Open the vote", "Close the vote")
    student.goto(f"/c/{slug}/lessons/data-rules-everything/cases/?item=text-detectors")
    seal(student, "recall", second="young")
    expect_count(wall, 1, 1)
    act(wall, "Close the vote", "Reveal")
    act(wall, "Reveal")
    expect(wall.locator(".wall__answer")).to_contain_text("False-positive rate")
    for size, scheme in ways:
        wall.set_viewport_size(size)
        wall.emulate_media(color_scheme=scheme)
        desk.look(wall, f"wall_revealed_{size['width']}_{scheme}")


def test_arrow_keys_turn_the_projector_unless_a_button_has_the_focus(
    desk: Desk, new_led_class: Callable[..., str]
) -> None:
    new_led_class("keys", "roswitha")
    wall = wall_beside(lead_page(desk, "roswitha", "keys"), "keys", "rates/half-a")
    expect(wall.get_by_role("heading", name="Learning rate 0.1")).to_be_visible()

    wall.keyboard.press("ArrowRight")
    expect(wall.get_by_role("heading", name="Learning rate 0.2")).to_be_visible()
    wall.get_by_role("button", name="Open the vote").focus()
    wall.keyboard.press("ArrowRight")
    # A key that turned the page would have asked for it at once.
    expect(wall.locator("form.htmx-request")).to_have_count(0)
    expect(wall.get_by_role("heading", name="Learning rate 0.2")).to_be_visible()
    wall.get_by_role("button", name="Open the vote").blur()
    wall.keyboard.press("ArrowLeft")

    expect(wall.get_by_role("heading", name="Learning rate 0.1")).to_be_visible()
