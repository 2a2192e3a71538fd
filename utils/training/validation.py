"""How good the averaged generators are on the photos that are held back."""
import numpy as np
import torch
from torch.utils.data import DataLoader

from losses.luminance import luminance
from losses.style import moments
from utils.metrics import count_matches, crests, f_measure, match_radius, psnr, ssim

from .loader import batches_of, start_worker, to_device

LINE = 0.25  # ink of a crest above which it is a line


def lines_of(drawing):
    """Thin lines of a drawing, float32 (H, W), 1 = paper: the crests of its ink, bool (H, W)."""
    return crests(1 - drawing) >= LINE


def style_statistics(features, images):
    """Channel means and deviations of all layers, one vector per image, added up: float64 (D,)."""
    parts = [part for layer in features(images) for part in moments(layer)]
    return torch.cat(parts, 1).double().sum(0).cpu().numpy()


def score_of(values):
    """One number to choose a checkpoint by, more is better: the boundary F-measure of the outline, plus the SSIM of the
    cycle, minus the style distance; figures that the run does not have count 0.

    The style distance is relative to that of the photos themselves, so all three lie between 0 and about 1.
    """
    return values["boundary_f"] + values.get("ssim", 0.0) - values.get("style_distance", 0.0)


class Validation:
    """Validates on the first photos of the validation split, dealt out to the processes of `group`.

    dataset: SketchDataset of the split "val". features: VGG or None, which leaves out the style distance; None for a
    dataset without references, where it would be that of blank paper. taught: what brings the guidance of a loaded batch if
    its own is blank.
    """

    def __init__(self, dataset, count, batch, workers, group, device, features=None, taught=lambda batch: batch):
        self.taught = taught
        self.dataset, self.workers, self.group, self.device, self.features = dataset, workers, group, device, features
        mine = range(min(count, len(dataset)))[group.rank :: group.size]
        self.batches = [list(mine[i : i + batch]) for i in range(0, len(mine), batch)]

    @torch.no_grad()
    def __call__(self, generators):
        """{name: value} over all processes' photos. generators: {name: network in evaluation mode}.

        psnr (dB), ssim: reconstruction against the photo's luminance. boundary_f: lines of the outline candidate against
        those of its guidance. ink_1 ... ink_sketch: mean ink of every candidate and of the sketch. style_distance: squared
        distance of the mean style statistics of sketches and of held-back references, over that of photos and references.
        score: see score_of().
        """
        sums = {}

        def add(name, value):
            sums[name] = sums.get(name, 0.0) + value

        loader = DataLoader(
            self.dataset,
            batch_sampler=self.batches,
            num_workers=min(self.workers, len(self.batches)),
            worker_init_fn=start_worker,
            generator=torch.Generator(),
        )
        for batch in batches_of(loader):
            batch = self.taught(to_device(batch, self.device))
            drawing = generators["photo2sketch"](batch["photo"])
            truth = luminance(batch["clean"])
            add("count", len(truth))
            for i in range(len(truth)):
                outline, wanted = (maps[i, 0].float().cpu().numpy() for maps in (drawing.candidates, batch["guidance"]))
                add("matches", count_matches(lines_of(outline), [lines_of(wanted)], match_radius(outline.shape)))
            for number, plane in enumerate(drawing.candidates.unbind(1), 1):
                add(f"ink_{number}", float((1 - plane).mean((1, 2)).sum()))
            add("ink_sketch", float((1 - drawing.sketch).mean((1, 2, 3)).sum()))
            if "sketch2photo" in generators:
                made = generators["sketch2photo"](drawing.sketch)
                for pair in zip(made[:, 0].float().cpu().numpy(), truth[:, 0].cpu().numpy()):
                    add("psnr", psnr(*pair))
                    add("ssim", ssim(*pair))
            if self.features is not None:
                for name, images in (("drawn", drawing.sketch), ("photos", truth), ("references", batch["reference"])):
                    add(name, style_statistics(self.features, images))
        return summarize(self.group.collect(sums))


def summarize(parts):
    """The figures of Validation from the sums of all processes, a list of dicts; empty if there was no photo."""
    names = {name for sums in parts for name in sums}
    totals = {name: sum(sums[name] for sums in parts if name in sums) for name in sorted(names)}
    if not totals:
        return {}
    count = totals.pop("count")
    values = {"boundary_f": float(f_measure(totals.pop("matches")))}
    if "references" in totals:
        drawn, photos, references = (totals.pop(name) / count for name in ("drawn", "photos", "references"))
        distances = [np.square(some - references).sum() for some in (drawn, photos)]
        values["style_distance"] = float(distances[0] / max(distances[1], 1e-12))
    values |= {name: float(total / count) for name, total in totals.items()}
    return values | {"score": score_of(values)}
