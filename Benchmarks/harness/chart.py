"""The results as a chart: a bar for each median, and a line from the minimum to the maximum."""

from html import escape

from .results import Key, Ratio, Results
from .table import groups, number, ratio_text

COLUMN, LABEL, BAR, ROW, TITLE, GAP = 860, 330, 400, 20, 30, 24
OURS, OTHERS, INK = "#d9480f", "#8795a8", "#1b2733"


def chart(results: Results, ratios: list[Ratio], heading: list[str]) -> str:
    blocks = [block(results, name, cases) for name, cases in groups(results).items()]
    blocks.append(ratio_block(results, ratios))
    top = 20 + 18 * len(heading)
    # Two columns. Each block is added to the shorter one.
    heights, parts = [top, top], [text(20, 24 + 18 * at, line, 12) for at, line in enumerate(heading)]
    for height, drawn in blocks:
        column = heights.index(min(heights))
        parts.append(f'<g transform="translate({column * COLUMN},{heights[column]})">')
        parts += [*drawn, "</g>"]
        heights[column] += height + GAP
    width, height = 2 * COLUMN, max(heights)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" fill="{INK}">\n'
        '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def block(results: Results, name: str, cases: dict[str, list[Key]]) -> tuple[int, list[str]]:
    """The bars of one table."""
    parts, y = [text(20, 18, name, 15, weight="bold")], TITLE
    for case, keys in cases.items():
        # Each case has its own scale, because a thousand waits and a million don't fit the same one.
        most = max(results.summary(key)[2] for key in keys) or 1
        for key in keys:
            label = ", ".join(part for part in (key.system, case) if part)
            parts += bar(y, label, results.summary(key), BAR / most, is_ours(key.system))
            y += ROW
        y += 8
    return y, parts


def ratio_block(results: Results, ratios: list[Ratio]) -> tuple[int, list[str]]:
    """The ratios, as text."""
    parts, y = [text(20, 18, "Ratios, each the median of the ratios of all rounds", 15, weight="bold")], TITLE
    for ratio in ratios:
        if summary := results.ratio(ratio):
            parts.append(text(20, y + 11, ratio.text, 12))
            middle, spread, goal = ratio_text(ratio, summary)
            parts.append(text(600, y + 11, middle, 12, anchor="end", weight="bold"))
            parts += [text(612, y + 11, spread, 12), text(712, y + 11, goal, 12)]
            y += ROW
    return y, parts


def is_ours(system: str) -> bool:
    return system.startswith(("smooven", "sendAndWait", "event(from:)"))


def bar(y: int, label: str, summary: tuple[float, float, float], scale: float, ours: bool) -> list[str]:
    middle, left, right = (value * scale for value in summary)
    centre = y + (ROW - 6) // 2
    spread = f"M{LABEL + left:.1f} {centre}H{LABEL + right:.1f}"
    ends = "".join(f"M{LABEL + end:.1f} {centre - 3}v6" for end in (left, right))
    return [
        text(LABEL - 8, y + 11, label, 12, anchor="end"),
        f'<rect x="{LABEL}" y="{y}" width="{middle:.1f}" height="{ROW - 6}" fill="{OURS if ours else OTHERS}"/>',
        f'<path d="{spread}{ends}" stroke="{INK}"/>',
        text(LABEL + right + 8, y + 11, number(summary[0]), 12),
    ]


def text(x: float, y: float, content: str, size: int, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(content)}</text>"
    )
