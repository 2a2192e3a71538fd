"""The course of a run as one picture, from its stats."""
import os

SIZE = (16, 11)  # inches
RESOLUTION = 70  # pixels per inch
HIDDEN = ("kind", "step")
PANELS = (  # (title, kind of line, prefixes of the names that it shows, logarithmic)
    ("losses", "train", None, True),
    ("gradient norms", "train", ("gradient_",), True),
    ("learning rates", "train", ("lr",), False),
    ("seconds per step", "train", ("seconds_",), False),
    ("cycle PSNR (dB)", "validation", ("psnr",), False),
    ("cycle SSIM, boundary F of the outline, style distance, score", "validation", ("ssim", "boundary_f", "style_", "score"), False),
    ("ink", "validation", ("ink_",), False),
    ("share of time waiting for data", "train", ("waiting_share",), False),
)


def panel_of(name, kind):
    """The panel that shows a value, as its place in PANELS; None for one that none shows."""
    if name in HIDDEN:
        return None
    for place, (_, panel_kind, prefixes, _) in enumerate(PANELS):
        if prefixes and kind == panel_kind and name.startswith(prefixes):
            return place
    return 0 if kind == "train" and name != "photos_per_second" else None


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

    figure = Figure(SIZE, dpi=RESOLUTION, layout="constrained")
    axes = figure.subplots(3, 3).flatten()
    for (place, name), (steps, values) in series(lines).items():
        axes[place].plot(steps, values, label=name, marker="." if len(steps) < 20 else None, linewidth=1)
    for axis, (title, _, _, logarithmic) in zip(axes, PANELS):
        axis.set_title(title, fontsize=9)
        if axis.lines:
            axis.legend(fontsize=6)
            if logarithmic and any(value > 0 for line in axis.lines for value in line.get_ydata()):
                axis.set_yscale("log")
        else:
            axis.set_axis_off()
    for axis in axes[len(PANELS) :]:
        axis.set_axis_off()
    temporary = f"{path}.tmp"
    figure.savefig(temporary, format="png")
    os.replace(temporary, path)
