"""Every slip's numbers, worked out by hand and by spreadsheet before the code was written. An authority, not a product.

The data: x = 1, 2, 3, 4; y = 2.1, 3.9, 6.2, 7.8; w from 0; learning rate 0.05. Full rule steps 1 to 3, then half rule.
"""

from __future__ import annotations

from typing import NamedTuple

from lessons.maths.descent import Rule

# One-off: everything before this step was right.
ONE_OFF: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("sign", ("-1.4925", "1.1194", "1.7723"), ("-0.7463", "0.2798", "0.9212")),
    ("sum", ("5.9700", "2.9850", "2.2388"), ("2.9850", "2.6119", "2.3787")),
    ("other-rule", ("0.7463", "1.6791", "1.9123"), ("1.4925", "1.6791", "1.7957")),
    ("sum-other-rule", ("2.9850", "2.2388", "2.0522"), ("5.9700", "4.4775", "3.5447")),
    ("no-x", ("0.5000", "1.6194", "1.8992"), ("0.2500", "0.9030", "1.3111")),
    ("no-x-sum", ("2.0000", "2.0000", "2.0000"), ("1.0000", "1.3731", "1.6063")),
    ("means-multiplied", ("1.2500", "1.8097", "1.9496"), ("0.6250", "1.1380", "1.4587")),
    ("rate-twice", ("0.0746", "1.5112", "1.8703"), ("0.0373", "0.7696", "1.2272")),
    ("no-rate", ("29.8500", "8.9550", "3.7313"), ("14.9250", "10.0744", "7.0427")),
    ("rate-times-10", ("14.9250", "5.2237", "2.7984"), ("7.4625", "5.4103", "4.1277")),
    ("rate-over-10", ("0.1493", "1.5298", "1.8750"), ("0.0746", "0.7929", "1.2418")),
    ("from-start", ("1.4925", "0.3731", "0.0933"), ("0.7463", "0.4664", "0.2915")),
    ("stale-start", ("1.4925", "2.9850", "3.3581"), ("0.7463", "1.4925", "1.9589")),
    ("stale-previous", ("1.4925", "2.9850", "2.2388"), ("0.7463", "1.4925", "1.6791")),
    ("restart", ("1.4925", "1.4925", "1.4925"), ("0.7463", "0.7463", "0.7463")),
    ("prediction-for-error", ("0.0000", "0.3731", "0.4664"), ("0.0000", "0.4664", "0.7579")),
    ("y-for-error", ("-1.4925", "0.0000", "0.3731"), ("-0.7463", "0.0000", "0.4664")),
    ("loss-subtracted", ("-1.4863", "1.3985", "1.8586"), ("-0.7431", "0.4556", "1.0988")),
    ("loss-added", ("1.4863", "1.5865", "1.8726"), ("0.7431", "1.0369", "1.3266")),
    ("times-y", ("2.9725", "2.2374", "2.0537"), ("1.4863", "1.6756", "1.7940")),
    ("one-too-few", ("1.9900", "1.9900", "1.9900"), ("0.9950", "1.3681", "1.6013")),
    ("divided-by-2", ("2.9850", "2.2388", "2.0522"), ("1.4925", "1.6791", "1.7957")),
    ("last-point", ("3.1200", "2.2245", "2.0006"), ("1.5600", "1.7092", "1.8025")),
    ("first-point", ("0.2100", "1.5533", "1.8891"), ("0.1050", "0.8139", "1.2570")),
    ("point-by-point", ("1.9496", "1.9013", "1.8892"), ("1.7981", "1.8605", "1.8995")),
    ("point-by-point-shared", ("1.1716", "1.7806", "1.9329"), ("0.6629", "1.1600", "1.4706")),
    ("gradient-only", ("-29.8500", "-7.4625", "-1.8656"), ("-14.9250", "-9.3281", "-5.8301")),
    ("step-only", ("-1.4925", "-0.3731", "-0.0933"), ("-0.7463", "-0.4664", "-0.2915")),
    ("product-left-out", ("0.7125", "1.6826", "1.9252"), ("0.3563", "0.9719", "1.3567")),
    ("product-left-out", ("1.4400", "1.8504", "1.9530"), ("0.7200", "1.1957", "1.4931")),
    ("x-squared", ("4.9575", "2.7188", "2.1591"), ("2.4788", "2.2922", "2.1756")),
    ("divided-by-x", ("0.2017", "1.5449", "1.8807"), ("0.1008", "0.8098", "1.2529")),
    ("best-w", ("1.9900", "1.9900", "1.9900"), ("1.9900", "1.9900", "1.9900")),
    ("guessed-w", ("2.0000", "2.0000", "2.0000"), ("2.0000", "2.0000", "2.0000")),
    ("slope-with-intercept", ("1.9400", "1.9400", "1.9400"), ("1.9400", "1.9400", "1.9400")),
)

