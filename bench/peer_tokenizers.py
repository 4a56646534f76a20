# Hugging Face's tokenizers for bench/Tokenizer.cs: train TEXT VOCAB THREADS | encode TEXT FOLDER
import os
import sys
import time

verb, path = sys.argv[1:3]
os.environ["RAYON_NUM_THREADS"] = sys.argv[4] if verb == "train" else "1"
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

text = open(path, newline="").read()
if verb == "train":
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=int(sys.argv[3]), min_frequency=2, special_tokens=["<|endoftext|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    lines = text.splitlines(keepends=True)  # by lines, so that its threads have something to share
    start = time.perf_counter()
    tokenizer.train_from_iterator(lines, trainer)
else:
    tokenizer = Tokenizer.from_file(sys.argv[3] + "/tokenizer.json")
    lines = text.splitlines(keepends=True)  # faster for it than the whole text at once
    start = time.perf_counter()
    tokenizer.encode_batch(lines)
print("seconds", time.perf_counter() - start)
