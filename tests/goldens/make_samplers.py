"""Makes samplers.json beside this file: what transformers' logits processors and llama.cpp's samplers make of fixed logits.

  python3 make_samplers.py llama.gguf > samplers.json      (with torch, transformers 5.12 and libllama.so.0 of llama.cpp 0.7; llama.gguf lies in gguf)

A case names its logits, the new text before, the options in SamplerOptions' words and the probabilities of the tokens that are kept: "ids" is absent
where that is every token that is not forbidden. transformers computes in float64 here, so that only the algorithms are compared; llama.cpp computes in float32.
Where several tokens tie at a limit, the peers keep all of them or any of them; PeerSamplerTests says what it expects there.
"""
import ctypes
import json
import math
import sys

import torch
from transformers.generation import logits_process as hf

NONE = float("-inf")
torch.manual_seed(18)


def normal(n, scale, digits=3, shift=0.0):
    return [round(x, digits) for x in (torch.randn(n, dtype=torch.float64) * scale + shift).tolist()]


def single(values):
    return torch.tensor(values, dtype=torch.float32).tolist()


vectors = {
    "normal": normal(60, 2),
    "wide": normal(300, 3, 2),
    "cold": normal(90, 1.5, 3, -9),                # all logits below 0: repetition multiplies
    "flat": [1.25] * 64,
    "steps": normal(100, 1.5, 0),                  # many equal logits
    "pairs": [x for v in normal(40, 2, 2) for x in (v, v)],
    "peaked": normal(70, 1, 2)[:33] + [17.5] + normal(36, 1, 2),
    "holes": [x if i % 3 else NONE for i, x in enumerate(normal(81, 2))],
    "one": [NONE] * 20 + [0.5] + [NONE] * 29,
    "zipf": [round(-1.1 * math.log(i + 1), 4) for i in range(200)],
    "far": [round(x, 1) for x in normal(50, 40, 1)],
    "words": normal(96, 2),                        # as many as llama.gguf has tokens
}
vectors = {name: single(values) for name, values in vectors.items()}
generator = torch.Generator().manual_seed(5)
histories = {name: torch.randint(0, min(len(values), 24), (40,), generator=generator).tolist() for name, values in vectors.items()}
cases = []


def add(peer, name, options, kept, text=()):
    """kept: (id, logit or None) of the tokens that are left."""
    top = max(logit for _, logit in kept)
    weights = {i: math.exp(logit - top) for i, logit in kept if logit != NONE}
    total = sum(weights.values())
    case = dict(peer=peer, logits=name, options=options)
    if text:
        case["text"] = list(text)
    forbidden = {int(i) for i, bias in options.get("logitBias", {}).items() if bias is None}
    ids = sorted(weights)
    if ids != [i for i, logit in enumerate(vectors[name]) if logit != NONE and i not in forbidden]:
        case["ids"] = ids
    cases.append(case | dict(p=[round(weights[i] / total, 8) for i in ids]))


# transformers, in the order in which its generate applies them
def processors(o):
    if bias := o.get("logitBias"):
        yield hf.SequenceBiasLogitsProcessor({(int(i),): NONE if b is None else float(b) for i, b in bias.items()})
    if penalty := o.get("repetitionPenalty"):
        yield hf.RepetitionPenaltyLogitsProcessor(penalty)
    if temperature := o.get("temperature"):
        yield hf.TemperatureLogitsWarper(temperature)
    if k := o.get("topK"):
        yield hf.TopKLogitsWarper(k)
    if p := o.get("topP"):
        yield hf.TopPLogitsWarper(p)
    if p := o.get("minP"):
        yield hf.MinPLogitsWarper(p)
    if p := o.get("typical"):
        yield hf.TypicalLogitsWarper(p)


def transformers(name, options, history=()):
    ids = torch.tensor([list(history)], dtype=torch.long)
    scores = hf.LogitsProcessorList(processors(options))(ids, torch.tensor([vectors[name]], dtype=torch.float64))[0].tolist()
    add("transformers", name, options, [(i, s) for i, s in enumerate(scores) if s != NONE], text=history)


