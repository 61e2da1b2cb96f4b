"""Makes sklearn.json beside this script: what scikit-learn makes of a small table, and its metrics.

Debian 12's python3-sklearn 1.2.1. Deterministic: inputs come from numpy's frozen legacy generator. Numbers are float64,
printed as the shortest decimals that read back; each case holds its inputs beside its results.

    /usr/bin/python3 test/golden/golden_sklearn.py
"""

import json
import os

import numpy as np
from sklearn import metrics
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

random = np.random.RandomState(7)


def holes(column):
    return [None if np.isnan(value) else float(value) for value in column]


def with_nan(column):
    return np.array([np.nan if value is None else value for value in column], dtype=float).reshape(-1, 1)


def numbers():
    """Columns of numbers: from a training part to both parts, by scalers alone and behind an imputer."""
    columns = {
        "ages": random.normal(40, 12, 50),
        "large": random.uniform(1e6, 1e6 + 3, 50),
        "tiny": random.normal(0, 1e-9, 50),
        "constant": np.full(50, 0.1),
        "whole": random.randint(0, 5, 50).astype(float),
    }
    test = {name: column[:5] * 1.5 + 1 for name, column in columns.items()}
    holed = columns["ages"].copy()
    holed[[3, 17, 40]] = np.nan
    columns["holed"] = holed
    test["holed"] = np.array([41.0, np.nan, 30.5])
    makers = {
        "standardise": lambda: StandardScaler(),
        "min-max": lambda: MinMaxScaler(),
        "min-max from -1 to 1": lambda: MinMaxScaler(feature_range=(-1, 1)),
    }
    cases = []
    for name, train in columns.items():
        for kind, make in makers.items():
            for missing in ["mean", "constant"] if name == "holed" else [None]:
                steps = [make()]
                if missing is not None:
                    filler = {"fill_value": 7.5} if missing == "constant" else {}
                    steps.insert(0, SimpleImputer(strategy=missing, **filler))
                pipeline = make_pipeline(*steps).fit(train.reshape(-1, 1))
                both = [pipeline.transform(part.reshape(-1, 1)).ravel() for part in (train, test[name])]
                cases.append({
                    "name": name, "kind": kind, "missing": missing,
                    "train": holes(train), "test": holes(test[name]),
                    "preparedTrain": both[0].tolist(), "preparedTest": both[1].tolist(),
                    "inverted": steps[-1].inverse_transform(both[1].reshape(-1, 1)).ravel().tolist(),
                })
    return cases


def categories():
    train = ["south", "north", "south", "west", None, "south", "north"]
    test = ["north", "east", None, "west"]
    cells = lambda part: np.array(part, dtype=object).reshape(-1, 1)
    imputer = SimpleImputer(missing_values=None, strategy="most_frequent")
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    pipeline = make_pipeline(imputer, encoder).fit(cells(train))
    zones = [10, 9, 10, 100, 9]
    numbered = OneHotEncoder(sparse_output=False).fit(np.array(zones).reshape(-1, 1))
    return {
        "train": train, "test": test, "categories": encoder.categories_[0].tolist(),
        "preparedTrain": pipeline.transform(cells(train)).tolist(),
        "preparedTest": pipeline.transform(cells(test)).tolist(),
        "zones": zones, "zoneCategories": [str(zone) for zone in numbered.categories_[0]],
        "preparedZones": numbered.transform(np.array(zones).reshape(-1, 1)).tolist(),
    }


def words():
    texts = ["Win money now, win MONEY now!", "Lunch at 12 or a walk?", "money isn't everything; win_win", "Füße über Öl, now", ""]
    every = CountVectorizer().fit(texts)
    frequent = CountVectorizer(max_features=3).fit(texts)
    common = CountVectorizer(min_df=2).fit(texts)
    return {
        "texts": texts,
        "words": every.get_feature_names_out().tolist(), "counts": every.transform(texts).toarray().tolist(),
        "frequent": frequent.get_feature_names_out().tolist(),
        "common": common.get_feature_names_out().tolist(),
    }


def classes():
    scores = np.round(random.normal(0, 2, (60, 4)), 3).astype(np.float32)
    labels = random.choice(4, 60, p=[0.5, 0.3, 0.15, 0.05])
    said = scores.argmax(axis=1)
    shifted = scores.astype(np.float64) - scores.max(axis=1, keepdims=True)
    probabilities = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    each = {"labels": range(4), "zero_division": 0}
    return {
        "scores": scores.astype(np.float64).tolist(), "labels": labels.tolist(),
        "metrics": {
            "accuracy": metrics.accuracy_score(labels, said),
            "precision": metrics.precision_score(labels, said, average="macro", **each),
            "recall": metrics.recall_score(labels, said, average="macro", **each),
            "f1": metrics.f1_score(labels, said, average="macro", **each),
            "precision-per-class": metrics.precision_score(labels, said, average=None, **each).tolist(),
            "recall-per-class": metrics.recall_score(labels, said, average=None, **each).tolist(),
            "f1-per-class": metrics.f1_score(labels, said, average=None, **each).tolist(),
            "confusion-matrix": metrics.confusion_matrix(labels, said, labels=range(4)).tolist(),
            "log-loss": metrics.log_loss(labels, probabilities, labels=range(4)),
            "top-2-accuracy": metrics.top_k_accuracy_score(labels, scores, k=2, labels=range(4)),
            "top-3-accuracy": metrics.top_k_accuracy_score(labels, scores, k=3, labels=range(4)),
        },
    }


def two_classes():
    """One logit a sample; the positive class is told by its name."""
    logits = np.round(random.normal(0, 2, 50), 3)
    names = np.array(["ham", "spam"])
    truth = names[(logits + random.normal(0, 2, 50) > 0).astype(int)]
    cases = {}
    for positive in names:
        sign = 1 if positive == "spam" else -1
        said = np.where(logits > 0, "spam", "ham")
        spam = 1 / (1 + np.exp(-logits))
        about = {"pos_label": positive, "average": "binary"}
        cases[str(positive)] = {
            "logits": (sign * logits).tolist(),
            "metrics": {
                "accuracy": metrics.accuracy_score(truth, said),
                "precision": metrics.precision_score(truth, said, **about),
                "recall": metrics.recall_score(truth, said, **about),
                "f1": metrics.f1_score(truth, said, **about),
                "confusion-matrix": metrics.confusion_matrix(truth, said, labels=names).tolist(),
                "log-loss": metrics.log_loss(truth, np.stack([1 - spam, spam], axis=1), labels=names),
            },
        }
    return {"labels": truth.tolist(), "cases": cases}


def values():
    """Two target columns, standardised; errors are told in the columns' units."""
    targets = np.stack([random.normal(250, 40, 80), random.normal(-3, 0.5, 80)], axis=1)
    predicted = targets + np.stack([random.normal(0, 20, 80), random.normal(0, 0.3, 80)], axis=1)
    scaler = StandardScaler().fit(targets)
    return {
        "targets": targets.tolist(), "predicted": predicted.tolist(),
        "scaledPredicted": scaler.transform(predicted).tolist(),
        "metrics": {
            "root-mean-squared-error": float(np.mean([
                metrics.mean_squared_error(targets[:, i], predicted[:, i], squared=False) for i in range(2)
            ])),
            "mean-absolute-error": metrics.mean_absolute_error(targets, predicted),
            "r2": metrics.r2_score(targets, predicted),
        },
    }


def main():
    made = {
        "numbers": numbers(), "categories": categories(), "words": words(),
        "classes": classes(), "twoClasses": two_classes(), "values": values(),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sklearn.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(made, file, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        file.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
