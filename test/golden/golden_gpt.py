"""gpt.json: two of models.gpt, as golden_language_model.py trains them. One has a head of its own, the other the embedding's
weight."""

from golden_json import write_json
from golden_language_model import CONTEXT, VOCABULARY, run, settings
from gpt import Gpt

LEARNING_RATE = 0.01


def gpt_run(name, seed, tied):
    trained = run(name, seed, LEARNING_RATE, lambda: Gpt(VOCABULARY, CONTEXT, layers=2, heads=2, size=8, tied=tied))
    return {**trained, "tied": int(tied)}


if __name__ == "__main__":
    runs = [gpt_run("a head of its own", 1, False), gpt_run("tied", 2, True)]
    write_json(__file__.replace("golden_gpt.py", "gpt.json"), {**settings(LEARNING_RATE), "runs": runs})
