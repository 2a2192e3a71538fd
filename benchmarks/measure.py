"""Figures of each kind of drawing, collected photo by photo."""
import numpy as np

from utils import metrics

from . import metrics_boundary, metrics_image, metrics_kernel

COLUMNS = (
    "boundary F",  # best threshold for all photos (ODS)
    "F, own thresholds",  # best threshold of each photo (OIS)
    "distance to drawings",  # kernel distance and its spread
    "ink on flat",
    "ink",
    "SSIM to next",  # denser candidate
    "cycle PSNR",
    "cycle SSIM",
)
MISSING = "-"


class Record:
    """What is known of one kind of drawing: lists with one entry per photo, empty where an input is missing."""

    def __init__(self):
        self.boundaries = []  # counts of metrics_boundary
        self.features = []  # (1, D) of metrics_kernel
        self.flat = []  # (ink, pixels) on flat regions
        self.ink = []
        self.next_ssim = []
        self.cycle = []  # (PSNR, SSIM)

    def row(self, real):
        """The cells of COLUMNS as text. real: features (M, D) of real drawings or None."""
        cells = [MISSING] * len(COLUMNS)
        if self.boundaries:
            best, threshold, own = metrics_boundary.summary(self.boundaries)
            cells[0], cells[1] = f"{best:.3f} (at {threshold:.2f})", f"{own:.3f}"
        if real is not None and len(self.features) > 1:
            cells[2] = "{:.3f} ± {:.3f}".format(*metrics_kernel.kernel_distance(np.concatenate(self.features), real))
        ink, pixels = np.sum(self.flat, axis=0) if self.flat else (0, 0)
        if pixels:
            cells[3] = f"{100 * ink / pixels:.2f} %"
        if self.ink:
            cells[4] = f"{100 * np.mean(self.ink):.1f} %"
        if self.next_ssim:
            cells[5] = f"{np.mean(self.next_ssim):.3f}"
        if self.cycle:
            psnr, ssim = np.mean(self.cycle, axis=0)
            cells[6], cells[7] = f"{psnr:.1f} dB", f"{ssim:.3f}"
        return cells


class Bench:
    """Measures drawings of photos. truths and networks may be missing: their columns stay empty.

    vgg: losses.vgg.VGGFeatures or None. luminance_of: function from a drawing (H, W) to the luminance that Sketch2Photo
    makes of it, or None. matching: a name of metrics_boundary.MATCHINGS.
    """

    def __init__(self, vgg=None, luminance_of=None, matching="relaxed"):
        self.vgg, self.luminance_of, self.matching = vgg, luminance_of, matching
        self.records = {}

    def add(self, name, drawing, luminance, truths=None, following=None, cycle=False, counted=None):
        """One drawing of a photo, float32 (H, W) in [0, 1], 1 = paper.

        luminance: the photo's, (H, W). truths: boundaries of its annotators or None. following: the next denser
        candidate or None. cycle: whether Sketch2Photo is asked for the photo back. counted: where the truths hold,
        bool (H, W), None for everywhere.
        """
        record = self.records.setdefault(name, Record())
        if truths:
            record.boundaries.append(metrics_boundary.counts(1 - drawing, truths, self.matching, counted=counted))
        if self.vgg is not None:
            record.features.append(metrics_kernel.describe([drawing], self.vgg))
        record.flat.append(metrics_image.ink_on_flat(drawing, metrics_image.flat_regions(luminance)))
        record.ink.append(metrics_image.ink(drawing))
        if following is not None:
            record.next_ssim.append(metrics.ssim(drawing, following))
        if cycle and self.luminance_of is not None:
            back = self.luminance_of(drawing)
            record.cycle.append((metrics.psnr(back, luminance), metrics.ssim(back, luminance)))

    def rising(self, names):
        """Share of the photos on which ink rises from each of `names` to the next."""
        ink = np.array([self.records[name].ink for name in names])
        return float((np.diff(ink, axis=0) > 0).all(0).mean())

    def markdown(self, real=None):
        """The table, a row for each kind of drawing. real: features (M, D) of real drawings or None."""
        rows = [["drawing", *COLUMNS], ["---"] * (len(COLUMNS) + 1)]
        rows += [[name, *record.row(real)] for name, record in self.records.items()]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)
