"""Distance between two sets of pictures: the kernel distance of Binkowski et al. (2018, "KID") on VGG features."""
import cv2
import numpy as np
import torch

SIDE = 224  # pixels of the square that the features are taken from


def square(picture):
    """The central square of a float32 picture (H, W), scaled to SIDE pixels."""
    height, width = picture.shape
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    part = np.ascontiguousarray(picture[top : top + short, left : left + short])
    return cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA if short > SIDE else cv2.INTER_LINEAR)


@torch.inference_mode()
def describe(pictures, vgg, batch=8):
    """Pictures, float32 (H, W) in [0, 1] -> float64 (N, D): features of conv3_1 and conv4_1, averaged over the image.

    vgg: network from (B, 3, H, W) to a list of feature maps, of which the last two are used.
    """
    rows = []
    for start in range(0, len(pictures), batch):
        stack = np.stack([square(picture) for picture in pictures[start : start + batch]])
        features = vgg(torch.from_numpy(stack)[:, None].expand(-1, 3, -1, -1))[-2:]
        rows.append(torch.cat([feature.mean((2, 3)) for feature in features], 1).double().numpy())
    return np.concatenate(rows)


def polynomial_kernel(a, b):
    """(N, D), (M, D) -> (N, M): (a . b / D + 1)^3, the kernel of the paper."""
    return (a @ b.T / a.shape[1] + 1) ** 3


def squared_mmd(a, b):
    """The unbiased estimate of the squared maximum mean discrepancy of (N, D) and (M, D) (Gretton et al. 2012, eq. 3).

    N, M at least 2. About 0 for samples of one distribution, also slightly negative.
    """
    within = []
    for some in (a, b):
        kernel = polynomial_kernel(some, some)
        within.append((kernel.sum() - np.trace(kernel)) / (len(some) * (len(some) - 1)))
    return within[0] + within[1] - 2 * polynomial_kernel(a, b).mean()


def kernel_distance(some, real, subsets=100, size=100, seed=0):
    """(mean, standard deviation) of the squared MMD over random subsets of features (N, D) and (M, D).

    Both are divided by the root mean square of `real`, so that the figure does not depend on how the network's layers
    are scaled. size: features of a subset, drawn without replacement; at most 3/4 of the smaller set, but two.
    """
    scale = np.sqrt(np.mean(np.square(real)))
    some, real = some / scale, real / scale
    size = max(2, min(size, 3 * min(len(some), len(real)) // 4))
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(subsets):
        values.append(squared_mmd(*(group[rng.choice(len(group), size, replace=False)] for group in (some, real))))
    return float(np.mean(values)), float(np.std(values))
