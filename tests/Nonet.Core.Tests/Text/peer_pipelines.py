"""tokenizers 0.23 for PeerPipelineTests and goldens: FOLDER NAME [MOST]. Trains and saves a tokenizer of at most MOST tokens, encodes strings.json, writes expected.json.
FOLDER --names: prints the names."""
import json
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

folder, name = sys.argv[1:3]
most = int(sys.argv[3]) if len(sys.argv) > 3 else 10**9
lines = open(folder + "/text.txt", newline="").read().splitlines()[:4000]
special = ["<unk>", "<s>", "</s>", "<pad>"]
BYTES = ["<0x%02X>" % b for b in range(256)]
O200K = r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
QWEN2 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
DEEPSEEK = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
KIMI = r"""[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""


def train(tokenizer, trainer):
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def bpe(pre, post=None, normalizer=None, decoder=None, vocab=2000, **model):
    t = Tokenizer(models.BPE(**model))
    t.pre_tokenizer = pre
    if normalizer:
        t.normalizer = normalizer
    train(t, trainers.BpeTrainer(vocab_size=min(vocab, most), special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.post_processor = post or processors.ByteLevel(trim_offsets=True)
    t.decoder = decoder or decoders.ByteLevel()
    return t


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), behavior, invert), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def characters(pre, normalizer=None, decoder=None, post=None, vocab=1500, tokens=special, **model):
    """BPE over characters."""
    t = Tokenizer(models.BPE(unk_token="<unk>", **{k: v for k, v in model.items() if k not in ("byte_fallback",)}))
    if pre:
        t.pre_tokenizer = pre
    if normalizer:
        t.normalizer = normalizer
    more = {k: v for k, v in model.items() if k in ("continuing_subword_prefix", "end_of_word_suffix")}
    train(t, trainers.BpeTrainer(vocab_size=min(vocab, most), special_tokens=tokens, show_progress=False, **more))
    if decoder:
        t.decoder = decoder
    if post:
        t.post_processor = post
    return t


def llama(pre=None, normalizer=None, decoder=None):
    """SentencePiece's way in tokenizers: byte fallback, no pre-tokenizer, a dummy prefix."""
    t = characters(pre_tokenizers.Metaspace(), tokens=special + BYTES)
    t.pre_tokenizer = pre
    t.normalizer = normalizer
    model = json.loads(t.to_str())
    model["model"].update(byte_fallback=True, fuse_unk=True)
    model["added_tokens"] = model["added_tokens"][:4]
    if pre is None:
        del model["pre_tokenizer"]
    t = Tokenizer.from_str(json.dumps(model))
    t.decoder = decoder
    t.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s>:1 $B:1", [("<s>", 1)])
    return t


