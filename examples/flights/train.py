"""Predicts whether a flight out of New York arrives more than 15 minutes late, one epoch at a time.

    python train.py --epochs 20 --hidden 32 --learning-rate 0.1

Plain MLflow: MLFLOW_TRACKING_URI says where to log and MLFLOW_RUN_ID which run to continue; without them a new run is
written to the default place.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import mlflow
import mlflow.sklearn
import numpy as np
from flights import CATEGORIES, FEATURES, NUMBERS, load
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

CHUNK_ROWS = 16_384
DECAY = 0.2


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=20, help="passes over the training rows")
    parser.add_argument("--hidden", type=int, default=32, help="units of the hidden layer")
    parser.add_argument(
        "--learning-rate", type=float, default=0.1, help="first rate; it decays as rows are seen"
    )
    parser.add_argument("--batch-size", type=int, default=256, help="rows of one gradient step")
    parser.add_argument("--seed", type=int, default=0, help="decides weights and order of rows")
    return parser.parse_args()


def encoder() -> ColumnTransformer:
    """Turns a frame of FEATURES into a dense float matrix."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("categories", categories, CATEGORIES)])


def main() -> None:
    """Trains, logs each epoch, and saves the model with its encoder."""
    args = arguments()
    split = load()
    encode = encoder()
    rows = encode.fit_transform(split.train[FEATURES]).astype(np.float32)
    labels = split.train["late"].to_numpy()
    held_out = encode.transform(split.validation[FEATURES]).astype(np.float32)
    truth = split.validation["late"].to_numpy()
    model = MLPClassifier(
        (args.hidden,),
        solver="sgd",
        learning_rate="invscaling",
        learning_rate_init=args.learning_rate,
        power_t=DECAY,
        batch_size=args.batch_size,
        random_state=args.seed,
    )

    with mlflow.start_run():
        mlflow.log_params(vars(args))
        mlflow.log_params(
            {"train_rows": len(rows), "validation_rows": len(held_out), "dropped_flights": split.dropped}
        )
        order = np.random.default_rng(args.seed)
        auc = float("nan")
        for epoch in range(args.epochs):
            started = time.perf_counter()
            losses = []
            for chunk in np.array_split(order.permutation(len(rows)), len(rows) // CHUNK_ROWS + 1):
                model.partial_fit(rows[chunk], labels[chunk], classes=[0, 1])
                losses.append(model.loss_)
            elapsed = time.perf_counter() - started
            late = model.predict_proba(held_out)[:, 1]
            auc = float(roc_auc_score(truth, late))
            metrics = {
                "loss": float(np.mean(losses)),
                "val_auc": auc,
                "val_accuracy": float(accuracy_score(truth, late > 0.5)),
                "learning_rate": args.learning_rate / model.t_**DECAY,
                "samples_per_second": len(rows) / elapsed,
            }
            mlflow.log_metrics(metrics, step=epoch)
            shown = "  ".join(f"{name} {value:.5g}" for name, value in metrics.items())
            print(f"epoch {epoch + 1}/{args.epochs}  {shown}", flush=True)

        example = split.validation[FEATURES].head(5)
        pipeline = Pipeline([("encode", encode), ("model", model)])
        mlflow.sklearn.log_model(
            pipeline,
            name="model",
            signature=infer_signature(example, pipeline.predict(example)),
            skops_trusted_types=["numpy.dtype", "sklearn.neural_network._stochastic_optimizers.SGDOptimizer"],
            pip_requirements=str(Path(__file__).with_name("requirements.txt")),
        )
    print(f"validation AUC {auc:.4f}")


if __name__ == "__main__":
    main()
