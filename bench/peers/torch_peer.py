"""PyTorch as a contender: `torch_peer.py FORM ADAM`, then commands as JSON lines on stdin (bench/src/protocol.ts).

FORM is `preloaded` (tensors in memory, batches by indexing), `tutorial` (torchvision's ToTensor on images through a
DataLoader, as tutorials write it) or `ddp` (preloaded, in `threads` processes that average gradients by gloo over
loopback). ADAM is `plain` (as it comes), `foreach` or `fused`. Threads are set by OMP_NUM_THREADS and
OPENBLAS_NUM_THREADS from outside. This is not a library: nothing else imports it, and it runs from wherever it was copied to.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import networks
import torch
from torch import nn

TYPES = {"u8": torch.uint8, "f32": torch.float32, "i32": torch.int32}


def blas():
    """The BLAS that is loaded into this process, by the name of its file and, for OpenBLAS, its core."""
    if not os.path.exists("/proc/self/maps"):
        return "BLAS unknown"
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "/" in line}
    for path in sorted(paths):
        if "openblas" in os.path.basename(path):
            corename = ctypes.CDLL(path).openblas_get_corename
            corename.restype = ctypes.c_char_p
            return f"OpenBLAS ({corename().decode()})"
    for name, marker in (("MKL", "libmkl"), ("BLIS", "libblis"), ("ATLAS", "atlas"), ("reference BLAS", "libblas")):
        if any(marker in path for path in paths):
            return name
    return "BLAS unknown"


def read(folder, name, dtype):
    path = os.path.join(folder, name)
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=dtype)


def network(work, weights, described):
    model = networks.NETWORKS[work["network"]]() if "network" in work else dense(work)
    named = dict(model.named_parameters())
    offset = 0
    with torch.no_grad():
        # Dense layers have the names of their places here, and their order.
        for described_parameter, own in zip(described, list(named)):
            parameter = named[described_parameter["name"] if "network" in work else own]
            parameter.copy_(weights[offset : offset + parameter.numel()].view_as(parameter))
            offset += parameter.numel()
    if offset != len(weights) or len(described) != len(named):
        raise ValueError(f"{len(weights)} weights in {len(described)} tensors, the network has others: {list(named)}")
    return model


def dense(work):
    parts = []
    for i in range(1, len(work["layers"])):
        if i > 1:
            parts.append(nn.ReLU() if work["activation"] == "relu" else nn.Sigmoid())
        parts.append(nn.Linear(work["layers"][i - 1], work["layers"][i]))
    if work["loss"] == "mse":
        parts.append(nn.Sigmoid())
    return nn.Sequential(*parts)


class Images(torch.utils.data.Dataset):
    """What torchvision.datasets.MNIST does with each sample."""

    def __init__(self, data, targets):
        from torchvision.transforms import ToTensor

        self.data, self.targets, self.transform = data.view(-1, 28, 28), targets, ToTensor()

    def __getitem__(self, index):
        from PIL import Image

        image = Image.fromarray(self.data[index].numpy(), mode="L")
        return self.transform(image), int(self.targets[index])

    def __len__(self):
        return len(self.data)


class Peer:
    def __init__(self, form, adam, rank=0, world=1):
        self.form, self.adam, self.rank, self.world = form, adam, rank, world
        self.step = 0
        self.loader = None

    def prepare(self, assignment):
        work, data = assignment["work"], assignment["data"]
        folder = data["folder"]
        self.batch, self.samples = work["batchSize"], data["samples"]
        features, outputs = work["layers"][0], work["layers"][-1]
        raw = read(folder, "inputs.bin", TYPES[data["inputs"]]).view(self.samples, features)
        if data["targets"] == "labels":
            self.targets = read(folder, "targets.bin", torch.int32).long()
            if data["inputs"] == "i32":
                self.targets = self.targets.view(self.samples, features)
        else:
            self.targets = read(folder, "targets.bin", torch.float32).view(self.samples, outputs)
        self.order = read(folder, "order.bin", torch.int32).long()
        self.model = network(work, read(folder, "weights.bin", torch.float32), data["parameters"])
        if self.form == "tutorial":
            self.images = Images(raw, self.targets)
        else:
            self.inputs = raw.float().div_(255) if data["inputs"] == "u8" else raw
            if data["inputs"] == "i32":
                self.inputs = raw.long()
        if self.form == "ddp":
            self.model = nn.parallel.DistributedDataParallel(self.model)
        if work["optimizer"] == "adam":
            options = {} if self.adam == "plain" else {self.adam: True}
            self.optimizer = torch.optim.Adam(self.model.parameters(), lr=work["learningRate"], **options)
        else:
            self.optimizer = torch.optim.SGD(self.model.parameters(), lr=work["learningRate"])
        self.loss = nn.CrossEntropyLoss() if work["loss"] == "cross-entropy" else nn.MSELoss()
        what = f"{self.world} processes" if self.form == "ddp" else f"{torch.get_num_threads()} threads"
        optimizer = f"{self.adam} Adam" if work["optimizer"] == "adam" else "SGD"
        return {"about": f"PyTorch {torch.__version__}, {optimizer}, {what}, {blas()}"}

    def take(self, x, y):
        self.optimizer.zero_grad()
        # Where each position of a sample has a label, every one counts alike.
        loss = self.loss(self.model(x).flatten(0, y.dim() - 1), y.flatten())
        loss.backward()
        self.optimizer.step()
        return loss

    def rows(self, step, order):
        """This process's part of a batch: all of it, but for DDP."""
        first = step * self.batch % self.samples
        begin = first + self.batch * self.rank // self.world
        end = first + self.batch * (self.rank + 1) // self.world
        if order is None:
            return self.inputs[begin:end], self.targets[begin:end]
        indices = order[begin:end]
        return self.inputs[indices], self.targets[indices]

    def batches(self, order):
        """Endless epochs of a DataLoader."""
        while True:
            indices = order.tolist() if order is not None else range(self.samples)
            yield from torch.utils.data.DataLoader(self.images, batch_size=self.batch, sampler=indices)

    def learn(self, steps):
        total = 0.0
        batches = self.batches(None) if self.form == "tutorial" else None
        for step in range(steps):
            x, y = next(batches) if batches else self.rows(step, None)
            total += self.take(x.flatten(1), y).item()
        if self.world > 1:
            both = torch.tensor([total], dtype=torch.float64)
            torch.distributed.all_reduce(both)
            total = both.item() / self.world
        return {"loss": total / steps}

    def run(self, steps):
        if self.form == "tutorial":
            # An epoch's loader is made inside the timed part, as it is once an epoch in a tutorial.
            self.loader = self.loader or self.batches(self.order)
        begun = time.perf_counter()
        for _ in range(steps):
            x, y = next(self.loader) if self.loader else self.rows(self.step, self.order)
            loss = self.take(x.flatten(1), y)
            self.step += 1
        loss.item()
        return {"steps": steps, "seconds": time.perf_counter() - begun}

    def answer(self, rows, calls):
        with torch.inference_mode():
            begun = time.perf_counter()
            for _ in range(calls):
                outputs = self.model(self.inputs[:rows])
            return {"seconds": time.perf_counter() - begun, "outputs": outputs[0].tolist()}


