"""Makes the golden fixtures beside this file: tiny models, tokenizers and GGUF files, with what transformers, tokenizers, sentencepiece and llama.cpp compute of them.

  NONET_PEERS=ROOT python3 tests/goldens/make_goldens.py [models] [tokenizers] [pieces] [gguf] [templates] [blocks] [embeddings]

ROOT is a tree that is entered by chroot (as root), with python3, torch, transformers, tokenizers, sentencepiece, libggml and llama-server; see tests/Nonet.Core.Tests/Peer.cs. Files are handed over in its
folder w. `gguf` also needs the program built (dotnet build -c Release src/Nonet.Cli): it converts tiny models that llama.cpp then reads. The same versions of the peers make the same files.
"""
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["models", "tokenizers", "pieces", "gguf", "templates", "blocks", "embeddings"]
VOCAB, PROMPT, NEW = 48, 18, 12

SMALL = dict(vocab_size=VOCAB, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, max_position_embeddings=64)
GROUPED = dict(SMALL, num_key_value_heads=2)
GPT = dict(vocab_size=VOCAB, n_embd=16, n_layer=2, n_head=4, n_positions=64)
BERT = dict(SMALL, type_vocab_size=2)
SEQ = dict(vocab_size=VOCAB, d_model=16, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=24, decoder_layers=2, decoder_attention_heads=2, decoder_ffn_dim=20, max_position_embeddings=64,
           eos_token_id=0, pad_token_id=VOCAB - 1, decoder_start_token_id=VOCAB - 1)
T5 = dict(vocab_size=VOCAB, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4, decoder_start_token_id=0)


def rope(kind, **more):
    return dict(rope_type=kind, rope_theta=10000.0, **more)


