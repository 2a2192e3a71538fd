"""Writing a map of the data beside every photo that has one: faces, letters, the foreground."""
import argparse
import os
import sys

import cv2
from tqdm import tqdm

from data.pictures import MAP_FOLDERS, find_pictures, read_rgb, skipped_line, usable
from utils.atomic import replacing


def write_maps(root, folder, make):
    """Write root/folder/NAME.png for the photos below `root`: (maps written, Counter of reasons to skip).

    make: photo uint8 (H, W, 3) -> its map uint8 (H, W, 3) or (H, W), or None where there is nothing to map. Photos that have a map are
    passed over; those that training would skip are skipped. FileNotFoundError without photos, ValueError where two photos
    would share a map.
    """
    folder = os.path.join(root, folder)
    names, skipped = usable(root, find_pictures(root, leave_out=MAP_FOLDERS))
    if not names:
        raise FileNotFoundError(f"no usable pictures in {root}: give the folder of the photos")
    maps = {}
    for name in names:
        other = maps.setdefault(os.path.splitext(os.path.basename(name))[0] + ".png", name)
        if other != name:
            raise ValueError(f"{other} and {name} would share one map: rename one of them")
    os.makedirs(folder, exist_ok=True)
    written = 0
    for name, photo in tqdm(maps.items()):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            continue
        rgb = read_rgb(os.path.join(root, photo))
        if rgb is None:
            skipped["undecodable"] += 1
            continue
        found = make(rgb)
        if found is not None:
            with replacing(path) as temporary:
                if not cv2.imwrite(temporary, found[..., ::-1] if found.ndim == 3 else found):
                    raise OSError(f"cannot write {path}")
            written += 1
    return written, skipped


def command(argv, what, folder, install, write):
    """The command line of utils.training.WHAT_maps: FOLDER. Leaves with a sentence on what is wrong.

    write: folder of photos -> what write_maps() returns; ImportError where the detector is missing, which `install` gets.
    """
    parser = argparse.ArgumentParser(prog=f"python -m utils.training.{what}_maps", description=f"Draw {what} maps of photos.")
    parser.add_argument("photos", help="folder of photos: COCO 2017 layout, or any folder of pictures")
    arguments = parser.parse_args(argv)
    try:
        written, skipped = write(arguments.photos)
    except ImportError as error:
        sys.exit(f"error: {install} ({error})")
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    print(f"{written} {what} maps written to {os.path.join(arguments.photos, folder)}")
    if skipped:
        print(skipped_line(skipped))