def peak_bytes():
    """Of this process. As in bench/src/peak-resident.ts, not getrusage where the kernel's own mark can be read."""
    if os.path.exists("/proc/self/status"):
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return 1024 * int(line.split()[1])
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Processes:
    """The other ranks of DDP: the same script, told the same commands."""

    def __init__(self, adam, world, meeting):
        self.children = [
            subprocess.Popen(
                [sys.executable, os.path.abspath(__file__), "ddp", adam, str(rank), str(world), meeting],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )
            for rank in range(1, world)
        ]

    def tell(self, line):
        for child in self.children:
            child.stdin.write(line.encode())
            child.stdin.flush()

    def end(self):
        for child in self.children:
            child.wait(timeout=10)


def join(rank, world, meeting):
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)


def main():
    form, adam, *place = sys.argv[1:]
    peer, others, meeting = Peer(form, adam), None, None
    if place:
        rank, world, meeting = int(place[0]), int(place[1]), place[2]
        join(rank, world, meeting)
        peer = Peer(form, adam, rank, world)
    # readline, not iteration: a pipe's iterator would read ahead.
    for line in iter(sys.stdin.readline, ""):
        command = json.loads(line)
        name = command.pop("do")
        try:
            if name == "prepare" and form == "ddp" and not place:
                world = command["assignment"]["threads"]
                # Beside the data, with which it goes away.
                meeting = tempfile.mktemp(prefix="ddp-", dir=command["assignment"]["data"]["folder"])
                others = Processes(adam, world, meeting)
                join(0, world, meeting)
                peer = Peer(form, adam, 0, world)
            if others:
                others.tell(line)
            if name == "exit":
                if others:
                    others.end()
                # The processes of DDP are alike.
                reply = {"peakBytes": peer.world * peak_bytes()}
            else:
                reply = getattr(peer, name)(**command)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)
        if name == "exit":
            break


main()
