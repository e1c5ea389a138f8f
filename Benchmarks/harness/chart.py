"""The results as a drawing: a bar for each median, a line from the least to the most."""

from html import escape

from .results import Results
from .table import groups, number

WIDTH, LABEL, BAR, ROW, TITLE = 900, 330, 430, 20, 46
OURS, OTHERS, SPREAD = "#d9480f", "#8795a8", "#1b2733"


def chart(results: Results, heading: list[str]) -> str:
    parts, y = [], 24
    for line in heading:
        parts.append(text(20, y, line, size=12))
        y += 18
    for name, cases in groups(results).items():
        y += TITLE
        parts.append(text(20, y - 14, name, size=15, weight="bold"))
        for case, keys in cases.items():
            # Each case has a scale of its own: a thousand waits and a million have no common one.
            most = max(results.summary(key)[2] for key in keys) or 1
            for key in keys:
                label = ", ".join(part for part in (key.system, case) if part)
                parts += bar(y, label, results.summary(key), BAR / most, OURS if is_ours(key.system) else OTHERS)
                y += ROW
            y += 8
    y += 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
        f'font-family="sans-serif" fill="{SPREAD}">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def is_ours(system: str) -> bool:
    return system.startswith(("smooven", "sendAndWait", "event(from:)"))


def bar(y: int, label: str, summary: tuple[float, float, float], scale: float, colour: str) -> list[str]:
    middle, least, most = summary
    centre = y + ROW / 2 - 3
    left, right = LABEL + least * scale, LABEL + most * scale
    return [
        text(LABEL - 8, y + 11, label, size=12, anchor="end"),
        f'<rect x="{LABEL}" y="{y}" width="{middle * scale:.1f}" height="{ROW - 6}" fill="{colour}"/>',
        f'<path d="M{left:.1f} {centre}H{right:.1f}M{left:.1f} {centre - 3}v6M{right:.1f} {centre - 3}v6" stroke="{SPREAD}"/>',
        text(right + 8, y + 11, number(middle), size=12),
    ]


def text(x: float, y: float, content: str, size: int, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(content)}</text>"
    )
