"""LoRA on a random LLaMA of 1.1 B weights in F32, one sequence of 512 tokens a step, with recomputed blocks: what bench/QLora.cs does with a Q4_K base.

  OMP_NUM_THREADS=2 python3 qlora_peer.py [steps] [rank] [tokens]

The weights are drawn in place: 4.4 GB. Prints tokens/s, tokens per CPU second and the most memory that the process held.
"""
import resource
import sys
import time

import torch
import transformers

steps, rank, tokens = [int(x) for x in (sys.argv[1:] + ["2", "16", "512"][len(sys.argv) - 1:])]
torch.manual_seed(0)
config = transformers.LlamaConfig(vocab_size=32000, hidden_size=2048, num_hidden_layers=22, num_attention_heads=32, num_key_value_heads=4, intermediate_size=5632, max_position_embeddings=2048)
model = transformers.LlamaForCausalLM(config)
for p in model.parameters():
    p.requires_grad = False


class Lora(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.a = torch.nn.Parameter(torch.randn(rank, layer.in_features) / layer.in_features**0.5)
        self.b = torch.nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, x):
        return self.layer(x) + (x @ self.a.T * 2) @ self.b.T


for block in model.model.layers:
    for owner, names in ((block.self_attn, ["q_proj", "k_proj", "v_proj", "o_proj"]), (block.mlp, ["gate_proj", "up_proj", "down_proj"])):
        for name in names:
            setattr(owner, name, Lora(getattr(owner, name)))
trained = [p for p in model.parameters() if p.requires_grad]
model.train()
model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0)
ids = torch.randint(0, 32000, (1, tokens + 1))
times, cpu = [], []
for step in range(steps):
    start, used = time.time(), time.process_time()
    optimizer.zero_grad()
    logits = model(input_ids=ids[:, :-1]).logits
    loss = torch.nn.functional.cross_entropy(logits[0], ids[0, 1:])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    times.append(time.time() - start)
    cpu.append(time.process_time() - used)
    print(f"step {step + 1}: loss {loss.item():.5f}, {tokens / times[-1]:.1f} tokens/s, {tokens / cpu[-1]:.1f} tokens per CPU second", flush=True)
later = sorted(times[1:] or times)
print(f"{tokens / later[len(later) // 2]:.1f} tokens/s, {tokens * steps / sum(cpu):.1f} tokens per CPU second, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9:.3f} GB resident at most")
