"""The results as text."""

from .results import Key, Ratio, Results

# The widths of the columns before the numbers.
LABEL, RATIO = 56, 92


def number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def groups(results: Results) -> dict[str, dict[str, list[Key]]]:
    """Returns the keys by table and case, in the order of measurement."""
    found: dict[str, dict[str, list[Key]]] = {}
    for key in results.values:
        found.setdefault(key.table, {}).setdefault(key.case, []).append(key)
    return found


def table(results: Results, ratios: list[Ratio], heading: list[str]) -> str:
    lines = [*heading, ""]
    for name, cases in groups(results).items():
        lines += [name, f"  {'':{LABEL}}{'median':>12}   least to most"]
        for case, keys in cases.items():
            for key in keys:
                middle, least, most = results.summary(key)
                label = ", ".join(part for part in (key.system, case) if part)
                lines.append(f"  {label:{LABEL}}{number(middle):>12}   {number(least)} to {number(most)}")
        lines.append("")
    lines += ["Ratios, each the median of the ratios of all rounds", ""]
    for ratio in ratios:
        if summary := results.ratio(ratio):
            middle, spread, goal = ratio_text(ratio, summary)
            lines.append(f"  {ratio.text:{RATIO}}{middle:>6}   {spread:16}{goal}".rstrip())
    if results.notes:
        lines += ["", "Notes", *(f"  {note}" for note in results.notes)]
    return "\n".join(lines) + "\n"


def ratio_text(ratio: Ratio, summary: tuple[float, float, float]) -> tuple[str, str, str]:
    """Returns the median, the spread, and the goal with whether it is met."""
    middle, least, most = summary
    goal = ""
    if ratio.bound is not None:
        goal = f"{'at least' if ratio.at_least else 'at most'} {ratio.bound:g}: {'yes' if ratio.is_met(middle) else 'NO'}"
    return f"{middle:.2f}", f"{least:.2f} to {most:.2f}", goal