for name in vectors:
    transformers(name, dict(temperature=0.7))
    for options in (dict(topK=7), dict(topP=0.5), dict(topP=0.9), dict(minP=0.08), dict(typical=0.4), dict(typical=0.92)):
        transformers(name, options)
    if name != "one":
        transformers(name, dict(repetitionPenalty=1.3, topK=12), histories[name])
for name in ("normal", "cold", "steps", "far"):
    transformers(name, dict(temperature=1.9))
    transformers(name, dict(repetitionPenalty=0.8), histories[name][:9])
    transformers(name, dict(logitBias={"3": 2.5, "7": -4, "11": None}))
for name in ("wide", "holes", "zipf", "pairs"):
    everything = dict(logitBias={"1": 3, "4": -1.5, "8": None}, repetitionPenalty=1.15, temperature=0.8, topK=40, topP=0.95, minP=0.02, typical=0.9)
    transformers(name, everything, histories[name])


# llama.cpp
class TokenData(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int32), ("logit", ctypes.c_float), ("p", ctypes.c_float)]


class TokenDataArray(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(TokenData)), ("size", ctypes.c_size_t), ("selected", ctypes.c_int64), ("sorted", ctypes.c_bool)]


class Settings(ctypes.Structure):  # of a model, as they come and go by value: only llama.cpp knows the fields
    _fields_ = [("bytes", ctypes.c_char * 512)]


llama = ctypes.CDLL("libllama.so.0")
quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda level, text, data: None)
llama.llama_log_set(quiet, None)
llama.llama_backend_init()
pointer, number, whole = ctypes.c_void_p, ctypes.c_float, ctypes.c_int32


def function(name, result, *arguments):
    f = getattr(llama, name)
    f.restype, f.argtypes = result, arguments
    return f


model_settings = function("llama_model_default_params", Settings)
load = function("llama_model_load_from_file", pointer, ctypes.c_char_p, Settings)
get_vocab = function("llama_model_get_vocab", pointer, pointer)
piece = function("llama_token_to_piece", whole, pointer, whole, ctypes.c_char_p, whole, whole, ctypes.c_bool)
apply = function("llama_sampler_apply", None, pointer, ctypes.POINTER(TokenDataArray))
accept = function("llama_sampler_accept", None, pointer, whole)
free = function("llama_sampler_free", None, pointer)
top_k = function("llama_sampler_init_top_k", pointer, whole)
top_p = function("llama_sampler_init_top_p", pointer, number, ctypes.c_size_t)
min_p = function("llama_sampler_init_min_p", pointer, number, ctypes.c_size_t)
typical = function("llama_sampler_init_typical", pointer, number, ctypes.c_size_t)
temperature = function("llama_sampler_init_temp", pointer, number)
penalties = function("llama_sampler_init_penalties", pointer, whole, whole, number, number, number)  # vocabulary, last tokens, repeat, frequency, presence
dry = function("llama_sampler_init_dry", pointer, pointer, number, number, whole, whole, ctypes.POINTER(ctypes.c_char_p), ctypes.c_size_t)
mirostat = function("llama_sampler_init_mirostat_v2", pointer, ctypes.c_uint32, number, number)  # seed, target, rate

model = load(sys.argv[1].encode(), model_settings())
assert model, f"llama.cpp does not open {sys.argv[1]}"
vocab = get_vocab(model)


def text_of(token):
    buffer = ctypes.create_string_buffer(64)
    length = piece(vocab, token, buffer, 64, 0, True)
    return buffer.raw[:length]


def array_of(name):
    values = vectors[name]
    data = (TokenData * len(values))(*(TokenData(i, x, 0) for i, x in enumerate(values)))
    return TokenDataArray(ctypes.cast(data, ctypes.POINTER(TokenData)), len(values), -1, False)


def left(array):
    return [(array.data[i].id, array.data[i].logit) for i in range(array.size)]


