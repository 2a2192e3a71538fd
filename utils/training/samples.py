"""Picture grids that show what the networks do: a row per photo."""
import cv2
import numpy as np
import torch

GAP = 4  # pixels of white between the pictures
HEADER = 16  # pixels of the line of titles


def grid(photo, guidance, drawing, reconstruction, reference):
    """The grid as uint8 RGB (height, width, 3), with titles. Guidance and candidates have several columns.

    photo: (B, 3, S, S). guidance: (B, T + 1, S, S). drawing: model.head.Drawing. reconstruction: (B, 1, S, S) or None
    leaves its column blank. reference: (B, 1, R, R), scaled to S. Values in [0, 1].
    """
    if reconstruction is None:
        reconstruction = torch.ones_like(drawing.sketch)
    parts = {
        "guidance": guidance,
        "candidates": drawing.candidates,
        "sketch": drawing.sketch,
        "reconstruction": reconstruction,
        "reference": torch.nn.functional.interpolate(reference.float(), photo.shape[-2:], mode="area"),
    }
    rows = []
    for i in range(len(photo)):
        tiles = [photo[i]] + [plane.expand(3, -1, -1) for part in parts.values() for plane in part[i].split(1)]
        rows.append(torch.cat([torch.nn.functional.pad(t.float().cpu(), (0, GAP, 0, GAP), value=1.0) for t in tiles], 2))
    sheet = torch.cat(rows, 1).clamp(0, 1)
    sheet = np.uint8(sheet.permute(1, 2, 0).numpy() * 255 + 0.5)
    header, left = np.full((HEADER, sheet.shape[1], 3), 255, np.uint8), 0
    for title, columns in {"photo": 1, **{name: part.shape[1] for name, part in parts.items()}}.items():
        cv2.putText(header, title, (left, HEADER - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
        left += columns * (photo.shape[-1] + GAP)
    return np.concatenate([header, sheet])


def write(path, sheet):
    """Save a grid as JPEG or PNG. OSError if that fails."""
    if not cv2.imwrite(path, cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92]):
        raise OSError(f"cannot write {path}")


@torch.no_grad()
def draw(generators, batch):
    """The grid of a loaded batch (see loader.to_device). generators: {name: network in evaluation mode}."""
    drawing = generators["photo2sketch"](batch["photo"])
    reconstruction = generators["sketch2photo"](drawing.sketch) if "sketch2photo" in generators else None
    return grid(batch["photo"], batch["guidance"], drawing, reconstruction, batch["reference"])
