"""Boundary F-measure in the manner of the BSDS500 benchmark (Martin, Fowlkes, Malik 2004; Arbelaez et al. 2011).

Line maps are float32 (H, W) in [0, 1], 1 = line. They are thinned by non-maximum suppression, cut at several thresholds
and matched with the true boundaries of one or more annotators; the counts of a threshold add up over the photos. What
needs no SciPy is in utils/metrics.py.
"""
import math

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import maximum_bipartite_matching
from skimage.morphology import thin

from utils.metrics import TOLERANCE, count_matches, crests, f_measure, match_radius, match_relaxed

THRESHOLDS = tuple(i / 20 for i in range(1, 20))


class TruthError(Exception):
    """Boundaries that are missing or damaged. The message names the file and the remedy."""


def thin_lines(lines, threshold):
    """The lines of a line map at a threshold: bool (H, W), one pixel wide."""
    return thin(crests(lines) >= threshold)


def match_exact(drawn, truth, radius):
    """As match_relaxed(), but each pixel has one partner at most: a matching with the largest number of pairs.

    The benchmark takes the cheapest matching, in which a pixel left alone costs 100 times the radius: the number of
    pairs is the same, only the choice among equally large matchings differs. Hopcroft and Karp (1973), by SciPy.
    """
    height, width = drawn.shape
    rows, columns = [], []
    index = np.full(truth.shape, -1)
    index[truth] = np.arange(truth.sum())
    y, x = np.nonzero(drawn)
    reach = int(radius)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if math.hypot(dy, dx) <= radius:
                inside = np.flatnonzero((y + dy >= 0) & (y + dy < height) & (x + dx >= 0) & (x + dx < width))
                partner = index[y[inside] + dy, x[inside] + dx]
                rows.append(inside[partner >= 0])
                columns.append(partner[partner >= 0])
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    pairs = sparse.csr_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(len(y), int(truth.sum())))
    partners = maximum_bipartite_matching(pairs, perm_type="column") if len(rows) else np.full(len(y), -1)
    matched_drawn, matched_truth = np.zeros_like(drawn), np.zeros_like(truth)
    matched_drawn[y[partners >= 0], x[partners >= 0]] = True
    true_y, true_x = np.nonzero(truth)
    found = partners[partners >= 0]
    matched_truth[true_y[found], true_x[found]] = True
    return matched_drawn, matched_truth


MATCHINGS = {"relaxed": match_relaxed, "exact": match_exact}


def counts(lines, truths, matching="relaxed", thresholds=THRESHOLDS, tolerance=TOLERANCE, counted=None):
    """What one photo adds: int (thresholds, 4), pixels [drawn and right, drawn, true and found, true].

    lines: line map (H, W). truths: bool (H, W) thin boundaries, one for each annotator. matching: a name of MATCHINGS.
    counted: bool (H, W), where drawn pixels count, None for everywhere. See utils.metrics.count_matches().
    """
    radius = match_radius(lines.shape, tolerance)
    ridges = crests(lines)
    if counted is not None:
        ridges = ridges * counted
    table, last = [], None
    for threshold in thresholds:
        cut = ridges >= threshold
        if last is None or not np.array_equal(cut, last):
            row = count_matches(thin(cut), truths, radius, MATCHINGS[matching])
        last = cut
        table.append(row)
    return np.array(table)


def summary(tables, thresholds=THRESHOLDS):
    """(ODS, its threshold, OIS) of the photos' counts (photos, thresholds, 4).

    ODS: the best F of one threshold for all photos. OIS: F of the counts when each photo has its own best threshold.
    """
    tables = np.asarray(tables)
    overall = f_measure(tables.sum(0))
    best = f_measure(tables).argmax(1)
    own = tables[np.arange(len(tables)), best].sum(0)
    return float(overall.max()), thresholds[int(overall.argmax())], float(f_measure(own))