# Folder, class, settings. Windows are shorter than the prompt, and what stretches positions stretches them within it.
MODELS = [
    ("gpt2", "GPT2LMHeadModel", GPT),
    ("gpt2-relu", "GPT2LMHeadModel", dict(GPT, n_inner=20, activation_function="relu", scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False)),
    ("gptneo", "GPTNeoForCausalLM", dict(vocab_size=VOCAB, hidden_size=16, num_layers=2, num_heads=4, max_position_embeddings=64, window_size=5, attention_types=[[["global", "local"], 1]])),
    ("gptj", "GPTJForCausalLM", dict(GPT, rotary_dim=4)),
    ("llama", "LlamaForCausalLM", GROUPED),
    ("llama-biased-linear", "LlamaForCausalLM", dict(GROUPED, attention_bias=True, mlp_bias=True, rope_parameters=rope("linear", factor=4.0))),
    ("llama-yarn", "LlamaForCausalLM", dict(GROUPED, head_dim=8, rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=16))),
    ("llama31", "LlamaForCausalLM", dict(GROUPED, tie_word_embeddings=True, rope_parameters=rope("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16))),
    ("mistral", "MistralForCausalLM", dict(GROUPED, sliding_window=6)),
    ("qwen2", "Qwen2ForCausalLM", dict(GROUPED, use_sliding_window=True, sliding_window=6, max_window_layers=1)),
    ("qwen3", "Qwen3ForCausalLM", dict(GROUPED, head_dim=8)),
    ("phi3", "Phi3ForCausalLM", dict(GROUPED, pad_token_id=0, sliding_window=9)),
    ("phi3-longrope", "Phi3ForCausalLM", dict(GROUPED, pad_token_id=0, original_max_position_embeddings=16, rope_parameters=rope("longrope", short_factor=[1.0, 1.1], long_factor=[2.0, 3.0], original_max_position_embeddings=16))),
    ("gemma2", "Gemma2ForCausalLM", dict(GROUPED, head_dim=8, sliding_window=6, query_pre_attn_scalar=16)),
    ("gemma3", "Gemma3ForCausalLM", dict(GROUPED, num_hidden_layers=3, head_dim=8, sliding_window=6, sliding_window_pattern=2, query_pre_attn_scalar=12,
                                         rope_parameters=dict(full_attention=rope("linear", factor=8.0), sliding_attention=rope("default")))),
    ("olmo2", "Olmo2ForCausalLM", GROUPED),
    ("granite", "GraniteForCausalLM", dict(GROUPED, embedding_multiplier=3.0, attention_multiplier=0.3, residual_multiplier=0.7, logits_scaling=2.5)),
    ("qwen3-moe", "Qwen3MoeForCausalLM", dict(GROUPED, num_hidden_layers=3, head_dim=8, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=12, norm_topk_prob=True, mlp_only_layers=[1],
                                               output_router_logits=True, router_aux_loss_coef=0.5)),
    # Decoders with the output layer of a task; transformers finds a text's last token by the padding id.
    ("gpt2-classes", "GPT2ForSequenceClassification", dict(GPT, num_labels=3, pad_token_id=0)),
    ("gpt2-tokens", "GPT2ForTokenClassification", dict(GPT, num_labels=5, pad_token_id=0)),
    ("gptj-answers", "GPTJForQuestionAnswering", dict(GPT, rotary_dim=4, pad_token_id=0)),
    ("llama-classes", "LlamaForSequenceClassification", dict(GROUPED, num_labels=3, pad_token_id=0)),
    ("llama-number", "LlamaForSequenceClassification", dict(GROUPED, num_labels=1, pad_token_id=0)),
    ("llama-tokens", "LlamaForTokenClassification", dict(GROUPED, num_labels=5, pad_token_id=0)),
    ("llama-answers", "LlamaForQuestionAnswering", dict(GROUPED, pad_token_id=0)),
    ("mistral-answers", "MistralForQuestionAnswering", dict(GROUPED, pad_token_id=0)),
    ("gemma3-classes", "Gemma3TextForSequenceClassification", dict(GROUPED, head_dim=8, sliding_window=6, num_labels=3, pad_token_id=0)),
    ("bert", "BertForPreTraining", BERT),
    ("bert-base", "BertModel", BERT),
    ("bert-masked", "BertForMaskedLM", dict(BERT, hidden_act="relu", layer_norm_eps=1e-3)),
    ("bert-next", "BertForNextSentencePrediction", BERT),
    ("bert-classes", "BertForSequenceClassification", dict(BERT, num_labels=3)),
    ("bert-tokens", "BertForTokenClassification", dict(BERT, num_labels=5)),
    ("bert-answers", "BertForQuestionAnswering", BERT),
    ("bert-choices", "BertForMultipleChoice", BERT),
    ("roberta", "RobertaForMaskedLM", dict(SMALL, pad_token_id=1, type_vocab_size=1)),
    ("roberta-classes", "RobertaForSequenceClassification", dict(SMALL, pad_token_id=1, type_vocab_size=1, num_labels=2)),
    ("roberta-tokens", "RobertaForTokenClassification", dict(SMALL, pad_token_id=1, type_vocab_size=1, num_labels=4)),
    ("roberta-answers", "RobertaForQuestionAnswering", dict(SMALL, pad_token_id=1, type_vocab_size=1)),
    ("t5", "T5ForConditionalGeneration", dict(T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    ("t5-relu", "T5ForConditionalGeneration", dict(T5, num_decoder_layers=1, feed_forward_proj="relu", relative_attention_num_buckets=8, relative_attention_max_distance=20)),
    ("marian", "MarianMTModel", dict(SEQ, activation_function="swish", scale_embedding=True)),
]

# What llama.cpp reads, wide enough for its blocks of 32.
WIDE = dict(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=32, max_position_embeddings=128, tie_word_embeddings=True)
GGUF = [
    ("gpt2", "GPT2LMHeadModel", dict(vocab_size=96, n_embd=32, n_layer=2, n_head=4, n_inner=32, n_positions=128), "f16"),
    ("llama", "LlamaForCausalLM", WIDE, "f16"),
    ("llama-q8_0", "LlamaForCausalLM", WIDE, "q8_0"),
    ("llama-pieces", "LlamaForCausalLM", WIDE, "f16"),
    ("qwen2", "Qwen2ForCausalLM", WIDE, "f16"),
    ("qwen3", "Qwen3ForCausalLM", dict(WIDE, head_dim=16), "f16"),
    ("phi3", "Phi3ForCausalLM", dict(WIDE, tie_word_embeddings=False, pad_token_id=0), "f16"),
    ("gemma2", "Gemma2ForCausalLM", dict(WIDE, head_dim=16, sliding_window=6, query_pre_attn_scalar=16), "f16"),
    ("gemma3", "Gemma3ForCausalLM", dict(WIDE, num_hidden_layers=6, head_dim=8, sliding_window=6, query_pre_attn_scalar=8), "f16"),
]


def random_model(name, kind, settings):
    """A model whose weights are large enough for a wrong layout or a missing bias to show, rounded to F16."""
    import torch
    import transformers

    torch.manual_seed(sum(name.encode()))
    model = getattr(transformers, kind)(getattr(transformers, kind).config_class(**settings)).eval()
    for p in model.parameters():
        if p.ndim == 1:
            p.data += 0.2 * torch.randn_like(p)
        elif "t5" not in name:
            p.data *= 8
        p.data = p.data.half().float()
    if name == "t5-relu":
        model.shared.weight.data[1] *= 3
    if name == "llama-pieces":
        model.get_input_embeddings().weight.data[3:259] = 0  # bytes, whose steps the server reports late
    if name == "marian":
        model.final_logits_bias[0, 0] = 3  # random models seldom end
    return model


def save(model, folder):
    import torch

    os.makedirs(folder, exist_ok=True)
    tables = {n: b.clone() for n, b in model.named_buffers() if "final_logits_bias" in n}
    model.to(torch.float16).save_pretrained(folder)
    model.to(torch.float32)
    for name, table in tables.items():
        model.get_buffer(name).copy_(table)
    config = json.load(open(folder + "/config.json"))
    json.dump(config, open(folder + "/config.json", "w"), indent=1)
    for name in os.listdir(folder):
        if name not in ("config.json", "model.safetensors"):
            os.remove(os.path.join(folder, name))


def ids(count, low, site):
    """Fixed numbers that need no library: a linear congruence."""
    x, made = 12345 + 6789 * site, []
    for _ in range(count):
        x = (x * 1103515245 + 12345) % 2**31
        made.append(low + (x >> 16) % (VOCAB - low - 1))
    return made


def make_models(out):
    import torch
    from safetensors.torch import save_file

    for name, kind, settings in MODELS:
        folder = f"{out}/models/{name}"
        save(random_model(name, kind, settings), folder)
        import transformers

        model = getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        golden = {}
        if "bert" in name or kind.endswith(("Classification", "Answering")):
            # Two sequences of unequal length; the second half of each is of segment 1 where the model knows segments.
            rows = [ids(PROMPT, 2, 1), ids(7, 2, 2)]
            types = [[int(2 * i >= len(r)) if "roberta" not in name else 0 for i in range(len(r))] for r in rows]
            longest = max(map(len, rows))
            pad = model.config.pad_token_id if "roberta" in name else 0
            x = torch.tensor([r + [pad] * (longest - len(r)) for r in rows])
            s = torch.tensor([t + [0] * (longest - len(t)) for t in types])
            m = torch.tensor([[1] * len(r) + [0] * (longest - len(r)) for r in rows])
            if "MultipleChoice" in kind:
                x, s, m = x[None], s[None], m[None]
            with torch.no_grad():
                r = model(input_ids=x, attention_mask=m, **(dict(token_type_ids=s) if "bert" in name else {}))

            def flat(y):
                return torch.cat([y[b, :len(row)].flatten() for b, row in enumerate(rows)])

            if kind == "BertModel":
                y = torch.cat([flat(r.last_hidden_state), r.pooler_output.flatten()])
            elif "PreTraining" in kind:
                y = torch.cat([flat(r.prediction_logits), r.seq_relationship_logits.flatten()])
            elif "MaskedLM" in kind or "TokenClass" in kind:
                y = flat(r.logits)
            elif "QuestionAnswering" in kind:
                y = flat(torch.stack([r.start_logits, r.end_logits], -1))
            else:
                y = r.logits.flatten()
            golden.update(ids=torch.tensor(rows[0]), ids2=torch.tensor(rows[1]), logits=y)
        else:
            x = torch.tensor([ids(PROMPT, 2, 1)])
            with torch.no_grad():
                if model.config.is_encoder_decoder:
                    d = torch.tensor([ids(9, 2, 2)])
                    golden.update(decoder_ids=d[0], logits=model(input_ids=x, decoder_input_ids=d).logits[0])
                else:
                    golden.update(logits=model(input_ids=x).logits[0])
                g = model.generate(input_ids=x, max_new_tokens=NEW, do_sample=False, num_beams=1, eos_token_id=None, pad_token_id=0, **(dict(output_router_logits=False) if "moe" in name else {}))[0]
            if "moe" in name:
                r = model(input_ids=x, labels=x)
                r.loss.backward()
                golden.update(loss=r.loss.detach()[None], router_loss=r.aux_loss.detach()[None], router_gradient=model.model.layers[2].mlp.gate.weight.grad)
            golden.update(ids=x[0], greedy=g[1:] if model.config.is_encoder_decoder else g[PROMPT:])
        save_file({k: v.contiguous().to(torch.float32 if v.is_floating_point() else torch.int32) for k, v in golden.items()}, folder + "/golden.safetensors")
        if name in ("t5-relu", "marian"):
            make_beams(model, folder)
        print(name, sum(p.numel() for p in model.parameters()))


def make_embeddings(out):
    """Decoders without an output layer, and the hidden states of three texts pooled as embedding models do: over a batch padded on the right."""
    import torch
    import transformers

    for name, kind, settings in [("llama", "LlamaModel", GROUPED), ("qwen3", "Qwen3Model", dict(GROUPED, head_dim=8))]:
        folder = f"{out}/embeddings/{name}"
        save(random_model(name, kind, settings), folder)
        model = getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        rows = [ids(PROMPT, 2, 1), ids(7, 2, 2), ids(1, 2, 3)]
        longest = max(map(len, rows))
        x = torch.tensor([r + [0] * (longest - len(r)) for r in rows])
        m = torch.tensor([[1] * len(r) + [0] * (longest - len(r)) for r in rows])
        with torch.no_grad():
            h = model(input_ids=x, attention_mask=m).last_hidden_state
        pooled = dict(
            mean=(h * m[..., None]).sum(1) / m.sum(1, keepdim=True), last=h[torch.arange(len(rows)), m.sum(1) - 1], cls=h[:, 0],
            max=h.masked_fill(m[..., None] == 0, -torch.inf).max(1).values)
        pooled["unit"] = torch.nn.functional.normalize(pooled["last"], dim=-1)
        json.dump(dict(ids=rows, **{k: v.tolist() for k, v in pooled.items()}), open(folder + "/golden.json", "w"))
        print(name, {k: tuple(v.shape) for k, v in pooled.items()})


def make_beams(model, folder):
    """Beams of 4 without a length penalty, which transformers defines otherwise."""
    import torch

    end, found = model.config.eos_token_id, []
    for site in range(6):
        source = ids(8, 2, 10 + site)
        with torch.no_grad():
            out = model.generate(torch.tensor([source]), num_beams=4, num_return_sequences=4, length_penalty=0.0, max_new_tokens=24, do_sample=False, early_stopping=False, eos_token_id=end,
                                 pad_token_id=model.config.pad_token_id, bad_words_ids=[[model.config.pad_token_id]], forced_eos_token_id=None, return_dict_in_generate=True, output_scores=True)
        rows = [s[1:] for s in out.sequences.tolist()]
        if all(end in r for r in rows):  # where a length ends them, they are ranked otherwise
            found.append(dict(source=source, outputs=[dict(ids=r[:r.index(end)], score=x) for r, x in zip(rows, out.sequences_scores.tolist())]))
    json.dump(found, open(folder + "/beams.json", "w"), indent=1)
    print("  beams", len(found))


STRINGS = [
    "", " ", "It was the best of times, it was the worst of times.", "  two  spaces\tand\na line\r\n", "don't I'LL we've", "caf\u00e9 cafe\u0301 na\u00efve \u0130stanbul \u00df \ufb01", "\u4e2d\u6587 \u3072\u3089\u30ab\u30fc \uac00 \u1100\u1161\u11a8",
    "3.14159 12345 x\u00b2 \u0661\u0662\u0663", "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f600", "<s> </s> [MASK] <mask> <|im_start|>x", "Holmes WATSON Ab C ab c holmes", "\u2581x \u200b\u00a0end <0x0A>", "The old Sherlock; \u201cquite so,\u201d he said -- (and) [then] {he} left!?",
    "unbelievably antidisestablishmentarianism", "a", "e\u0327\u0301 \u0344 \u03a9 \u212b",
]


def make_tokenizers(out):
    """Small ones of every kind that peer_pipelines.py knows."""
    for name in json.loads(subprocess.run([sys.executable, "/w/goldens/peer_pipelines.py", "/w/goldens", "--names"], check=True, capture_output=True, text=True).stdout):
        if name == "unigram-t5":
            continue  # needs a published table of characters; pieces/unigram has one of its own
        work = f"/w/goldens/work-{name}"
        os.makedirs(work)
        shutil.copy("/w/goldens/text.txt", work)
        json.dump(STRINGS, open(work + "/strings.json", "w"))
        subprocess.run([sys.executable, "/w/goldens/peer_pipelines.py", work, name, "400"], check=True)
        expected = json.load(open(work + "/expected.json"))
        for key in ("pairs", "cut", "windows"):
            expected[key] = expected[key][2:6]
        write(f"{out}/tokenizers/{name}", json.load(open(work + "/tokenizer.json")), expected)
        print(name)


def make_pieces(out):
    """Models of SentencePiece."""
    for name, model in {"bpe": "bpe-llama", "bpe-plain": "bpe", "bpe-suffix": "bpe-suffix", "unigram": "unigram", "unigram-folded": "unigram-folded", "unigram-bytes": "unigram-bytes", "words": "words", "characters": "characters"}.items():
        work = f"/w/goldens/pieces-{name}"
        os.makedirs(work)
        shutil.copy("/w/goldens/text.txt", work)
        json.dump(STRINGS, open(work + "/strings.json", "w"))
        subprocess.run([sys.executable, "/w/goldens/peer_sentencepiece.py", work, model, "400"], check=True)
        os.makedirs(f"{out}/pieces/{name}", exist_ok=True)
        shutil.copy(work + "/tokenizer.model", f"{out}/pieces/{name}/tokenizer.model")
        write(f"{out}/pieces/{name}", None, json.load(open(work + "/expected.json")))
        print(name)


def write(folder, tokenizer, expected):
    os.makedirs(folder, exist_ok=True)
    for name, content in {"tokenizer.json.gz": tokenizer, "golden.json.gz": expected}.items():
        if content:
            if name == "golden.json.gz":
                content["strings"] = STRINGS
            with open(f"{folder}/{name}", "wb") as file:
                file.write(gzip.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0))


def make_templates(out):
    """Conversations laid out by templates of our own in the usual manners."""
    from transformers.utils.chat_template_utils import _compile_jinja_template

    cases = json.load(open("/w/goldens/templates.json"))
    rendered = []
    for source in cases["templates"]:
        for variables in cases["conversations"]:
            try:
                rendered.append(_compile_jinja_template(source).render(**variables))
            except Exception:
                rendered.append(None)
    cases["rendered"] = rendered
    json.dump(cases, open(f"{out}/templates.json", "w"), indent=1)
    print(len(rendered), "rendered,", rendered.count(None), "refused")


def make_gguf_sources(out):
    import sentencepiece
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(open("/w/goldens/text.txt").read().splitlines()[:300], trainers.BpeTrainer(vocab_size=96, special_tokens=["<|endoftext|>", "<unk>", "<s>", "</s>"], show_progress=False))  # llama.cpp wants them of a phi3
    t.decoder = decoders.ByteLevel()
    for name, kind, settings, _ in GGUF:
        folder = f"{out}/sources/{name}"
        pieces = name == "llama-pieces"
        save(random_model(name, kind, dict(settings, vocab_size=len(sentencepiece.SentencePieceProcessor(model_file="/w/goldens/pieces.model")) if pieces else t.get_vocab_size())), folder)
        if pieces:
            shutil.copy("/w/goldens/pieces.model", folder + "/tokenizer.model")
        else:
            t.save(folder + "/tokenizer.json")
    print("vocabulary of", t.get_vocab_size())


def make_gguf_golden(out):
    """32 greedy ids, with the likeliest at each step, of llama.cpp."""
    for path in sorted(os.listdir(out + "/gguf")):
        server = subprocess.Popen(["llama-server", "-m", f"{out}/gguf/{path}", "--port", "18977", "-t", "2", "-c", "128", "-np", "1", "--no-warmup", "-fa", "off", "-ctk", "f32", "-ctv", "f32"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(600):
                try:
                    if urllib.request.urlopen("http://127.0.0.1:18977/health").status == 200:
                        break
                except OSError:
                    time.sleep(0.1)
            steps = []
            for prompt in ([5, 17, 9, 33, 2, 40, 41, 8], [1, 2, 3]):
                body = json.dumps(dict(prompt=prompt, n_predict=12, temperature=0.0, n_probs=4, ignore_eos=False, cache_prompt=False, samplers=["temperature"])).encode()
                answer = json.load(urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:18977/completion", body, {"Content-Type": "application/json"})))
                steps.append(dict(prompt=prompt, steps=[[s["id"], [[p["id"], p["logprob"]] for p in s["top_logprobs"]]] for s in answer["completion_probabilities"]]))
            body = json.dumps(dict(content="It was the best of times. 12 x", add_special=False)).encode()
            cut = json.load(urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:18977/tokenize", body, {"Content-Type": "application/json"})))["tokens"]
            json.dump(dict(text="It was the best of times. 12 x", tokens=cut, completions=steps), open(f"{out}/gguf/{path[:-5]}.json", "w"), separators=(",", ":"))
            print(path, [s[0] for s in steps[0]["steps"]])
        finally:
            server.kill()
            server.wait()


BLOCKS = dict(q8_0=34, q4_0=18, q4_1=20, q5_0=22, q5_1=24, q2_K=84, q3_K=110, q4_K=144, q5_K=176, q6_K=210, iq4_nl=18)


def make_blocks(out):
    """Of every quantised type: random blocks and what they decode to, and values and what they are quantised to without an importance matrix."""
    import ctypes
    import numpy as np

    lib = ctypes.CDLL("libggml-base.so.0")
    os.makedirs(out + "/blocks")
    rng = np.random.default_rng(17)
    values = (rng.standard_normal(1024) * np.repeat([0.02, 1, 0.02, 5], 256)).astype(np.float32)
    values.tofile(out + "/blocks/values.bin")
    for name, size in BLOCKS.items():
        count = 4 if name.endswith("K") else 32
        coded = rng.integers(0, 256, count * size, np.uint8)
        decoded = np.zeros(1024, np.float32)
        decode = getattr(lib, "dequantize_row_" + name)
        decode.argtypes, decode.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64], None
        decode(coded.ctypes.data, decoded.ctypes.data, 1024)
        encoded = np.zeros(count * size, np.uint8)
        encode = getattr(lib, "quantize_" + name)
        encode.argtypes, encode.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p], ctypes.c_size_t
        encode(values.ctypes.data, encoded.ctypes.data, 2, 512, None)
        with open(f"{out}/blocks/{name}.bin", "wb") as file: # blocks, their values, blocks of values.bin
            file.write(coded.tobytes() + decoded.tobytes() + encoded.tobytes())


def outside(kinds):
    """Hands the files over, runs the parts within the tree, and takes the fixtures back."""
    root = os.environ["NONET_PEERS"]
    repository = os.path.dirname(os.path.dirname(HERE))
    shared = root + "/w/goldens"
    shutil.rmtree(shared, ignore_errors=True)
    os.makedirs(shared + "/out")
    texts = os.path.join(repository, "tests", "Nonet.Core.Tests", "Text")
    for path in [__file__, HERE + "/templates.json", texts + "/peer_pipelines.py", texts + "/peer_sentencepiece.py"]:
        shutil.copy(path, shared)
    shutil.copy(os.path.join(repository, "data", "sherlock_holmes.txt"), shared + "/text.txt")

    if "gguf" in kinds:
        shutil.copy(HERE + "/pieces/bpe/tokenizer.model", shared + "/pieces.model")

    def inside(part):
        subprocess.run(["chroot", root, "python3", "/w/goldens/make_goldens.py", "--inside", part], check=True, stderr=subprocess.DEVNULL if part == "models" else None)

    for kind in kinds:
        inside(kind)
        if kind == "gguf":
            nonet = os.path.join(repository, "src", "Nonet.Cli", "bin", "Release", "net10.0", "nonet.dll")
            os.makedirs(shared + "/out/gguf")
            for name, _, _, type in GGUF:
                subprocess.run(["dotnet", nonet, "convert", f"{shared}/out/sources/{name}", f"{shared}/out/gguf/{name}.gguf", "--type", type], check=True)
            inside("gguf-golden")
            shutil.rmtree(shared + "/out/sources")
        if kind == "templates":
            shutil.copy(shared + "/out/templates.json", HERE)
        else:
            shutil.rmtree(os.path.join(HERE, kind), ignore_errors=True)
            shutil.copytree(os.path.join(shared, "out", kind), os.path.join(HERE, kind))
    shutil.rmtree(shared)
    for folder, _, files in os.walk(HERE):
        for name in files:
            os.chmod(os.path.join(folder, name), 0o644)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        out = "/w/goldens/out"
        {"models": make_models, "tokenizers": make_tokenizers, "pieces": make_pieces, "templates": make_templates, "blocks": make_blocks, "embeddings": make_embeddings, "gguf": make_gguf_sources, "gguf-golden": make_gguf_golden}[sys.argv[2]](out)
    else:
        outside(sys.argv[1:] or KINDS)
