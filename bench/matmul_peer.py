"""The F32 product in PyTorch (OpenBLAS), beside `nonet bench matmul`. Called by bench/Compare.cs: NONET_PEER="python3 bench/matmul_peer.py".

python3 bench/matmul_peer.py matmul m=1024 n=1024 k=1024 ta=0 tb=0 threads=2
"""
import sys
import time

import torch

sizes = {name: int(value) for name, value in (part.split("=") for part in sys.argv[2:])}
m, n, k = sizes["m"], sizes["n"], sizes["k"]
torch.set_num_threads(sizes["threads"])
torch.manual_seed(1)
a = torch.randn(k, m).T if sizes["ta"] else torch.randn(m, k)
b = torch.randn(n, k).T if sizes["tb"] else torch.randn(k, n)
out = torch.empty(m, n)


def repeat(total):
    times = []
    while len(times) < 3 or sum(times) < total:
        start = time.perf_counter()
        torch.matmul(a, b, out=out)
        times.append(time.perf_counter() - start)
    return sorted(times)


repeat(0.5)
times = repeat(2)
print(f"gflops {2 * m * n * k / times[len(times) // 2] / 1e9:.2f}")
