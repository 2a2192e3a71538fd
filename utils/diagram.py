"""A few shapes of SVG, enough for block diagrams."""
from xml.sax.saxutils import escape

FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
LINE, TEXT, PALE = "#5b6472", "#262b33", "#6b7480"


class Diagram:
    """Shapes in the order in which they are added. Coordinates are pixels, y grows downwards; colours are CSS's."""

    def __init__(self, width, height, background="#ffffff"):
        self.width, self.height = width, height
        self.shapes = []
        self.box(0, 0, width, height, background, edge="none", radius=0)

    def box(self, x, y, width, height, fill, edge=LINE, radius=4):
        """A rectangle with its upper left corner at (x, y)."""
        self.shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" fill="{fill}" '
            f'stroke="{edge}"/>'
        )

    def text(self, x, y, words, size=13, colour=TEXT, anchor="middle", bold=False):
        """One line of text on the baseline y. anchor: "start", "middle" or "end" of it lies at x."""
        weight = ' font-weight="bold"' if bold else ""
        self.shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>'
            f"{escape(words)}</text>"
        )

    def lines(self, x, y, rows, size=13, colour=TEXT, anchor="middle"):
        """Several lines of text, the first on the baseline y."""
        for i, words in enumerate(rows):
            self.text(x, y + 1.3 * size * i, words, size, colour, anchor)

    def labelled(self, x, y, width, height, rows, fill, size=13, bold=True):
        """A box with lines of text in its middle, the first one bold or not."""
        self.box(x, y, width, height, fill)
        first = y + height / 2 - 0.65 * size * (len(rows) - 1) + 0.35 * size
        self.text(x + width / 2, first, rows[0], size, bold=bold)
        self.lines(x + width / 2, first + 1.3 * size, rows[1:], size)

    def arrow(self, *points, dashed=False):
        """A line through points (x, y) with a head at the last one."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.shapes.append(
            f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="1.4"{dash} marker-end="url(#head)"/>'
        )

    def svg(self):
        """The diagram as the text of an SVG file."""
        head = (
            '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0 8 4 0 8z" fill="{LINE}"/></marker>'
        )
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" font-family="{FONT}">',
                f"<defs>{head}</defs>",
                *self.shapes,
                "</svg>\n",
            ]
        )
