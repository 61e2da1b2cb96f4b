"""lstm.json: two of models.lstm over tokens, as golden_language_model.py trains them: one layer, and two over each other."""

from golden_json import write_json
from golden_language_model import VOCABULARY, run, settings
from lstm import Lstm

LEARNING_RATE = 0.03


def lstm_run(name, seed, **sizes):
    return {**run(name, seed, LEARNING_RATE, lambda: Lstm(VOCABULARY, **sizes)), "sizes": sizes}


if __name__ == "__main__":
    runs = [
        lstm_run("one layer", 3, embedding=5, size=7, layers=1),
        lstm_run("two layers", 4, embedding=8, size=6, layers=2),
    ]
    write_json(__file__.replace("golden_lstm.py", "lstm.json"), {**settings(LEARNING_RATE), "runs": runs})
