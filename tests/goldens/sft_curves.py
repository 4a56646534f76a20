"""Losses of 20 steps of supervised fine-tuning, all weights and LoRA by hand, as PyTorch computes them on padded batches.

  python3 sft_curves.py FOLDER OUT.json          FOLDER: a gpt2, llama or qwen2 of transformers

Beside the losses OUT has the examples, and the gradients of all A and B at the first step. tests/goldens/sft holds its results for the tiny models
in tests/goldens/models; SftCurveTests compares Nonet with them.
"""
import json
import math
import sys

import torch
import transformers

STEPS, BATCH, RATE, RANK, ALPHA = 20, 4, 2e-3, 4, 8
PARTS = ["query", "key", "value", "output", "gate", "up", "down"]


def examples(vocab):
    x, made = 4711, []
    for i in range(8):
        ids = []
        for _ in range(5 + 2 * i):
            x = (x * 1103515245 + 12345) % 2**31
            ids.append((x >> 16) % vocab)
        made.append((ids, [int(at >= 2 + i) for at in range(len(ids))]))
    return made


def batch(rows):
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([r + [0] * (longest - len(r)) for r, _ in rows])
    mask = torch.tensor([[1] * len(r) + [0] * (longest - len(r)) for r, _ in rows])
    labels = torch.tensor([[t if s else -100 for t, s in zip(r, own)] + [-100] * (longest - len(r)) for r, own in rows])
    return ids, mask, labels


def loss_of(model, rows):
    ids, mask, labels = batch(rows)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
    return torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), ignore_index=-100)


def steps(model, parameters, rows, first=None):
    optimizer, losses = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0), []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, [rows[(step * BATCH + i) % len(rows)] for i in range(BATCH)])
        loss.backward()
        if step == 0 and first is not None:
            first()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def factor(rows, columns, site, wave, f):
    return torch.tensor([0.05 * f(wave * i + site) for i in range(rows * columns)], dtype=torch.float32).reshape(rows, columns)


class Adapted(torch.nn.Module):
    """A layer, some parts of whose outputs are changed by B A."""

    def __init__(self, layer, block, parts):
        super().__init__()
        self.layer, self.pairs = layer, []
        weight = layer.weight
        out, inputs = (weight.shape[1], weight.shape[0]) if type(layer).__name__ == "Conv1D" else weight.shape
        for part in parts:
            site = 10 * block + PARTS.index(part)
            a, b = factor(RANK, inputs, site, 0.37, math.sin), factor(out // len(parts), RANK, site, 0.61, math.cos)
            self.pairs.append((f"{block}/{part}", torch.nn.Parameter(a), torch.nn.Parameter(b)))

    def forward(self, x):
        return self.layer(x) + torch.cat([x @ a.T @ b.T * (ALPHA / RANK) for _, a, b in self.pairs], dim=-1)


def adapt(model):
    adapted = []

    def put(owner, name, block, *parts):
        changed = Adapted(getattr(owner, name), block, parts)
        setattr(owner, name, changed)
        adapted.append(changed)

    for p in model.parameters():
        p.requires_grad = False
    if model.config.model_type == "gpt2":
        for i, block in enumerate(model.transformer.h):
            put(block.attn, "c_attn", i, "query", "key", "value")
            put(block.attn, "c_proj", i, "output")
            put(block.mlp, "c_fc", i, "up")
            put(block.mlp, "c_proj", i, "down")
    else:
        for i, block in enumerate(model.model.layers):
            for name, part in zip(["q_proj", "k_proj", "v_proj", "o_proj"], PARTS):
                put(block.self_attn, name, i, part)
            for name, part in zip(["gate_proj", "up_proj", "down_proj"], PARTS[4:]):
                put(block.mlp, name, i, part)
    return [pair for layer in adapted for pair in layer.pairs]


def main(folder, out):
    def fresh():
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
        return model.eval()  # no dropout

    model = fresh()
    rows = examples(model.config.vocab_size)
    full = steps(model, list(model.parameters()), rows)
    model = fresh()
    pairs, gradients = adapt(model), {}

    def keep():
        for name, a, b in pairs:
            gradients[name + "/a"] = [float(f"{v:.7g}") for v in a.grad.flatten().tolist()]
            gradients[name + "/b"] = [float(f"{v:.7g}") for v in b.grad.flatten().tolist()]

    lora = steps(model, [p for _, a, b in pairs for p in (a, b)], rows, keep)
    with open(out, "w") as f:
        json.dump(dict(ids=[r for r, _ in rows], supervised=[s for _, s in rows], full=full, lora=lora, gradients=gradients), f, separators=(",", ":"))


main(*sys.argv[1:3])
