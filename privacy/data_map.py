"""Map of what is kept about people: in which table, what for, for how long, and what an erasure does to it.

Every table of the database has its row here, and every column that is a text, a list or a person is named in it: tests
hold this map against Django's models. `docs/privacy.md` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps

WITH_CLASS = "as long as the class, or until erased"
GONE = "deleted"


@dataclass(frozen=True)
class Kept:
    """A table: what it says of people, why, for how long, and what becomes of it when one of them is erased.

    `names` are the columns that could name or describe a person, `plain` the other texts in it.
    """

    model: str
    what: str
    why: str
    how_long: str
    at_erasure: str
    names: tuple[str, ...]
    plain: tuple[str, ...] = ()


MAP: tuple[Kept, ...] = (
    Kept(
        "classroom.User",
        "username, display name, hashed password, first and last log-in, role",
        "to log in, and to be known to the class",
        "until erased",
        "deleted; of an author an empty row stays as long as something names it: a number, no name, no log-in",
        ("username", "display_name", "password"),
    ),
    Kept(
        "classroom.User_groups",
        "role on the admin site",
        "to know what they may do there",
        "until it is taken away or they are erased",
        GONE,
        ("user", "group"),
    ),
    Kept(
        "classroom.User_user_permissions",
        "nothing: Downhill gives roles",
        "a table of Django's",
        "–",
        GONE,
        ("user",),
    ),
    Kept(
        "classroom.Membership",
        "place in a class, role, student ID, when they joined and were last active, who removed them",
        "the class list; marks are matched by the student ID",
        WITH_CLASS,
        "deleted; a place as an instructor stays without its owner's name",
        ("user", "student_id", "removed_by", "merged_into"),
    ),
    Kept(
        "classroom.Token",
        "a notebook's log-in: the name they gave it, a digest of its key, when it was used last, to the hour",
        "to log in from a notebook",
        "TOKEN_DAYS (90) after its last use",
        GONE,
        ("user", "name"),
        ("digest",),
    ),
    Kept(
        "classroom.LoginCard",
        "a digest of the code on their log-in card",
        "to let them in once",
        "CARD_DAYS (30), or until it was used",
        GONE,
        ("user",),
        ("digest",),
    ),
    Kept(
        "classroom.Tally",
        "how often somebody did something within a minute or an hour: by their number, by a device's number or by an "
        "address",
        "to slow down whoever tries passwords and codes",
        "a minute longer than that, while anybody comes",
        GONE,
        ("key",),
    ),
    Kept(
        "classroom.LearningEvent",
        "what happened: joined, finished, renamed, removed, merged, badge earned; of instructors what they opened",
        "the timeline of a student and the replay of a class",
        WITH_CLASS,
        "deleted; what an instructor did with a class stays, by number. Names in what is told of others are emptied",
        ("membership", "facts"),
        ("kind",),
    ),
    Kept(
        "classroom.Look",
        "that an instructor or admin looked at somebody's work: who, at which page, in which hour",
        "whoever is looked at can see it",
        "LOOKS_DAYS (365)",
        "deleted; that they looked at others stays, by number",
        ("viewer", "membership"),
        ("kind",),
    ),
    Kept(
        "classroom.Invitation",
        "a link for an instructor: who made it, who used it",
        "to know who let whom teach",
        "as long as the class",
        "stays, by number",
        ("made_by", "used_by"),
        ("code",),
    ),
    Kept(
        "classroom.Cohort",
        "a class; nobody, unless somebody is named in its name",
        "to teach",
        "the days that an admin has set, or until an admin deletes it",
        "stays",
        ("name", "slug"),
        ("join_code", "lessons", "time_zone"),
    ),
    Kept(
        "classroom.Rehearsal",
        "players of a class that is made up, by number",
        "to play it",
        "until its instructor deletes it",
        "stays",
        ("players",),
        ("evening",),
    ),
    Kept(
        "lessons.Submission",
        "an answer or a text, as it was sent, with the reply; who entered it from paper",
        "grading, help, and what a badge rests on",
        WITH_CLASS,
        "deleted; what they entered for others stays, by number",
        ("membership", "answer", "reply", "entered_by"),
        ("lesson", "activity", "sent_hash", "slip", "lesson_hash"),
    ),
    Kept(
        "lessons.Prediction",
        "a sealed prediction: choice, how sure, why; who entered it from paper",
        "to be compared with what comes out",
        WITH_CLASS,
        "deleted; what they entered for others stays, by number",
        ("membership", "choice", "second", "because", "entered_by"),
        ("lesson", "activity", "item", "lesson_hash"),
    ),
    Kept(
        "lessons.Reconciliation",
        "what they made of what came out",
        "to learn from it",
        WITH_CLASS,
        GONE,
        ("membership", "saw", "idea", "next_time"),
        ("lesson", "activity", "item"),
    ),
    Kept(
        "lessons.PartProgress",
        "how far they are in a part, tries, slips, the newest review",
        "to go on where they were, and to see who needs help",
        WITH_CLASS,
        GONE,
        ("membership", "activities"),
        ("lesson", "part", "slip"),
    ),
    Kept(
        "lessons.Review",
        "an instructor's decision about a text, with a comment",
        "the student reads what is missing",
        "as long as the text",
        "deleted with the text; reviews that they gave to others stay, by number",
        ("comment", "by"),
        ("met",),
    ),
    Kept(
        "lessons.HelpGiven",
        "a call for help that was answered, and by whom",
        "nobody is helped twice with the same",
        WITH_CLASS,
        "deleted; help that they gave to others stays, by number",
        ("membership", "by"),
        ("lesson", "occasion"),
    ),
    Kept(
        "lessons.Stage",
        "how far a class was led, and the line that its instructor shows to all",
        "to lead a class",
        "as long as the class",
        "stays",
        ("message",),
        ("lesson", "on_wall"),
    ),
    Kept(
        "lessons.PartOpening",
        "who opened a part",
        "to lead a class",
        "as long as the class",
        "stays, by number",
        ("by",),
        ("part",),
    ),
    Kept(
        "lessons.Vote",
        "who opened a vote; hands that were counted, without names",
        "to lead a class",
        "as long as the class",
        "stays, by number",
        ("by",),
        ("activity", "item", "hands"),
    ),
    Kept(
        "lessons.RevealOpening",
        "who opened a reveal",
        "to lead a class",
        "as long as the class",
        "stays, by number",
        ("by",),
        ("activity", "item"),
    ),
    Kept(
        "lessons.SkippedQuestion",
        "who skipped a question",
        "to lead a class",
        "as long as the class",
        "stays, by number",
        ("by",),
        ("activity", "item"),
    ),
    Kept(
        "experiments.RunRequest",
        "that they asked for a run, and what for",
        "their page shows it; runs take turns by person",
        WITH_CLASS,
        GONE,
        ("membership",),
        ("context",),
    ),
    Kept(
        "experiments.Run",
        "a computation: its numbers and what came out. It names nobody; everybody who asks for the same shares it",
        "to compute nothing twice",
        "as long as somebody who asked for it",
        "deleted, unless others asked for it too",
        (),
        ("kind", "params", "fingerprint", "text", "result", "failure", "provenance"),
    ),
    Kept(
        "badges.Award",
        "a badge, what it rests on, who gave or revoked it and why, whether it is shared",
        "to prove what they did",
        WITH_CLASS,
        "deleted, with its address; badges that they gave to others stay, by number",
        ("membership", "evidence", "token", "salt", "given_by", "given_because", "revoked_by", "revoked_because"),
        ("badge",),
    ),
    Kept(
        "badges.RevokedNumber",
        "the number of a badge that was revoked; nobody",
        "a file that somebody has kept says so when it is checked",
        "for good",
        "stays",
        (),
    ),
    Kept(
        "admin.LogEntry",
        "what admins did, when, and to whom",
        "to be able to answer for it",
        "for good",
        "stays, by number; it cannot be deleted with its author",
        ("user", "object_id", "object_repr", "change_message"),
    ),
    Kept(
        "sessions.Session",
        "a browser that is logged in; whose it is is inside",
        "to stay logged in",
        "14 days after it was used, or until they log out",
        GONE,
        ("session_data",),
        ("session_key",),
    ),
    *(
        Kept(
            f"axes.{name}",
            what,
            "to stop whoever guesses passwords",
            "until a right password, or the next purge after five minutes",
            GONE,
            ("username", "ip_address", "user_agent", "http_accept", "path_info", *more),
        )
        for name, what, more in (
            ("AccessAttempt", "wrong passwords: for which username, from where", ("get_data", "post_data")),
            ("AccessFailureLog", "nothing: it is switched off", ()),
            ("AccessLog", "nothing: it is switched off", ("session_hash",)),
        )
    ),
    Kept(
        "axes.AccessAttemptExpiration",
        "when a wrong password counts no more",
        "to stop whoever guesses passwords",
        "as long as the attempt",
        GONE,
        (),
    ),
    Kept(
        "account.EmailAddress",
        "nothing: no e-mail address is asked for",
        "a table of the log-in's library",
        "–",
        GONE,
        ("user", "email"),
    ),
    Kept(
        "account.EmailConfirmation",
        "nothing: no e-mail address is asked for",
        "a table of the log-in's library",
        "–",
        GONE,
        ("key",),
    ),
    Kept(
        "mfa.Authenticator",
        "a second step: the secret of an app, encrypted, or the public key of a passkey; when it was used last",
        "to log in with more than a password",
        "until they remove it or are erased",
        GONE,
        ("user", "data"),
    ),
    Kept(
        "usersessions.UserSession",
        "a log-in: when, and with which kind of browser; no address",
        "they see where they are logged in, and can end it",
        "until they log out or look, or the next purge",
        GONE,
        ("user", "ip", "user_agent", "data"),
        ("session_key",),
    ),
    Kept(
        "privacy.Erasure",
        "the number that an erased person had, when they had joined, and when they were erased; no name",
        "whoever comes back with an old backup is erased again",
        "for good",
        "written then",
        (),
    ),
)
# Tables that speak of nobody.
OF_NOBODY = frozenset(
    {
        "auth.Permission",
        "auth.Group",
        "auth.Group_permissions",
        "contenttypes.ContentType",
        "classroom.CohortVersion",
        "experiments.WorkerSign",
    }
)


def in_use() -> Iterator[Kept]:
    """The rows of the map whose tables this Downhill has."""
    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    yield from (each for each in MAP if each.model in labels)


def as_table() -> Iterator[str]:
    """The map as a table in Markdown."""
    yield "| table | what it says of people | what for | how long | when a person is erased |"
    yield "|---|---|---|---|---|"
    for each in in_use():
        table = each.model.replace(".", " · ").replace("_", " ")
        yield f"| {table} | {each.what} | {each.why} | {each.how_long} | {each.at_erasure} |"
