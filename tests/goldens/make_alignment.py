"""Makes alignment.json beside this file: losses of alignment and their gradients on fixed tensors, written with PyTorch's autograd from the formulas of the papers.

  python3 make_alignment.py > alignment.json      (with torch)
"""
import json
import torch
import torch.nn.functional as F

torch.manual_seed(7)
D = torch.float64


def normal(*shape, scale=1.0):
    return (torch.randn(*shape, dtype=D) * scale)


def lists(d):
    return {k: v.tolist() if isinstance(v, torch.Tensor) else v for k, v in d.items()}


def graded(f, *inputs):
    xs = [x.clone().requires_grad_(True) for x in inputs]
    y = f(*xs)
    return y.item(), [g for g in torch.autograd.grad(y, xs)]


out = {}
# Ranking: Bradley-Terry over all pairs of 4 answers with one tie (0 > 2 > 1 = 3)
ranks = [1, 3, 2, 3]
pairs = [(i, j) for i in range(4) for j in range(4) if ranks[i] < ranks[j]]
r = normal(4, scale=2)
loss, (g,) = graded(lambda x: torch.stack([-F.logsigmoid(x[i] - x[j]) for i, j in pairs]).mean(), r)
out["ranking"] = lists(dict(ranks=ranks, rewards=r, loss=loss, gradient=g))

# GAE by its definition, a double sum
rewards, values = normal(7), normal(7)
gamma, lam = 0.97, 0.9
v = torch.cat([values, torch.zeros(1, dtype=D)])
delta = rewards + gamma * v[1:] - v[:-1]
adv = torch.stack([sum((gamma * lam) ** l * delta[t + l] for l in range(7 - t)) for t in range(7)])
out["gae"] = lists(dict(rewards=rewards, values=values, gamma=gamma, lam=lam, advantages=adv, returns=adv + values))

x = normal(9, scale=3) + 1.5
mask = [True, False, True, True, True, False, True, True, True]
m = torch.tensor(mask)
def whiten(z, shift):
    w = (z - z.mean()) / torch.sqrt(z.var(unbiased=False) + 1e-8)
    return w if shift else w + z.mean()
wm = x.clone(); wm[m] = whiten(x[m], True)
wn = x.clone(); wn[m] = whiten(x[m], False)
out["whitening"] = lists(dict(values=x, mask=mask, shifted=whiten(x, True), unshifted=whiten(x, False), masked=wm, masked_unshifted=wn))

# PPO
n = 12
old = normal(n, scale=.5) - 2
new = old + normal(n, scale=.3)
a = normal(n)
def ppo(z):
    ratio = torch.exp(z - old)
    return torch.maximum(-a * ratio, -a * ratio.clamp(.8, 1.2)).mean()
loss, (g,) = graded(ppo, new)
ratio = torch.exp(new - old)
clipped = (torch.maximum(-a * ratio, -a * ratio.clamp(.8, 1.2)) > -a * ratio).double().mean()
out["ppo_policy"] = lists(dict(new=new, old=old, advantages=a, clip=.2, loss=loss, gradient=g, clipped=clipped.item()))
vold, ret = normal(n), normal(n)
vnew = vold + normal(n, scale=.3)
def vloss(z):
    c = vold + (z - vold).clamp(-.2, .2)
    return .1 * .5 * torch.maximum((z - ret) ** 2, (c - ret) ** 2).mean()
loss, (g,) = graded(vloss, vnew)
out["ppo_value"] = lists(dict(new=vnew, old=vold, returns=ret, clip=.2, coefficient=.1, loss=loss, gradient=g))

# DPO, IPO, cDPO
pc, pr, rc, rr = [normal(5, scale=3) - 12 for _ in range(4)]
beta, eps = .1, .15
def h(c, r):
    return (c - rc) - (r - rr)
for name, f in dict(dpo=lambda c, r: -F.logsigmoid(beta * h(c, r)), ipo=lambda c, r: (h(c, r) - 1 / (2 * beta)) ** 2,
                    cdpo=lambda c, r: -(1 - eps) * F.logsigmoid(beta * h(c, r)) - eps * F.logsigmoid(-beta * h(c, r))).items():
    c, r = pc.clone().requires_grad_(True), pr.clone().requires_grad_(True)
    losses = f(c, r)
    gc, gr = torch.autograd.grad(losses.sum(), [c, r])
    out[name] = lists(dict(chosen=pc, rejected=pr, chosen_reference=rc, rejected_reference=rr, beta=beta, smoothing=eps, losses=losses.detach(), chosen_gradient=gc, rejected_gradient=gr))

# GRPO and its variants: 4 responses of one group
lengths, longest = [3, 5, 2, 4], 8
score = normal(4)
old = [normal(l, scale=.5) - 2 for l in lengths]
ref = [o + normal(len(o), scale=.2) for o in old]
new = [o + normal(len(o), scale=.3) for o in old]
for name, low, high, b, mean, deviation in [("grpo", .2, .2, .04, "response", True), ("dapo", .2, .28, 0., "token", True), ("dr_grpo", .2, .2, 0., "constant", False)]:
    adv = score - score.mean()
    if deviation:
        adv = adv / (score.std() + 1e-4)
    def J(*zs):
        total = 0
        for i, z in enumerate(zs):
            ratio = torch.exp(z - old[i])
            k3 = torch.exp(ref[i] - z) - (ref[i] - z) - 1
            terms = torch.minimum(ratio * adv[i], ratio.clamp(1 - low, 1 + high) * adv[i]) - b * k3
            total = total + terms.sum() / {"response": 4 * lengths[i], "token": sum(lengths), "constant": 4 * longest}[mean]
        return -total
    loss, gs = graded(J, *new)
    out[name] = dict(scores=score.tolist(), lengths=lengths, longest=longest, old=[o.tolist() for o in old], reference=[o.tolist() for o in ref], new=[o.tolist() for o in new],
                     advantages=adv.tolist(), loss=loss, gradients=[g.tolist() for g in gs])
print(json.dumps(out))
