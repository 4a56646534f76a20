"""sentencepiece for PeerSentencePieceTests and goldens: FOLDER NAME [MOST]. Trains or takes a model, encodes strings.json, writes expected.json. MOST: tokens at most, and a few rules in place of
the large tables that normalize text.
FOLDER saved: the same with transformers and what lies in saved."""
import json
import os
import sys

import sentencepiece

folder, name = sys.argv[1:3]
if name == "saved":  # opens what was saved here
    from transformers import AutoTokenizer

    opened = AutoTokenizer.from_pretrained(folder + "/saved")
    strings = json.load(open(folder + "/strings.json"))
    json.dump([opened.encode(s) for s in strings], open(folder + "/opened.json", "w"))
    sys.exit()
model = folder + "/tokenizer.model"
TRAIN = {
    "bpe": dict(model_type="bpe", vocab_size=2000),
    "bpe-llama": dict(model_type="bpe", vocab_size=2000, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, max_sentencepiece_length=16),
    "bpe-gemma": dict(model_type="bpe", vocab_size=2000, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=False, user_defined_symbols=["holmes", "▁▁", "▁▁▁", "<|im|>", "é"]),
    "bpe-across": dict(model_type="bpe", vocab_size=2000, split_by_whitespace=False),
    "bpe-suffix": dict(model_type="bpe", vocab_size=1500, treat_whitespace_as_suffix=True),
    "unigram": dict(model_type="unigram", vocab_size=2000),
    "unigram-folded": dict(model_type="unigram", vocab_size=1500, normalization_rule_name="nmt_nfkc_cf", pad_id=3),
    "unigram-bytes": dict(model_type="unigram", vocab_size=2000, byte_fallback=True, user_defined_symbols=["holmes", "<mask>", "Ab C"]),
    "unigram-across": dict(model_type="unigram", vocab_size=1500, split_by_whitespace=False),
    "unigram-suffix": dict(model_type="unigram", vocab_size=1500, treat_whitespace_as_suffix=True),
    "words": dict(model_type="word", vocab_size=2000),
    "characters": dict(model_type="char", vocab_size=90, character_coverage=0.9995),
}
if name in TRAIN:
    if len(sys.argv) > 3:
        TRAIN[name]["vocab_size"] = min(TRAIN[name]["vocab_size"], int(sys.argv[3]))
        if TRAIN[name].get("normalization_rule_name") != "identity":
            TRAIN[name].pop("normalization_rule_name", None)
            TRAIN[name]["normalization_rule_tsv"] = folder + "/rules.tsv"
            with open(folder + "/rules.tsv", "w") as rules:
                for source, target in {"ﬁ": "fi", "e\u0301": "é", "Å": "A", "²": "2", "\u00a0": " ", "\u200b": "", "W": "w", "S": "s", "'s": "s"}.items():
                    rules.write(" ".join("%X" % ord(c) for c in source) + "\t" + " ".join("%X" % ord(c) for c in target) + "\n")
    lines = open(folder + "/text.txt").read().splitlines()[:4000]
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_prefix=folder + "/m", minloglevel=2, hard_vocab_limit=False, num_threads=1, **TRAIN[name])
    os.rename(folder + "/m.model", model)
sp = sentencepiece.SentencePieceProcessor(model_file=model)
strings = json.load(open(folder + "/strings.json"))
ids = [sp.encode(s) for s in strings]
spans = [[list(o) for o in sp.encode(s, return_type="offset_mapping")["offsets"]] for s in strings]
json.dump({"ids": ids, "spans": spans, "decoded": [sp.decode(i) for i in ids]}, open(folder + "/expected.json", "w"))
