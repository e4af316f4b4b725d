"""Slow and obvious versions of every metric: plain Python, one frame or bout at a time."""

from __future__ import annotations

import math
from itertools import permutations

NAN = float("nan")


def share(part, whole):
    return part / whole if whole else NAN


def mean_defined(values):
    defined = [value for value in values if not math.isnan(value)]
    return sum(defined) / len(defined) if defined else NAN


def kept(truth, predicted, observed):
    return [(t, p) for t, p, o in zip(truth, predicted, observed, strict=True) if o]


def outcomes(truth, predicted, observed):
    pairs = kept(truth, predicted, observed)
    tp = sum(1 for t, p in pairs if t and p)
    fp = sum(1 for t, p in pairs if not t and p)
    fn = sum(1 for t, p in pairs if t and not p)
    tn = sum(1 for t, p in pairs if not t and not p)
    return tp, fp, fn, tn


def f1_of(tp, fp, fn):
    return share(2 * tp, 2 * tp + fp + fn)


def frames(truth, predicted, observed):
    tp, fp, fn, tn = outcomes(truth, predicted, observed)
    return {
        "precision": share(tp, tp + fp),
        "recall": share(tp, tp + fn),
        "f1": f1_of(tp, fp, fn),
        "accuracy": share(tp + tn, tp + fp + fn + tn),
        "balanced_accuracy": mean_defined([share(tp, tp + fn), share(tn, tn + fp)]),
    }


def bouts_of(flags, observed):
    """Sets of frames, one a bout."""
    found, current = [], []
    for frame, (flag, seen) in enumerate(zip(flags, observed, strict=True)):
        if flag and seen:
            current.append(frame)
        elif current:
            found.append(current)
            current = []
    return [*found, current] if current else found


def iou(a, b):
    return len(set(a) & set(b)) / len(set(a) | set(b))


def inclusive_iou(a, b):
    """Overlap of two half-open bouts if their stop frame belonged to them."""
    return iou([*a, a[-1] + 1], [*b, b[-1] + 1])


def one_to_one(true, said, threshold, overlap=iou):
    """MS-TCN's loop: each predicted bout in turn looks at the true bout that it overlaps best."""
    taken = [False] * len(true)
    tp = fp = 0
    for bout in said:
        overlaps = [overlap(bout, other) for other in true]
        best = overlaps.index(max(overlaps)) if overlaps else None
        if best is not None and overlaps[best] >= threshold and not taken[best]:
            tp += 1
            taken[best] = True
        else:
            fp += 1
    return tp, fp, len(true) - tp, tp


def many_to_many(true, said, threshold, overlap=iou):
    found = sum(1 for t in true if any(overlap(t, s) >= threshold for s in said))
    used = sum(1 for s in said if any(overlap(t, s) >= threshold for t in true))
    return found, len(said) - used, len(true) - found, used


def bouts(truth, predicted, observed):
    true, said = bouts_of(truth, observed), bouts_of(predicted, observed)
    values = {}
    for threshold in (0.1, 0.25, 0.5):
        tp, fp, fn, _ = one_to_one(true, said, threshold)
        values[f"f1@{threshold}"] = f1_of(tp, fp, fn)
    values["true_bouts"] = len(true)
    values["predicted_bouts"] = len(said)
    values["false_bouts"] = sum(1 for s in said if not any(set(s) & set(t) for t in true))
    return values


def most_pairs(true, said, tolerance):
    """Largest one-to-one matching, by trying every order."""
    short, long = sorted((true, said), key=len)
    return max(
        (
            sum(abs(a - b) <= tolerance for a, b in zip(short, order, strict=True))
            for order in permutations(long, len(short))
        ),
        default=0,
    )


def onsets(truth, predicted, observed):
    true = [bout[0] for bout in bouts_of(truth, observed)]
    said = [bout[0] for bout in bouts_of(predicted, observed)]
    values = {}
    for tolerance in (1, 2, 5):
        found = most_pairs(true, said, tolerance)
        values[f"precision@{tolerance}"] = share(found, len(said))
        values[f"recall@{tolerance}"] = share(found, len(true))
        values[f"f1@{tolerance}"] = share(2 * found, len(true) + len(said))
    return values


def average_precision(hits, scores, n_true):
    """Precision at each distinct score times the recall that it adds."""
    if not n_true:
        return NAN
    total = before = 0.0
    for score in sorted(set(scores), reverse=True):
        chosen = [hit for hit, s in zip(hits, scores, strict=True) if s >= score]
        recall = sum(chosen) / n_true
        total += (recall - before) * sum(chosen) / len(chosen)
        before = recall
    return total


def probabilities(truth, predicted, observed):
    pairs = kept(truth, predicted, observed)
    bins = {}
    for y, p in pairs:
        bins.setdefault(min(int(p * 10), 9), []).append((y, p))
    gaps = [abs(sum(p for _, p in entry) - sum(y for y, _ in entry)) for entry in bins.values()]
    return {
        "average_precision": average_precision(
            [y for y, _ in pairs], [p for _, p in pairs], sum(y for y, _ in pairs)
        ),
        "ece": share(sum(gaps), len(pairs)),
        "brier": share(sum((p - y) ** 2 for y, p in pairs), len(pairs)),
        "expected_share": share(sum(p for _, p in pairs), len(pairs)),
    }


def keypoints(truth, predicted, observed):
    """One visible point after the other; ``truth`` and ``predicted`` are lists of lists of x, y."""
    coordinates, distances, missed, visible = [], [], 0, 0
    for true_row, said_row, seen_row in zip(truth, predicted, observed, strict=True):
        for (x, y), (u, v), seen in zip(true_row, said_row, seen_row, strict=True):
            if not seen or math.isnan(x) or math.isnan(y):
                continue
            visible += 1
            if math.isnan(u) or math.isnan(v):
                missed += 1
                continue
            coordinates += [abs(u - x), abs(v - y)]
            distances.append(math.hypot(u - x, v - y))
    return {
        "mae_px": share(sum(coordinates), len(coordinates)),
        "distance_px": share(sum(distances), len(distances)),
        "missed_share": share(missed, visible),
    }


REFERENCES = {
    "frames": frames,
    "bouts": bouts,
    "keypoints": keypoints,
    "onsets": onsets,
    "probabilities": probabilities,
}


def edit_distance(a, b):
    """Levenshtein's distance, by the full table."""
    table = [[i + j if not i * j else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1,
                table[i][j - 1] + 1,
                table[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
            )
    return table[-1][-1]
