"""What NumPy writes: npz.json, archives as base64 with the values that they hold.

Every version of the header, both orders of axes and of bytes, all types of numbers that the format has here, stored and
deflated. Debian 12's python3-numpy 1.24.2:

    python3 test/golden/make_npz.py
"""

import base64
import io
import json
import pathlib
import zipfile

import numpy as np

OUT = pathlib.Path(__file__).parent / "npz.json"


def archive(arrays, compressed=False):
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def with_version(arrays, version):
    """The same with a later version of the header than NumPy takes when it may choose."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, array, version=version)
            # A fixed date: the same file each time.
            zipped.writestr(zipfile.ZipInfo(f"{name}.npy"), entry.getvalue())
    return file.getvalue()


def values(array):
    kind = {"f": float, "i": str, "u": str, "b": int}[array.dtype.kind]
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.newbyteorder("=").name,
        # Whole numbers as strings: JSON's end at 2^53.
        "values": [kind(value) for value in array.ravel(order="C")],
    }


def case(name, arrays, data=None):
    data = archive(arrays) if data is None else data
    return {
        "name": name,
        "base64": base64.b64encode(data).decode(),
        "arrays": {key: values(array) for key, array in arrays.items()},
    }


def main():
    three = np.arange(24).reshape(2, 3, 4)
    weights = {
        "layers.0.weight": np.array([[0.1, -2.5, 3], [4, 5e-42, -0.0]], dtype="<f4"),
        "layers.0.bias": np.array([1, 2], dtype="<f4"),
    }
    floats = {f"{order}{kind}": np.array([1.5, -0.25, 1024], dtype=f"{order}{kind}")
              for order in "<>" for kind in ("f2", "f4", "f8")}
    whole = {f"{order}{kind}": np.array([0, 1, 100], dtype=f"{order}{kind}")
             for order in "<>" for kind in ("i2", "i4", "i8", "u2", "u4", "u8")}
    extremes = {
        "i1": np.array([-128, 127], dtype="i1"),
        "u1": np.array([0, 255], dtype="u1"),
        "i8": np.array([-(2**63), 2**63 - 1], dtype="<i8"),
        "u8": np.array([2**64 - 1], dtype=">u8"),
        "b1": np.array([[True], [False]]),
    }
    shapes = {
        "scalar": np.array(7, dtype="<f4"),
        "one": np.array([7], dtype="<f4"),
        "none": np.zeros((0, 3), dtype="<f4"),
        "fortran": np.asfortranarray(three.astype("<f4")),
        "fortran, big-endian": np.asfortranarray(three[:, :, 0].astype(">i4")),
        "a view": three.astype("<f4").transpose(2, 0, 1),
    }
    cases = [
        case("weights", weights),
        case("weights, deflated", weights, archive(weights, compressed=True)),
        case("floats", floats),
        case("whole numbers", whole),
        case("extremes", extremes),
        case("shapes", shapes),
        case("names", {"größe": np.ones(2, dtype="<f4"), "a/b": np.ones(1, dtype="<f4")}),
        case("version 2", weights, with_version(weights, (2, 0))),
        case("version 3", shapes, with_version(shapes, (3, 0))),
        case("nothing", {}),
    ]
    refused = {
        "complex": np.ones(1, dtype="<c8"),
        "text": np.array(["a"]),
        "objects": None,
        "records": np.zeros(1, dtype=[("a", "<f4"), ("b", "<i4")]),
        "dates": np.zeros(1, dtype="<M8[s]"),
        "extended": np.zeros(1, dtype="<f16"),
        "void": np.zeros(1, dtype="V2"),
    }
    refused["objects"] = np.array([{}], dtype=object)
    others = {name: base64.b64encode(archive({"w": array})).decode() for name, array in refused.items()}
    text = json.dumps({"numpy": np.__version__, "cases": cases, "refused": others}, indent=1)
    OUT.write_text(text + "\n")


main()