def wordpiece(normalizer, pre, post=None, decoder=None):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = normalizer, pre
    train(t, trainers.WordPieceTrainer(vocab_size=min(2000, most), special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    t.post_processor = post or processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    t.decoder = decoder or decoders.WordPiece()
    return t


def unigram(pre, normalizer=None, decoder=None, fallback=False):
    t = Tokenizer(models.Unigram())
    t.pre_tokenizer = pre
    if normalizer:
        t.normalizer = normalizer
    train(t, trainers.UnigramTrainer(vocab_size=min(2000, most), special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    if fallback:
        model = json.loads(t.to_str())
        model["model"]["vocab"] += [[b, -20.0] for b in BYTES]
        model["model"]["byte_fallback"] = True
        t = Tokenizer.from_str(json.dumps(model))
    t.decoder = decoder or decoders.Metaspace()
    t.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B:1 </s>:1", [("</s>", 1)])
    return t


def wordlevel(pre, normalizer=None):
    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.pre_tokenizer = pre
    if normalizer:
        t.normalizer = normalizer
    return train(t, trainers.WordLevelTrainer(vocab_size=min(3000, most), special_tokens=special, show_progress=False))


def added(t):
    t.add_special_tokens([AddedToken("<mask>", lstrip=True), AddedToken("<|im_start|>", rstrip=True), AddedToken("<|im|>")])
    t.add_tokens([AddedToken("holmes", single_word=True), AddedToken("WATSON", normalized=True), AddedToken("  "), AddedToken("é", normalized=False), AddedToken("Ab C", normalized=True, lstrip=True, rstrip=True)])
    return t


def charsmap():
    model = open(folder + "/test_model.model", "rb").read()
    at = model.rindex(b"\nnmt_nfkc".replace(b"\n", b"\x0a\x08")) + 10 if b"\x0a\x08nmt_nfkc" in model else model.rindex(b"\x0a\x04nfkc") + 6
    assert model[at] == 0x12
    at, size, shift = at + 1, 0, 0
    while True:
        size |= (model[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if model[at - 1] < 128:
            return model[at:at + size]


N, P, D = normalizers, pre_tokenizers, decoders
bert = N.BertNormalizer()
MAKE = {
    "bpe": lambda: bpe(P.ByteLevel(add_prefix_space=False)),
    "bpe-prefix": lambda: bpe(P.ByteLevel(add_prefix_space=True), processors.RobertaProcessing(("</s>", 0), ("<s>", 0), trim_offsets=True, add_prefix_space=True)),
    "bpe-o200k": lambda: bpe(split(O200K)),
    "bpe-qwen2": lambda: bpe(split(QWEN2, "removed", True), normalizer=N.NFC()),
    "bpe-deepseek": lambda: bpe(P.Sequence([P.Split(Regex(r"\p{N}{1,3}"), "isolated"), P.Split(Regex("[一-龥぀-ゟ゠-ヿ]+"), "isolated"), split(DEEPSEEK)])),
    "bpe-kimi": lambda: bpe(split(KIMI)),
    "bpe-digits": lambda: bpe(P.Sequence([P.Digits(individual_digits=True), P.ByteLevel(add_prefix_space=False)])),
    "bpe-normalized": lambda: bpe(P.ByteLevel(add_prefix_space=False, use_regex=False), normalizer=N.Sequence([N.NFKD(), N.StripAccents(), N.Lowercase()])),
    "bpe-bytes-normalizer": lambda: bpe(P.Split(Regex(r"\s+|\w+|[^\w\s]+"), "isolated"), normalizer=N.ByteLevel()),
    "bpe-added": lambda: added(bpe(P.ByteLevel(add_prefix_space=False))),
    "bpe-added-lower": lambda: added(bpe(P.ByteLevel(add_prefix_space=False), normalizer=N.Lowercase())),
    "llama": lambda: llama(None, N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])),
    "llama-added": lambda: added(llama(None, N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]))),
    "mistral": lambda: llama(P.Metaspace(prepend_scheme="first", split=False), None, D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])),
    "gemma": lambda: llama(P.Split(" ", "merged_with_previous"), N.Replace(" ", "▁"), D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse()])),
    "clip": lambda: characters(P.Sequence([P.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", True), P.ByteLevel(add_prefix_space=False)]),
                               N.Sequence([N.NFC(), N.Replace(Regex(r"\s+"), " "), N.Lowercase()]), D.BPEDecoder("</w>"), end_of_word_suffix="</w>"),
    "bpe-continuing": lambda: characters(P.Whitespace(), N.NFKC(), D.WordPiece(), continuing_subword_prefix="##", fuse_unk=True),
    "bpe-unknown": lambda: characters(P.WhitespaceSplit(), N.NFD(), fuse_unk=False),
    "bert": lambda: wordpiece(bert, P.BertPreTokenizer()),
    "bert-cased": lambda: wordpiece(N.BertNormalizer(lowercase=False), P.BertPreTokenizer(), processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])),
    "bert-added": lambda: added(wordpiece(bert, P.BertPreTokenizer())),
    "wordpiece-nfkc": lambda: wordpiece(N.Sequence([N.NFKC(), N.Strip(), N.Replace(Regex(r"[^\p{L}\s]{2,}"), "-")]), P.Sequence([P.WhitespaceSplit(), P.Punctuation("contiguous")]), decoder=D.WordPiece(cleanup=False)),
    "unigram": lambda: unigram(P.Metaspace()),
    "unigram-t5": lambda: unigram(P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), N.Precompiled(charsmap())),
    "unigram-xlnet": lambda: unigram(P.Metaspace(prepend_scheme="always"), N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " ")])),
    "unigram-bytes": lambda: unigram(P.Metaspace(prepend_scheme="never", split=False), fallback=True, decoder=D.Sequence([D.ByteFallback(), D.Metaspace(prepend_scheme="never")])),
    "words": lambda: wordlevel(P.Whitespace(), N.NFC()),
    "words-scripts": lambda: wordlevel(P.UnicodeScripts()),
    "words-delimiter": lambda: wordlevel(P.Sequence([P.CharDelimiterSplit("e"), P.FixedLength(3)])),
    "words-previous": lambda: wordlevel(P.Sequence([P.Split(Regex(r"[aeiou]|\d+"), "merged_with_previous"), P.Split(",", "merged_with_next"), P.Split(Regex(r"\b"), "isolated")])),
    "words-contiguous": lambda: wordlevel(P.Sequence([P.Split(Regex(r"[[:punct:]]"), "contiguous"), P.Split(Regex(r"(?<=[a-z])(?=[A-Z])|\h{4}|^.|.$"), "isolated")])),
}

if name == "--names":
    print(json.dumps(list(MAKE)))
    sys.exit()
strings = json.load(open(folder + "/strings.json"))
t = MAKE[name]()
t.save(folder + "/tokenizer.json")
encoded = [t.encode(s) for s in strings]
pairs = [t.encode(a, b) for a, b in zip(strings[:300], strings[1:301])]
plain = [t.encode(s, add_special_tokens=False).ids for s in strings[:300]]
decoded = [t.decode(e.ids, skip_special_tokens=False) for e in encoded]
windows = [t.encode(s, add_special_tokens=False) for s in strings[:300]]
for e in windows:
    e.truncate(8, stride=2)  # with truncation enabled it stops before the end of a text, and windows are missing
t.enable_truncation(max_length=8)
t.enable_padding(pad_id=3, pad_to_multiple_of=4)
cut = [t.encode(s) for s in strings[:300]]
json.dump({
    "ids": [e.ids for e in encoded], "offsets": [[list(o) for o in e.offsets] for e in encoded], "decoded": decoded, "plain": plain,
    "pairs": [[e.ids, e.type_ids, e.special_tokens_mask, [x for o in e.offsets for x in o]] for e in pairs],
    "cut": [[e.ids, e.attention_mask] for e in cut], "windows": [[p.ids for p in [e] + e.overflowing] for e in windows],
}, open(folder + "/expected.json", "w"))
