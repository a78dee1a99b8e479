"""What scikit-learn, SciPy and NumPy say of made-up predictions, for src/metrics/golden.rs.

    python tests/golden/metrics/make.py

Needs numpy, scipy and scikit-learn (2.4.6, 1.17.1 and 1.9.1 were used). Writes expected.json.
The predictions are not in it: `made_up` below is repeated by the test. Logits are sixteenths, so
that they are exact in f32 and many are equal. `null` is what is not defined.
"""

import json
import pathlib
import warnings

import numpy as np
from scipy.optimize import curve_fit, minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score, balanced_accuracy_score, accuracy_score, brier_score_loss,
    cohen_kappa_score, log_loss, precision_recall_curve, precision_recall_fscore_support,
    roc_auc_score, roc_curve, top_k_accuracy_score,
)

HERE = pathlib.Path(__file__).parent

# name → rows, classes the model knows, classes that occur as truths, levels of logits, lift of
# the truth in sixteenths
CASES = {
    "three classes with many ties": (60, 3, 3, 8, 3),
    "few ties": (80, 5, 5, 200, 70),
    "two classes": (40, 2, 2, 64, 20),
    "a class without positives": (50, 4, 3, 64, 24),
    "one class": (12, 1, 1, 64, 0),
    "a hundred classes": (300, 100, 100, 128, 60),
    "a hundred classes, few of them seen": (40, 100, 60, 128, 60),
    "constant logits": (20, 3, 3, 1, 0),
    "one sample": (1, 3, 3, 8, 3),
}


def made_up(rows, classes, occurring, levels, lift):
    """Logits [rows, classes] and truths by the generator of Numerical Recipes."""
    state = 1

    def below(n):
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return (state >> 8) % n

    truths, logits = [], []
    for _ in range(rows):
        truths.append(below(occurring))
        logits.append([below(levels) / 16 for _ in range(classes)])
        logits[-1][truths[-1]] += lift / 16
    return np.array(logits), np.array(truths)


@np.vectorize
def without_noise(x):
    """One value for what is equal in exact arithmetic, as in ours."""
    return float(f"{x:.13g}")


def number(x):
    return None if x is None or not np.isfinite(x) else float(x)


def confusion(truths, predicted, classes):
    labels = list(range(classes))
    occurring = sorted(set(truths) | set(predicted))
    per_class = precision_recall_fscore_support(
        truths, predicted, labels=labels, zero_division=np.nan)
    average = lambda kind: [
        number(x) for x in precision_recall_fscore_support(
            truths, predicted, labels=occurring, average=kind, zero_division=0)[:3]]
    return {
        "precision": [number(x) for x in per_class[0]],
        "recall": [number(x) for x in per_class[1]],
        "f1": [number(x) for x in per_class[2]],
        "support": per_class[3].tolist(),
        "accuracy": accuracy_score(truths, predicted),
        "balanced_accuracy": balanced_accuracy_score(truths, predicted),
        "kappa": number(cohen_kappa_score(truths, predicted)),
        "macro": average("macro"),
        "weighted": average("weighted"),
    }


def top_k(logits, truths, k):
    """Of equal scores scikit-learn prefers the last class and Graft the first: turn all around."""
    classes = logits.shape[1]
    if classes < 3:
        return None  # scikit-learn treats two classes as one score
    turned, truths = logits[:, ::-1], classes - 1 - truths
    return top_k_accuracy_score(truths, turned, k=k, labels=range(classes))


def curves(logits, truths):
    probabilities = without_noise(softmax(logits, axis=1))
    areas, precisions = [], []
    for c in range(logits.shape[1]):
        positive, scores = truths == c, probabilities[:, c]
        both = positive.any() and not positive.all()
        areas.append(number(roc_auc_score(positive, scores)) if both else None)
        precisions.append(number(average_precision_score(positive, scores)) if positive.any() else None)
    mean = lambda values: number(np.mean([v for v in values if v is not None] or [np.nan]))
    result = {"roc_area": areas, "average_precision": precisions,
              "macro_area": mean(areas), "macro_average_precision": mean(precisions)}
    first = next((c for c, area in enumerate(areas) if area is not None), None)
    if first is not None:
        positive, scores = truths == first, probabilities[:, first]
        fpr, tpr, _ = roc_curve(positive, scores, drop_intermediate=False)
        # The corners of the curve, from its first point on.
        keep = [0, *(i for i in range(1, len(fpr) - 1) if not (
            np.isclose(fpr[i] * 2, fpr[i - 1] + fpr[i + 1], atol=1e-12)
            and np.isclose(tpr[i] * 2, tpr[i - 1] + tpr[i + 1], atol=1e-12))), len(fpr) - 1]
        precision, recall, _ = precision_recall_curve(positive, scores)
        precision, recall = precision[::-1], recall[::-1]
        level = [0, *(i for i in range(1, len(recall) - 1) if not (
            recall[i - 1] == recall[i] == recall[i + 1])), len(recall) - 1]
        result |= {"class": first, "roc": np.stack([fpr, tpr], 1)[keep].round(12).tolist(),
                   "precision_recall": np.stack([precision, recall], 1)[level].round(12).tolist()}
    return result


