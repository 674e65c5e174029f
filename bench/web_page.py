"""What browsers cost and show, as a person reads it."""

from bench.stand_in import CHANGES
from bench.tables import Results, number, table
from bench.web import LOAD, PAGES

READERS = {
    "nobody": "nobody",
    "plain": f"{PAGES} plain readers, of one dimension",
    "one": f"{PAGES} pages, of all four in one connection",
    "each": f"{PAGES} pages, with a connection per dimension",
}
FRAMES = {"few": "as it opens", "many": "with all campaigns", "scrolled": "the same, scrolled through"}


def pages_over_readers(found: Results) -> float:
    """What metrics needs with so many pages, of what it needs with as many plain readers, beside the same leads."""
    return round(float(found["readers"]["one"]["cores"] / found["readers"]["plain"]["cores"]), 2)


def lasted(found: Results | None) -> list[str]:
    """What a page that stays open keeps."""
    if not found:
        return []
    told = "; ".join(found["complaints"]) or "nothing"
    return [
        "## A page that stays open",
        "",
        f"{found['tabs']} tabs for {found['seconds']} s while {CHANGES:,} rows a second change, the measured one out of sight half of the time."
        f" It kept {found['mb'][0]} MB after the first tenth and {found['mb'][-1]} MB at the end (least of each half: {found['grown_mb']:+} MB),"
        f" {found['nodes'][0]:,} and {found['nodes'][-1]:,} nodes, {found['listeners'][0]:,} and {found['listeners'][-1]:,} listeners;"
        f" at most {found['streams']} stream for all tabs; complained of: {told}.",
    ]


def lines(found: Results | None) -> list[str]:
    """The section of the page."""
    if not found:
        return []
    first, gateway, foreign = found["first"], found["gateway"], found.get("foreign")
    return [
        "## Browsers",
        "",
        f"Somebody signs in at the page of a stack with leads in it. The first live number stands {first['first']} ms after the browser"
        f" asked for Today (the worst of five: {first['worst']} ms; opened again: {first['again']} ms), and {first['signed_in']} ms after the last"
        f" key of the sign-in, whose three redirects are in that. Until then the page asked {first['requests']:g} things and loaded"
        f" {first['kb']} kB of script, style and HTML, compressed.",
        "",
        *(
            [
                f"A form on another site, {foreign['posts']} times, from the press of its button to the number on the manager's page:"
                f" {foreign['p50_ms']} ms at the middle, {foreign['p99_ms']} ms at most. The door had answered after {foreign['answered_p50_ms']} ms.",
                "",
            ]
            if foreign and "posts" in foreign
            else []
        ),
        f"{PAGES} readers of metrics while {LOAD:g} leads/s come. A page's one connection tells of all four dimensions.",
        "",
        *table(
            ("", "connections", "metrics, cores", "MB/s", "age of a change p50, ms"),
            [
                (
                    READERS[name],
                    row["connections"],
                    f"{row['cores']:.3f}",
                    number(row["mb_per_second"]),
                    row["age_p50_ms"] or "-",
                )
                for name, row in found["readers"].items()
            ],
        ),
        "",
        f"Today while {CHANGES:,} rows a second change. All campaigns were there {found['page']['opened_ms']} ms after they were asked for."
        " Drawing is by software here.",
        "",
        *table(
            ("Today", "rows", "frames/s", "99 of 100 frames within, ms", "worst, ms"),
            [
                (FRAMES[name], f"{row['rows']:,}", row["per_second"], row["p99_ms"], row["worst_ms"])
                for name, row in found["page"]["frames"].items()
            ],
        ),
        "",
        f"The gateway adds {gateway['adds_ms']} ms to an event at the middle ({gateway['direct']} ms straight, {gateway['through']} ms through it).",
    ]
