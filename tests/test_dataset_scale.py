"""A data set of COCO's size, made here: how long its index takes, how much memory, and whether processes share it."""
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.dataset_kit import picture, private_cache  # noqa: F401

MEASURE = """
import json, os, resource, sys, time
start = time.process_time()
from data.photos import Photos
photos = Photos(sys.argv[1])
used = time.process_time() - start

def private():  # memory of this process alone; pages of the cached file that are not written out yet are no copies
    sizes = {"Private_Dirty": [], "Anonymous": []}
    with open("/proc/self/smaps") as file:
        for name, _, value in (line.partition(":") for line in file):
            if name in sizes:
                sizes[name].append(int(value.split()[0]))
    return sum(map(min, *sizes.values())) / 2**10

read, write = os.pipe()
if not os.fork():  # a worker process: it looks at everything
    before, objects = private(), 0
    for index in range(0, len(photos), 10):
        objects += len(photos.objects(index)) + len(photos.annotations.polygons(index))
    corners = float(photos.annotations.corners.sum())
    os.write(write, str(private() - before).encode())
    os._exit(0)
os.wait()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([used, peak, len(photos), len(photos.annotations.boxes), float(os.read(read, 99))]))
"""


@pytest.mark.slow
def test_cocos_size_takes_little_time_and_memory_and_workers_share_it(tmp_path):
    """118,000 photos and 860,000 objects. The time is the processor's, compared with the json module's, because machines are busy."""
    rng = np.random.default_rng(0)
    names = [f"{i:012d}.jpg" for i in range(118_000)]
    photos = tmp_path / "coco/train2017"
    for name in names[:100]:
        picture(photos / name)
    for i, name in enumerate(names[100:]):
        os.link(photos / names[i % 100], photos / name)
    (tmp_path / "coco/annotations").mkdir()
    with open(tmp_path / "coco/annotations/instances_train2017.json", "w") as file:
        images = ",".join(f'{{"id":{i},"file_name":"{name}","width":640,"height":480}}' for i, name in enumerate(names))
        file.write(f'{{"categories":[{{"id":1,"name":"cat"}}],"images":[{images}],"annotations":[')
        rings = [",".join(f"{v:.2f}" for v in rng.uniform(0, 400, 46)) for _ in range(100)]
        for i in range(860_000):
            file.write(
                f'{"," if i else ""}{{"segmentation":[[{rings[i % 100]}]],"area":702.1,"iscrowd":0,"image_id":{i * 7919 % 118_000},'
                f'"bbox":[{i % 400},20.5,30.25,40],"category_id":1,"id":{i}}}'
            )
        file.write("]}")
    start = time.process_time()
    text = json.dumps([{"segmentation": [list(map(float, ring.split(",")))], "bbox": [1, 20.5, 30.25, 40]} for ring in rings * 200])
    json.loads(text)
    parsed = (time.process_time() - start) * os.path.getsize(file.name) / len(text)  # what writing and reading it all would take
    for limit in (0.6, 0.1):  # indexed, then from the cache
        command = [sys.executable, "-c", MEASURE, str(tmp_path / "coco")]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds, gigabytes, *counts, copied = json.loads(out)
        assert counts == [118_000, 860_000]
        assert seconds < limit * parsed and gigabytes < 1.5, (seconds, parsed, gigabytes)
        assert copied < 30, f"a worker process copied {copied} MiB"  # the outlines alone are 158