def chain(name, options, samplers, text=()):
    array = array_of(name)
    for sampler in samplers:
        for token in text:
            accept(sampler, token)
        apply(sampler, ctypes.byref(array))
        free(sampler)
    add("llama.cpp", name, options, left(array), text=text)


def penalised(name, repeat, frequency, presence, text):
    settings = dict(repetitionPenalty=repeat, frequencyPenalty=frequency, presencePenalty=presence)
    chain(name, settings, [penalties(len(vectors[name]), len(text), repeat, frequency, presence)], text)


for name in ("normal", "wide", "cold", "steps", "peaked", "holes", "zipf", "far"):
    penalised(name, 1.0, 0.25, 0.5, histories[name])
    chain(name, dict(topK=7), [top_k(7)])
    chain(name, dict(topP=0.8), [top_p(0.8, 1)])
    chain(name, dict(minP=0.1), [min_p(0.1, 1)])
    if name not in ("holes", "far"):           # its entropy is not a number where a probability is 0: it keeps every token
        chain(name, dict(typical=0.7), [typical(0.7, 1)])
for name in ("normal", "cold", "steps"):
    penalised(name, 1.2, 0.0, 0.75, histories[name][:12])
    penalised(name, 1.1, -0.3, -0.2, histories[name][:20])
chain("wide", dict(repetitionPenalty=1.1, frequencyPenalty=0.1, presencePenalty=0.2, temperature=0.6, topK=50, minP=0.02),
      [penalties(300, 40, 1.1, 0.1, 0.2), temperature(0.6), top_k(50), min_p(0.02, 1)], histories["wide"])

# 1 2 3 stands before 4, 2 3 before 5 and 3 before 6, and it stands last again
repeated = [1, 2, 3, 4, 9, 2, 3, 5, 8, 3, 6, 1, 2, 3]
long = ([7, 8, 9, 10, 11, 12] * 5)[:-2]
for text, settings in ((repeated, dict(multiplier=0.8, base=1.75, allowedLength=2)), (repeated, dict(multiplier=0.5, base=2.0, allowedLength=1)),
                       (long, dict(multiplier=0.05, base=1.3, allowedLength=3)), (long, dict(multiplier=0.05, base=1.3, allowedLength=2, window=15)),
                       (histories["words"], dict(multiplier=0.7, base=1.2, allowedLength=1))):
    last = settings.get("window", len(text))
    chain("words", dict(dry=settings), [dry(vocab, settings["multiplier"], settings["base"], settings["allowedLength"], last, None, 0)], text)
letter = b"e"
breakers = [i for i in range(len(vectors["words"])) if letter in text_of(i)]
words = [i for i in range(len(vectors["words"])) if i not in breakers and len(text_of(i)) == 1][20:26]
broken = [words[0], words[1], words[2], breakers[1], words[3], words[4], words[0], words[1], words[2], breakers[1], words[3]]
chain("words", dict(dry=dict(multiplier=0.8, base=1.5, allowedLength=1, breakers=breakers)),
      [dry(vocab, 0.8, 1.5, 1, len(broken), (ctypes.c_char_p * 1)(letter), 1)], broken)

# Mirostat 2: the distribution before each token and the token that llama.cpp drew from it
for name, target, rate in (("normal", 1.0, 0.5), ("peaked", 0.5, 0.3), ("wide", 1.2, 0.9), ("steps", 1.5, 0.8)):
    sampler = mirostat(3, target, rate)
    drawn = []
    for step in range(5):
        array = array_of(name)
        apply(sampler, ctypes.byref(array))
        add("llama.cpp", name, dict(mirostat=dict(target=target, rate=rate)), left(array), text=drawn)
        drawn.append(array.data[array.selected].id)
    free(sampler)

line = ",\n"
print("{\"vectors\": {")
rounded = {name: [None if x == NONE else round(x, 6) for x in values] for name, values in vectors.items()}
print(line.join(f"{json.dumps(name)}: {json.dumps(values, separators=(',', ':'))}" for name, values in rounded.items()))
print("}, \"cases\": [")
print(line.join(json.dumps(case, separators=(",", ":")) for case in cases))
print("]}")