# The same mistake kept for all three steps, each from the value before it.
CHAINS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("sign", ("-1.4925", "-4.1044", "-8.6752"), ("-0.7463", "-1.7723", "-3.1832")),
    ("sum", ("5.9700", "-5.9700", "17.9100"), ("2.9850", "1.4925", "2.2388")),
    ("other-rule", ("0.7463", "1.2127", "1.5042"), ("1.4925", "1.8656", "1.9589")),
    ("sum-other-rule", ("2.9850", "1.4925", "2.2388"), ("5.9700", "-5.9700", "17.9100")),
    ("no-x", ("0.5000", "0.8750", "1.1562"), ("0.2500", "0.4688", "0.6602")),
    ("no-x-sum", ("2.0000", "2.0000", "2.0000"), ("1.0000", "1.5000", "1.7500")),
    ("means-multiplied", ("1.2500", "1.7188", "1.8945"), ("0.6250", "1.0547", "1.3501")),
    ("rate-twice", ("0.0746", "0.1465", "0.2156"), ("0.0373", "0.0739", "0.1099")),
    ("no-rate", ("29.8500", "-388.0500", "5462.5"), ("14.9250", "-82.0875", "548.4937")),
    ("rate-times-10", ("14.9250", "-82.0875", "548.4937"), ("7.4625", "-13.0594", "43.3758")),
    ("rate-over-10", ("0.1493", "0.2873", "0.4150"), ("0.0746", "0.1465", "0.2156")),
    ("from-start", ("1.4925", "0.3731", "1.2127"), ("0.7463", "0.4664", "0.5713")),
    ("stale-start", ("1.4925", "2.9850", "4.4775"), ("0.7463", "1.4925", "2.2388")),
    ("stale-previous", ("1.4925", "2.9850", "3.3581"), ("0.7463", "1.4925", "1.9589")),
    ("restart", ("1.4925", "1.4925", "1.4925"), ("0.7463", "0.7463", "0.7463")),
    ("prediction-for-error", ("0.0000", "0.0000", "0.0000"), ("0.0000", "0.0000", "0.0000")),
    ("y-for-error", ("-1.4925", "-2.9850", "-4.4775"), ("-0.7463", "-1.4925", "-2.2388")),
    ("loss-subtracted", ("-1.4863", "-6.0191", "-30.0748"), ("-0.7431", "-2.1444", "-5.3499")),
    ("loss-added", ("1.4863", "1.5826", "1.6461"), ("0.7431", "1.0352", "1.2068")),
    ("times-y", ("2.9725", "1.5085", "2.2295"), ("1.4863", "1.8634", "1.9591")),
    ("one-too-few", ("1.9900", "1.9900", "1.9900"), ("0.9950", "1.4925", "1.7413")),
    ("divided-by-2", ("2.9850", "1.4925", "2.2388"), ("1.4925", "1.8656", "1.9589")),
    ("last-point", ("3.1200", "1.2480", "2.3712"), ("1.5600", "1.8720", "1.9344")),
    ("first-point", ("0.2100", "0.3990", "0.5691"), ("0.1050", "0.2048", "0.2995")),
    ("point-by-point", ("1.9496", "1.8865", "1.8885"), ("1.7981", "1.9485", "1.9610")),
    ("point-by-point-shared", ("1.1716", "1.6497", "1.8448"), ("0.6629", "1.1045", "1.3986")),
    ("product-left-out", ("0.7125", "1.1756", "1.4767"), ("0.3563", "0.6502", "0.8926")),
    ("product-left-out", ("1.4400", "1.8360", "1.9449"), ("0.7200", "1.1790", "1.4716")),
    ("x-squared", ("4.9575", "-2.4788", "8.6756"), ("2.4788", "1.8591", "2.0140")),
    ("divided-by-x", ("0.2017", "0.3832", "0.5465"), ("0.1008", "0.1966", "0.2876")),
)