def calibration(logits, truths, bins=10):
    classes = logits.shape[1]
    probabilities = softmax(logits, axis=1)
    confidence = without_noise(probabilities.max(1))
    correct = (logits.argmax(1) == truths).astype(int)
    accuracy, mean_confidence = calibration_curve(correct, confidence, n_bins=bins)
    edges = np.linspace(0, 1, bins + 1)
    at = np.searchsorted(edges[1:-1], confidence)
    counts = np.bincount(at, minlength=bins)
    weights = counts[counts > 0] / len(truths)
    # By simulation: truths drawn from the confidences themselves.
    rng = np.random.default_rng(1)
    drawn = rng.random((20_000, len(truths))) < confidence
    by_chance = sum(
        np.abs((drawn[:, at == b] - confidence[at == b]).sum(1)) for b in range(bins)
    ).mean() / len(truths)
    labels = list(range(classes))
    one_hot = np.eye(classes)[truths]
    return {
        "counts": counts.tolist(), "accuracy": accuracy.tolist(),
        "confidence": mean_confidence.tolist(),
        "error": float(weights @ np.abs(accuracy - mean_confidence)),
        "error_by_chance": float(by_chance),
        "brier": float(brier_score_loss(truths, probabilities, labels=labels, scale_by_half=False))
        if classes > 2 else float(((probabilities - one_hot) ** 2).sum(1).mean()),
        "log_loss": float(log_loss(truths, probabilities, labels=labels)) if classes > 1 else 0.0,
        "temperature": temperature(logits, truths),
    }


def temperature(logits, truths):
    rows = np.arange(len(truths))
    loss = lambda log_t: -log_softmax(logits / np.exp(log_t), axis=1)[rows, truths].mean()
    if np.ptp(logits, axis=1).max() == 0 or (logits.argmax(1) == truths).all():
        return None
    found = minimize_scalar(loss, bounds=(-8, 8), method="bounded", options={"xatol": 1e-10})
    return number(np.exp(found.x)) if abs(found.x) < np.log(100) else None


def coverage(logits, truths):
    """By brute force: the mean over 4000 orders of the equally sure, or exactly if none are."""
    confidence = without_noise(softmax(logits, axis=1).max(1))
    wrong = (logits.argmax(1) != truths).astype(float)
    n = np.arange(1, len(truths) + 1)
    rng = np.random.default_rng(1)
    areas = []
    for _ in range(4000 if len(set(confidence)) < len(confidence) else 1):
        order = np.lexsort((rng.random(len(truths)), -confidence))
        areas.append((wrong[order].cumsum() / n).mean())
    return {"area": float(np.mean(areas)), "area_error": float(np.std(areas) / np.sqrt(len(areas))),
            "least_area": float((np.sort(wrong).cumsum() / n).mean()),
            "points": len(set(confidence))}


def open_set(logits, truths):
    """The first half as known, the second as unknown."""
    scores, half = logsumexp(logits, axis=1), len(truths) // 2
    if half == 0:
        return None
    known, unknown = scores[:half], scores[half:]
    is_known = np.arange(len(scores)) < half
    fpr, tpr, _ = roc_curve(is_known, without_noise(scores), drop_intermediate=False)
    quantile = np.floor(0.1 * (half + 1) + 1e-9)
    return {"area": float(roc_auc_score(is_known, without_noise(scores))),
            "false_positive_rate": float(fpr[np.argmax(tpr >= 0.95 - 1e-12)]),
            "threshold": float(np.sort(known)[int(quantile) - 1]) if quantile else None}


# images a class, hits and total at each
LEARNING_CURVES = {
    "rising": [(2, 140, 300), (4, 178, 300), (8, 210, 300), (16, 232, 300), (32, 249, 300)],
    "flat": [(5, 268, 300), (10, 271, 300), (20, 270, 300), (40, 272, 300)],
    "to the top": [(2, 60, 100), (4, 80, 100), (8, 90, 100), (16, 95, 100), (32, 99, 100)],
    "falling": [(2, 80, 100), (4, 78, 100), (8, 75, 100)],
}


def learning_curve(points):
    n, hits, total = np.array(points, float).T
    accuracy = hits / total
    p = (hits + 2) / (total + 4)
    sigma = np.sqrt(p * (1 - p) / (total + 4))
    best = None
    for c in (0.1, 0.3, 0.6, 1.0, 1.5):
        fit, _ = curve_fit(
            lambda n, a, b, c: a - b * (n / n[0]) ** -c, n, accuracy, sigma=sigma,
            p0=(0.95, 0.4, c), bounds=([0, 0, 0.05], [1, np.inf, 2]), xtol=1e-14, ftol=1e-14,
            gtol=1e-14, max_nfev=100_000)
        loss = (((fit[0] - fit[1] * (n / n[0]) ** -fit[2] - accuracy) / sigma) ** 2).sum()
        if best is None or loss < best[0]:
            best = loss, fit
    loss, (a, b, c) = best
    return {"points": points, "loss": float(loss),
            "fitted": (a - b * (n / n[0]) ** -c).tolist(),
            "doubled": float(a - b * (2 * n[-1] / n[0]) ** -c)}


def main():
    warnings.simplefilter("ignore")
    cases = []
    for name, settings in CASES.items():
        logits, truths = made_up(*settings)
        cases.append({
            "name": name,
            "made_up": settings,
            "confusion": confusion(truths, logits.argmax(1), logits.shape[1]),
            "top_k": [number(top_k(logits, truths, k)) for k in (1, 2, 5)],
            "curves": curves(logits, truths),
            "calibration": calibration(logits, truths),
            "coverage": coverage(logits, truths),
            "open_set": open_set(logits, truths),
        })
    learning = [learning_curve(points) for points in LEARNING_CURVES.values()]
    expected = {"cases": cases, "learning_curves": learning}
    (HERE / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
