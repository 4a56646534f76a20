# Hugging Face's tokenizers and SentencePiece for bench/TokenizerTraining.cs: bpe | wordpiece | unigram | sentencepiece, then TEXT VOCAB THREADS
import io
import os
import sys
import time

kind, path, vocab, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
os.environ["RAYON_NUM_THREADS"] = str(threads)
import sentencepiece
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

lines = [line for line in open(path).read().split("\n") if line]
if kind == "bpe":
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=vocab, min_frequency=2, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
elif kind == "wordpiece":
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=vocab, min_frequency=2, limit_alphabet=1000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False)
elif kind == "unigram":
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=vocab, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False)
start = time.perf_counter()
if kind == "sentencepiece":
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=io.BytesIO(), model_type="unigram", vocab_size=vocab, num_threads=threads, minloglevel=2)
else:
    tokenizer.train_from_iterator(lines, trainer)
print("seconds", time.perf_counter() - start)
