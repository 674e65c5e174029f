"""A screen as an SVG file that asks nobody for anything: no fonts from elsewhere, no scripts."""

import io
import re
from pathlib import Path

from rich.console import Console, RenderableType

FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

# Letters that join or stand on each other must not be stretched to the width of as many cells.
_SHAPED = re.compile(r'(<text [^>]*?) textLength="[\d.]+"([^>]*>[^<]*[\u0590-\u0dff][^<]*</text>)')


def save_picture(frame: RenderableType, width: int, path: Path) -> None:
    """Draws it as a terminal of this width would show it."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(frame)
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = console.export_svg(title="make demo", code_format=FRAME, unique_id="demo")
    path.write_text(_SHAPED.sub(r"\1\2", drawn))