class Shared(NamedTuple):
    """A number at a step of the right path that several slips give, and what is said to it: a name, or a question."""

    rule: Rule
    step: int
    w: str
    slugs: frozenset[str]
    slip: str = ""
    ask: str = ""


def _shared(rule: Rule, step: int, w: str, slugs: str, slip: str = "", ask: str = "") -> Shared:
    return Shared(rule, step, w, frozenset(slugs.split()), slip, ask)


# The same number exactly. Where one is named, the others are mended in the same way.
COLLISIONS: tuple[Shared, ...] = (
    _shared("full", 1, "1.4925", "right from-start stale-start stale-previous restart"),
    _shared("half", 1, "0.74625", "right from-start stale-start stale-previous restart"),
    _shared("full", 1, "-1.4925", "sign y-for-error step-only", ask="error_4"),
    _shared("half", 1, "-0.74625", "sign y-for-error step-only", ask="error_4"),
    _shared("full", 1, "2.985", "divided-by-2 sum-other-rule", "sum-other-rule"),
    _shared("full", 2, "2.23875", "divided-by-2 sum-other-rule", "sum-other-rule"),
    _shared("full", 3, "2.0521875", "divided-by-2 sum-other-rule", "sum-other-rule"),
    _shared("half", 1, "1.4925", "divided-by-2 other-rule", ask="mean"),
    _shared("half", 2, "1.6790625", "divided-by-2 other-rule", ask="mean"),
    _shared("half", 3, "1.7956640625", "divided-by-2 other-rule", ask="mean"),
    # The sum at step 2 is the mean of step 1, so the mean could not tell.
    _shared("full", 2, "2.985", "sum stale-previous stale-start", ask="error_4"),
    _shared("full", 3, "2.23875", "sum stale-previous", ask="error_4"),
    *(_shared("full", step, "1.99", "one-too-few best-w", ask="error_4") for step in (1, 2, 3)),
    *(_shared("full", step, "2", "no-x-sum guessed-w", ask="error_4") for step in (1, 2, 3)),
    _shared("full", 2, "0.373125", "from-start prediction-for-error", ask="error_4"),
    _shared("half", 2, "0.46640625", "from-start prediction-for-error", ask="error_4"),
    # The predictions of one step back are those of the start.
    _shared("half", 2, "1.4925", "stale-start stale-previous", "stale-start"),
    # Left as it was: found while building, beside those that were known before.
    _shared("full", 1, "0", "prediction-for-error unchanged", ask="error_4"),
    _shared("half", 1, "0", "prediction-for-error unchanged", ask="error_4"),
    _shared("full", 2, "1.4925", "restart unchanged", ask="error_4"),
    _shared("half", 2, "0.74625", "restart unchanged", ask="error_4"),
)

# Not the same number, but as people write it no telling which.
NEIGHBOURS: tuple[Shared, ...] = (
    _shared("half", 1, "1", "no-x-sum one-too-few", ask="mean"),
    _shared("full", 3, "1.9496", "means-multiplied product-left-out", ask="mean"),
    _shared("full", 3, "1.8891", "first-point point-by-point", ask="error_4"),
    _shared("full", 3, "1.8892", "first-point point-by-point", ask="error_4"),
    _shared("full", 3, "2.0000", "no-x-sum last-point guessed-w", ask="error_4"),
    _shared("full", 3, "2.0006", "no-x-sum last-point guessed-w", ask="error_4"),
    _shared("full", 1, "1.94", "slope-with-intercept swapped-digits"),
)
