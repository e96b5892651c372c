"""From zero to the badge, and the work to take home: as students do it, and as it is read."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from openbadgeslib.ob3 import OB3Verifier
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Desk
from tests.journeys.corpora import LINE, big_file, count_and_keep
from tests.journeys.steps import (
    BADGE,
    LESSON,
    LOOKS,
    LOST,
    MISSION,
    PHONE,
    WHY,
    Advanced,
    NewStudent,
    approve_by_keys,
    at_hand,
    do_the_experiments,
    do_the_hand_steps,
    explain,
    start,
    wait_for_run,
    wait_until_still,
)
from tests.running import Running

pytestmark = pytest.mark.journey

SCHEMA = Path(__file__).parents[1] / "data" / "ob_v3p0_achievementcredential_schema.json"


def test_from_zero_to_a_badge_that_anybody_can_verify(
    desk: Desk, downhill: Running, new_student: NewStudent, tmp_path: Path
) -> None:
    who = new_student("zora")
    student, instructor = desk.open(who), desk.open("instructor")
    student.goto(BADGE)
    expect(student.locator(".badge-page__count")).to_have_text("0 of 3")
    do_the_hand_steps(student)
    expect(student.get_by_role("heading", name="All steps done")).to_be_visible()
    do_the_experiments(student, seed="77")

    student.goto(BADGE)
    expect(student.locator(".badge-page__count")).to_have_text("2 of 3, with your instructor")
    expect(
        student.get_by_text(re.compile(r"recall for 8 over all models: \d+ of 100 before, \d+ after"))
    ).to_be_visible()
    desk.look_in_every_way(student, "badge_two_of_three")

    at_hand(instructor, "Zora")
    desk.look_in_every_way(instructor, "review_queue")
    began = time.perf_counter()
    approve_by_keys(instructor)
    expect(instructor.get_by_text("Approved: Zora")).to_be_visible()
    expect(student.get_by_role("heading", name="You are a Data Scientist.")).to_be_visible()
    print(f"from the first tick to the moment on the student's own page: {time.perf_counter() - began:.1f} s")
    wait_until_still(student)  # the ball has come to rest
    desk.look_in_every_way(student, "award_moment")

    student.goto(LESSON)
    expect(student.locator(".station", has_text="Badge: Data Scientist")).to_contain_text("done")
    expect(student.locator(".joy")).to_have_count(0)
    student.goto(BADGE)
    expect(student.get_by_text("Yours since")).to_be_visible()
    student.get_by_role("link", name="step 3").click()
    expect(student.get_by_text("1.5042")).to_be_visible()
    student.goto(BADGE)
    student.get_by_role("link", name="Your credential, to share").click()
    student.wait_for_url("**/credentials/**")

    stranger = desk.open()
    address = student.url
    assert stranger.request.get(address).status == 404
    assert stranger.request.get(f"{address[:-1]}.jwt").status == 404
    student.get_by_label("Share it").check()
    student.get_by_role("button", name="Save").click()
    expect(student.get_by_label("Its address")).to_have_value(address)
    desk.look(student, "credential_own")
    stranger.goto(address)
    expect(stranger.get_by_text("Zora")).to_have_count(0)
    desk.look_in_every_way(stranger, "credential_public")

    verify_three_ways(downhill, stranger, address.removesuffix("/"), who, tmp_path)


def verify_three_ways(downhill: Running, stranger: Page, address: str, username: str, folder: Path) -> None:
    """The published schema, an independent program, and our own command say the same."""
    token, readable = (stranger.request.get(f"{address}.{ending}") for ending in ("jwt", "json"))
    credential = json.loads(readable.text())
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft201909Validator(schema, format_checker=jsonschema.FormatChecker()).validate(credential)

    keys = stranger.request.get("/.well-known/jwks.json").json()
    kid = jws.extract_compact(token.body()).headers()["kid"]
    key = RSAKey.import_key(stranger.request.get(kid).json())
    status = stranger.request.get("/credentials/status.jwt").body()
    verifier = OB3Verifier(pubkey_pem=key.as_pem(private=False))
    found = verifier.verify(token.text(), check_status=True, download=lambda url: status)
    assert found.achievement.name == "Data Scientist"
    (identity,) = credential["credentialSubject"]["identifier"]
    digest = hashlib.sha256((username + identity["salt"]).encode()).hexdigest()
    assert identity["identityHash"] == f"sha256${digest}"
    assert username not in token.text() + readable.text()

    file = folder / "badge.jwt"
    file.write_text(token.text(), encoding="utf-8")
    (folder / "jwks.json").write_text(json.dumps(keys), encoding="utf-8")
    (folder / "status.jwt").write_bytes(status)
    said = downhill.manage("verify_credential", str(file))
    assert "Genuine. Data Scientist" in said
    assert "It was not revoked." in said
    options = ["--jwks", str(folder / "jwks.json"), "--status", str(folder / "status.jwt")]
    assert "It was not revoked." in downhill.manage("verify_credential", str(file), *options)


def test_a_text_comes_back_with_a_comment_and_is_sent_again(desk: Desk, advanced: Advanced) -> None:
    student, instructor = desk.open(advanced("rita", "sweep")), desk.open("instructor")
    explain(student, "Because it is a trap for everybody.")
    at_hand(instructor, "Rita")

    instructor.get_by_role("button", name="Return").click()
    expect(instructor.get_by_text("Returned: Rita")).to_be_visible()
    instructor.get_by_role("button", name="Undo").click()
    expect(instructor.locator(".reading__who")).to_contain_text("Rita")
    instructor.get_by_label("Comment").fill("Which dots does it know?")
    instructor.get_by_label("All in your own words.").check()
    instructor.reload()
    expect(instructor.get_by_label("Comment")).to_have_value("Which dots does it know?")
    expect(instructor.get_by_label("All in your own words.")).to_be_checked()
    # Enter on a tick decides nothing, and a click beside the form leaves the keys alive.
    instructor.get_by_label("All in your own words.").press("Enter")
    expect(instructor.locator(".reading__who")).to_contain_text("Rita")
    instructor.locator(".reading__keys").click()
    instructor.keyboard.press("r")
    expect(instructor.get_by_text("Returned: Rita")).to_be_visible()
    student.goto(BADGE)
    student.get_by_role("link", name="Sent back: change your text").click()
    expect(student.locator(".review")).to_be_focused()
    expect(student.locator(".words__text")).to_be_in_viewport()
    expect(student.locator(".review__comment")).to_have_text("Which dots does it know?")
    expect(student.locator(".review__ticks .bad")).to_have_count(2)
    expect(student.locator(".words__text")).to_have_value("Because it is a trap for everybody.")
    desk.look(student, "returned")

    student.locator(".words__text").fill(WHY)
    student.reload()
    expect(student.locator(".words__text")).to_have_value(WHY)
    student.get_by_role("button", name="Send again").click()
    expect(student.locator(".words__state[data-block]")).to_contain_text("Your instructor will read it.")
    at_hand(instructor, "Rita")
    expect(instructor.locator(".reading__text")).to_have_text(WHY)
    expect(instructor.get_by_text("1 earlier version")).to_be_visible()
    expect(instructor.locator(".u-curve")).to_be_visible()


@pytest.fixture
def refused_on_purpose(desk: Desk) -> Iterator[None]:
    """What the browser itself reports of a refusal is no complaint."""
    yield
    desk.complaints = [each for each in desk.complaints if not each.startswith(LOST)]


SOURCES = {
    "claim": "MNIST has 50,000 images for training and 20,000 for testing.",
    "who_1": "Yann LeCun",
    "when_1": "1998",
    "passage_1": "The training set has 60,000 examples, the test set 10,000.",
    "where_1": "https://example.org/mnist",
    "who_2": "the Yann Lecun",
    "when_2": "2019",
    "passage_2": "MNIST consists of 60,000 training and 10,000 test images.",
    "where_2": "www.example.org/again",
}


KEPT_FILE = "#corpus-check [data-block^=corpus-check]"
HEADS = ("The claim", "Source 1", "Source 2", "Your stamp")
FIELDS = (("claim",), *((f"who_{n}", f"when_{n}", f"passage_{n}", f"where_{n}", f"stance_{n}") for n in (1, 2)))


def at_step(form: Locator, number: int) -> None:
    """One step of the check is open, and says which."""
    expect(form.get_by_role("group", name=HEADS[number - 1], exact=True)).to_be_visible()
    expect(form.locator("[data-of-step]:visible")).to_have_count(1)
    expect(form.locator("[aria-current=step]")).to_have_text(HEADS[number - 1])


def go_to(form: Locator, number: int) -> None:
    """Back, as often as it takes."""
    while not form.get_by_role("group", name=HEADS[number - 1], exact=True).is_visible():
        form.locator("[data-back]:visible").click()
    at_step(form, number)


def fill_check(form: Locator, *, independent: str = "", stamp: str = "", **changed: str) -> None:
    """From the claim to the stamp; both sources contradict the claim. It is not sent yet."""
    said = SOURCES | {"stance_1": "contradicts", "stance_2": "contradicts"} | changed
    for number, names in enumerate(FIELDS, start=1):
        at_step(form, number)
        for name in names:
            if name.startswith("stance"):
                form.locator(f"[name={name}][value={said[name]}]").check()
            else:
                form.locator(f"#{name}").fill(said[name])
        if number == 3:
            form.locator(f"[name=independent][value={independent}]").check()
        form.locator("[data-next]:visible").click()
    at_step(form, 4)
    form.locator(f"[name=stamp][value={stamp}]").check()


def test_the_source_check_names_the_traps_and_loses_nothing(
    desk: Desk, new_student: NewStudent, refused_on_purpose: None
) -> None:
    student = desk.open(new_student("sol"))
    student.goto(MISSION)
    form = student.locator("[data-sources]")
    at_step(form, 1)
    form.locator("#supplied").select_option("mnist")
    expect(form.get_by_text("50,000 for training and 20,000 for testing")).to_be_visible()
    fill_check(form, independent="copy", stamp="accept")
    student.reload()
    at_step(form, 4)
    expect(form.locator("#passage_2")).to_have_value(SOURCES["passage_2"])
    expect(form.locator("#supplied")).to_have_value("mnist")

    form.get_by_role("button", name="Send").click()
    at_step(form, 3)
    expect(form.locator("#who_2")).to_be_focused()
    for says in (
        "The same people published both.",
        "Both links lead to example.org",
        "Then the two count as one.",
    ):
        expect(form.get_by_text(says)).to_be_visible()
    desk.look_in_every_way(student, "source_check_traps")

    form.locator("#who_2").fill("A museum")
    form.locator("#where_2").fill("Catalogue of 2019, page 12")
    form.locator("[name=independent][value=yes]").check()
    form.locator("[data-next]:visible").click()
    at_step(form, 4)
    expect(form.get_by_text("point to the stamp “reject or revise”")).to_be_visible()
    form.locator("[name=stamp][value=revise]").check()
    form.locator("#corrected").fill("MNIST has 60,000 images for training and 10,000 for testing.")
    desk.look_in_every_way(student, "source_check_stamp")
    form.get_by_role("button", name="Send").click()
    expect(student.locator(".words__state[data-block]")).to_contain_text("Your instructor will read it.")
    expect(student.locator(".lines")).to_be_hidden()
    student.get_by_role("heading", name="One answer, two sources").click()
    desk.look_in_every_way(student, "source_check_sent")

    instructor = desk.open("instructor")
    at_hand(instructor, "Sol")
    desk.look(instructor, "review_source_check")


def test_a_sentence_is_tapped_and_each_step_says_what_it_lacks(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("tove"), viewport=PHONE)
    student.goto(MISSION)
    form = student.locator("[data-sources]")
    form.locator("#claim").fill("My own sentence.")
    form.locator("#supplied").select_option("great-wall")
    sentence = form.get_by_role("button", name="Yes. The Great Wall of China is the only structure", exact=False)
    sentence.click()
    expect(form.locator("#claim")).to_have_value(re.compile("^Yes. The Great Wall .* naked eye.$"))
    expect(sentence).to_have_attribute("aria-pressed", "true")
    desk.look_in_every_way(student, "source_check_claim")
    sentence.click()
    expect(form.locator("#claim")).to_have_value("My own sentence.")
    sentence.click()
    form.locator("#claim").press("Control+Home")
    form.locator("[data-next]:visible").click()

    at_step(form, 2)
    expect(form.locator("[data-claim]")).to_contain_text("The Great Wall of China is the only structure")
    # Enter in a line goes on, too; nothing is sent, and no bubble of the browser's own comes.
    form.locator("#who_1").press("Enter")
    expect(form.get_by_text("Fill this in.").locator("visible=true")).to_have_count(4)
    expect(form.get_by_text("Choose one.").locator("visible=true")).to_have_count(1)
    expect(form.locator("#who_1")).to_be_focused()
    desk.look_in_every_way(student, "source_check_missing")
    form.locator("#who_1").fill("A")
    expect(form.get_by_text("Fill this in.").locator("visible=true")).to_have_count(3)
    go_to(form, 1)
    expect(form.locator("#claim")).to_have_value(re.compile("^Yes. The Great Wall"))


def test_the_source_check_is_one_long_page_without_javascript(
    desk: Desk, new_student: NewStudent, refused_on_purpose: None
) -> None:
    student = desk.open(new_student("ulla"), java_script_enabled=False)
    student.goto(MISSION)
    form = student.locator("[data-sources]")
    expect(form.locator("[data-of-step]:visible")).to_have_count(4)
    expect(form.locator("[data-next]:visible, [data-back]:visible, [data-rail]:visible")).to_have_count(0)
    form.locator("#claim").fill(SOURCES["claim"])

    form.get_by_role("button", name="Send").click()

    expect(form.locator("#claim")).to_have_value(SOURCES["claim"])
    expect(form.locator("#assistant-error")).to_have_text("Fill this in.")
    expect(form.get_by_text("Choose one.").locator("visible=true")).to_have_count(4)


def test_what_is_refused_when_the_network_is_back_is_marked_and_what_is_kept_comes_into_view(
    desk: Desk, new_student: NewStudent, refused_on_purpose: None
) -> None:
    student = desk.open(new_student("olaf"), viewport=PHONE)
    student.goto(MISSION)
    form = student.locator("[data-sources]")
    form.locator("#supplied").select_option("mnist")
    other = {"who_2": "A museum", "where_2": "Catalogue of 2019, page 12"}
    fill_check(form, who_1="ChatGPT 5", independent="yes", stamp="reject", **other)
    student.context.set_offline(True)
    form.get_by_role("button", name="Send").click()
    banner = student.locator("#banner")
    expect(banner).to_contain_text("Saved on this device")

    student.context.set_offline(False)
    says = "You are checking an AI assistant. It cannot be a source."
    expect(form.get_by_text(says)).to_be_visible()
    expect(form.locator("#who_1")).to_be_focused()
    expect(banner).to_have_text(says)
    # Any page that is asked for meanwhile, as a poll does.
    student.evaluate("htmx.ajax('GET', location.href, {source: document.body, swap: 'none'})")
    expect(banner).to_have_text(says)
    expect(banner).to_be_visible()

    form.locator("#who_1").fill("Yann LeCun")
    expect(banner).to_be_hidden()
    for number in (3, 4):
        form.locator("[data-next]:visible").click()
        at_step(form, number)
    form.get_by_role("button", name="Send").click()
    kept = student.locator(".words__state[data-block]", has_text="Saved. Your instructor will read it.")
    expect(kept).to_be_focused()
    expect(kept).to_be_in_viewport()


def test_what_i_did_is_printed_on_light_paper(desk: Desk, advanced: Advanced) -> None:
    student = desk.open(advanced("pia", "step_through", "guess_three_rates"), **LOOKS["phone_dark"])
    student.goto(BADGE)
    student.get_by_role("link", name="What I did, on one page to print").click()

    expect(student.get_by_role("heading", name="What I did")).to_be_visible()
    expect(student.get_by_role("row", name="Step 3 w = 1.5042")).to_be_visible()
    expect(student.get_by_role("button", name="Print")).to_be_visible()
    desk.look_in_every_way(student, "what_i_did")
    student.emulate_media(media="print", color_scheme="dark")
    expect(student.locator(".top")).to_be_hidden()
    expect(student.get_by_role("button", name="Print")).to_be_hidden()
    ink = student.get_by_role("heading", name="What I did").evaluate("head => getComputedStyle(head).color")
    paper = student.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")


def test_a_large_corpus_is_counted_in_the_browser_and_never_uploaded(
    desk: Desk, new_student: NewStudent, tmp_path: Path
) -> None:
    student = desk.open(new_student("cora"))
    student.goto(MISSION)
    student.get_by_role("button", name="I have no file yet").click()
    expect(student.locator(KEPT_FILE)).to_contain_text("Your instructor knows that you have no file yet.")
    count_and_keep(student, *big_file(tmp_path, 200))
    desk.look(student, "corpus_kept")


def test_the_same_corpus_is_known_when_it_is_picked_again(desk: Desk, new_student: NewStudent, tmp_path: Path) -> None:
    student = desk.open(new_student("cosima"))
    path, n_words = big_file(tmp_path, 2)
    count_and_keep(student, path, n_words)

    student.get_by_role("heading", name="The texts for Week 3").click()
    student.locator("[data-file]").set_input_files(path)
    expect(student.get_by_text("Exactly the same file as before.")).to_be_visible(timeout=120_000)
    student.get_by_role("button", name="Save these figures").click()

    expect(student.locator(KEPT_FILE)).to_contain_text("You picked exactly the same file again.")


def test_what_was_counted_stays_when_a_run_ends_and_the_page_is_exchanged(
    desk: Desk, new_student: NewStudent, tmp_path: Path
) -> None:
    student = desk.open(new_student("ludo"))
    student.goto(MISSION)
    path = tmp_path / "corpus.md"
    path.write_text(LINE * 600, encoding="utf-8")
    student.locator("[data-file]").set_input_files(path)
    words = student.locator("[data-figure=words]")
    expect(words).to_have_text(f"{600 * len(LINE.split()):,}")

    start(student, "stretch", seed="7")
    wait_for_run(student, "stretch")

    expect(words).to_have_text(f"{600 * len(LINE.split()):,}")
    student.get_by_role("button", name="Save these figures").click()
    expect(student.locator(KEPT_FILE)).to_contain_text("✓ Saved.")
    expect(student.get_by_role("button", name="Save these figures")).to_be_hidden()


KINDS = [
    ("letter.docx", b"PK\x03\x04", "has the wrong ending"),
    ("letter.txt", b"PK\x03\x04\x00\x00more", "This is not plain text"),
    ("nothing.txt", b"", "This file is empty."),
    ("old.txt", "Grüße aus Köln\r\nzwei\rdrei".encode("cp1252"), "5 words, 3 lines, windows-1252"),
    ("wide.txt", "\ufeffone two\n三四".encode("utf-16-le"), "4 words, 2 lines, utf-16le"),
    ("new.md", "\ufeffeins zwei\n".encode(), "2 words, 1 lines, utf-8"),
]


def test_what_kind_of_file_it_is_is_told(desk: Desk, new_student: NewStudent, tmp_path: Path) -> None:
    student = desk.open(new_student("kim"))
    for name, content, says in KINDS:
        student.goto(MISSION)
        (tmp_path / name).write_bytes(content)

        student.locator("[data-file]").set_input_files(tmp_path / name)

        figures = re.fullmatch(r"(\d+) words, (\d+) lines, (\S+)", says)
        expect(student.locator("[data-told]"), name).to_contain_text("Not enough yet" if figures else says)
        # So few words are nothing to save.
        expect(student.get_by_role("button", name="Save these figures"), name).to_be_hidden()
        if figures is None:
            continue
        for figure, shown in zip(("words", "lines", "encoding"), figures.groups(), strict=True):
            expect(student.locator(f"[data-figure={figure}]"), name).to_have_text(shown)
        assert student.locator("[name=fingerprint]").input_value() == hashlib.sha256(content).hexdigest(), name
