"""Runs the PyTorch listings of docs/course.md and compares the numbers that they print with those that the page shows.

Not a part of the tests, which need no PyTorch: run it by hand where torch is, after changing the page. Chapter 7 shuffles and
chapters 8 and 12 draw their weights and download pictures, so those are not compared.
"""

import os
import re
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/course.md")
RANDOM = ("7.", "8.", "12.")


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def main():
    with open(PAGE, encoding="utf-8") as file:
        chapters = re.split(r"(?m)^## ", file.read())[1:]
    differ = 0
    for chapter in chapters:
        blocks = dict(re.findall(r"```(\w+)\n(.*?)```", chapter, re.S))
        title = chapter.split("\n")[0]
        if title.startswith(RANDOM):
            continue
        result = subprocess.run([sys.executable, "-c", blocks["python"]], capture_output=True, text=True)
        same = result.returncode == 0 and numbers(result.stdout) == numbers(blocks["text"])
        differ += not same
        print(f"{title}: {'the same' if same else result.stdout + result.stderr}")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
