# Hugging Face's tokenizers for bench/Tokenizer.cs, and sentencepiece for its models: train TEXT VOCAB THREADS | encode TEXT FOLDER | encode TEXT FILE.model
import os
import sys
import time

verb, path = sys.argv[1:3]
os.environ["RAYON_NUM_THREADS"] = sys.argv[4] if verb == "train" else "1"
text = open(path, newline="").read()
lines = text.splitlines(keepends=True)  # faster for them than the whole text at once, and something for threads to share


def train():
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=int(sys.argv[3]), min_frequency=2, special_tokens=["<|endoftext|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    start = time.perf_counter()
    tokenizer.train_from_iterator(lines, trainer)
    return time.perf_counter() - start


def encode():
    if sys.argv[3].endswith(".model"):
        from sentencepiece import SentencePieceProcessor
        model = SentencePieceProcessor(model_file=sys.argv[3])
        start = time.perf_counter()
        model.encode(lines, num_threads=1)
        return time.perf_counter() - start
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(sys.argv[3] + "/tokenizer.json")
    start = time.perf_counter()
    tokenizer.encode_batch_fast(lines, add_special_tokens=False)  # without offsets
    return time.perf_counter() - start


print("seconds", train() if verb == "train" else encode())
