"""The course of a run as one picture, from its stats."""
from utils.atomic import replacing

SIZE = (18, 10)  # inches
ROWS, COLUMNS = 3, 4
RESOLUTION = 72  # pixels per inch
MARGINS = 0.03, 0.03, 0.99, 0.97, 0.15, 0.25  # left, bottom, right and top of the panels in parts of the picture, and between them in parts of one
PANELS = (  # (title, kind of line, beginnings of the names that it shows, whether the axis is logarithmic)
    ("weighted sum of the generators' losses", "train", ("total",), False),
    ("edge", "train", ("edge_", "deep_supervision"), False),
    ("luminance and cycle", "train", ("luminance", "cycle"), False),
    ("style and content", "train", ("style", "content_"), True),
    ("adversarial", "train", ("adversarial", "feature_matching", "discriminator", "r1", "conditional"), False),
    ("gradient norms", "train", ("gradient_",), True),
    ("learning rates", "train", ("lr",), False),
    ("seconds per step", "train", ("seconds_",), False),
    ("share of time waiting for data", "train", ("waiting_share",), False),
    ("validation: cycle PSNR (dB)", "validation", ("psnr",), False),
    ("validation", "validation", ("ssim", "boundary_f", "style_distance", "score"), False),
    ("validation: ink", "validation", ("ink_",), False),
)


def panel_of(name, kind):
    """The panel that shows a value, as its place in PANELS; None for one that none shows."""
    for place, (_, panel_kind, beginnings, _) in enumerate(PANELS):
        if kind == panel_kind and name.startswith(beginnings):
            return place
    return None


def series(lines):
    """{(panel, name): (steps, values)} of the lines of a stats file."""
    found = {}
    for line in lines:
        for name, value in line.items():
            place = panel_of(name, line["kind"])
            if place is not None:
                steps, values = found.setdefault((place, name), ([], []))
                steps.append(line["step"])
                values.append(value)
    return found


def draw_curves(lines, path):
    """Write the PNG file `path`, whole or not at all."""
    from matplotlib.figure import Figure  # takes seconds, and most starts of the program draw nothing

    figure = Figure(SIZE, dpi=RESOLUTION)
    figure.subplots_adjust(*MARGINS)  # a layout that fits itself to the numbers would draw all of them twice
    axes = figure.subplots(ROWS, COLUMNS).flatten()
    for (place, name), (steps, values) in series(lines).items():
        axes[place].plot(steps, values, label=name, marker="." if len(steps) < 20 else None, linewidth=1)
    for axis, (title, _, _, logarithmic) in zip(axes, PANELS):
        axis.set_title(title, fontsize=9)
        axis.tick_params(labelsize=7)
        if axis.lines:
            axis.legend(fontsize=6)
            if logarithmic and any(value > 0 for line in axis.lines for value in line.get_ydata()):
                axis.set_yscale("log")
        else:
            axis.set_axis_off()
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
