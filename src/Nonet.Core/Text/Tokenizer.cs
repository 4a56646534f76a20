using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Nonet.Files;

namespace Nonet.Text;

/// <summary>Converts text to ids and back. Several threads can use it at once.</summary>
public abstract class Tokenizer
{
    internal const string FileName = "tokenizer.json";
    internal const string ConfigFileName = "tokenizer_config.json";

    /// <summary>Description: "byte-level BPE", "SentencePiece unigram".</summary>
    public abstract string Kind { get; }

    /// <summary>Number of ids: they run from 0 to Vocab - 1.</summary>
    public abstract int Vocab { get; }

    /// <summary>Id that ends a document. Throws if the tokenizer's files name none: see <see cref="HasEndOfText"/>.</summary>
    public abstract int EndOfText { get; }

    /// <summary>Whether the tokenizer has an id that ends a document.</summary>
    public virtual bool HasEndOfText => true;

    /// <summary>Identity of the tokenizer's definition, equal for equal ids: the first 64 bits of its SHA-256.</summary>
    public ulong Fingerprint => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Definition.Span));

    /// <summary>Content of <see cref="DefinitionName"/>.</summary>
    internal abstract ReadOnlyMemory<byte> Definition { get; }

    /// <summary>Name of the file that defines the tokenizer: tokenizer.json or tokenizer.model.</summary>
    internal virtual string DefinitionName => FileName;

    /// <summary>Content of tokenizer_config.json.</summary>
    internal abstract ReadOnlyMemory<byte> Config { get; }

    /// <summary>
    /// Ids of a text, as in transformers. Special tokens that are spelled out in the text become their ids. The begin and end tokens of the
    /// tokenizer's template, if it has one, are added unless <paramref name="marks"/> is false.
    /// </summary>
    public abstract int[] Encode(string text, bool marks = true);

    /// <summary>Ids of a text as plain text: special tokens that are spelled out in it are not recognised. Use it for corpora.</summary>
    public abstract int[] EncodePlain(string text);

    /// <summary>
    /// Whether no token of <see cref="EncodePlain"/> crosses a position of a text. The tokens of the text are then those of the part before the position,
    /// followed by those of the part after it. This holds for every text that begins with the same characters up to and including the one after the position.
    /// </summary>
    internal virtual bool IsBreak(ReadOnlySpan<char> text, int at) => false;

    /// <summary>Throws if two tokenizers do not have the same tokens. Models that exchange texts as ids need equal vocabularies.</summary>
    /// <exception cref="NotSupportedException">The vocabularies differ. The message names the first difference.</exception>
    public void RequireSameTokens(Tokenizer other, string ownFile, string otherFile)
    {
        if (Vocab != other.Vocab)
            throw new NotSupportedException($"{ownFile}: the vocabulary has {Vocab} tokens, and {otherFile} has {other.Vocab}; expected the same vocabulary");
        for (var id = 0; id < Vocab; id++)
        {
            if (TokenOf(id) != other.TokenOf(id))
                throw new NotSupportedException(
                    $"{ownFile}: token {id} is '{TokenOf(id)}', and in {otherFile} it is '{other.TokenOf(id)}'; expected the same vocabulary");
        }
    }

    /// <summary>
    /// Ids of a text as input of an encoder-decoder: with the special tokens of the template, and with the end token if the template adds
    /// none.
    /// </summary>
    public int[] EncodeSource(string text) =>
        Encode(text) is var ids && (!HasEndOfText || (ids is [.., var last] && last == EndOfText)) ? ids : [.. ids, EndOfText];

    /// <summary>Tokens of a text or a pair of texts, with their ranges in the text.</summary>
    /// <param name="text">The first text.</param>
    /// <param name="pair">The second text; null: none.</param>
    /// <param name="options">Special tokens, truncation, padding. Null: only special tokens.</param>
    public abstract Encoded EncodeFull(string text, string? pair = null, EncodeOptions? options = null);

    /// <summary>Encodes several texts, padded to one length if <paramref name="options"/> contain padding.</summary>
    public Encoded[] EncodeFull(IEnumerable<string> texts, EncodeOptions options)
    {
        var inputs = texts.Select(t => EncodeFull(t, null, options with { Padding = null })).ToArray();
        return options.Padding is { } padding && inputs.Length > 0 ? Limits.Pad(inputs, padding) : inputs;
    }

    /// <summary>Bytes of an id inside a text. Throws for an id outside the vocabulary.</summary>
    public abstract ReadOnlySpan<byte> BytesOf(int id);

    /// <summary>Name of an id in the vocabulary, such as Ġthe, ▁the or ##ing; null for an id that the files skip.</summary>
    public abstract string? TokenOf(int id);

    /// <summary>Id of a token, by its name; null if there is no such token.</summary>
    public abstract int? IdOf(string token);

    /// <summary>Whether an id is a special token and not text.</summary>
    public abstract bool IsSpecial(int id);

    /// <summary>Text of ids. Bytes that are not UTF-8 become U+FFFD.</summary>
    public virtual string Decode(ReadOnlySpan<int> ids)
    {
        var decoder = CreateDecoder();
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(decoder.Add(id));
        return text.Append(decoder.Finish()).ToString();
    }

    /// <summary>Text of ids without special tokens.</summary>
    public string DecodeText(ReadOnlySpan<int> ids)
    {
        var text = new List<int>(ids.Length);
        foreach (var id in ids)
        {
            if (!IsSpecial(id))
                text.Add(id);
        }
        return Decode(text.ToArray());
    }

    /// <summary>Creates a decoder for ids that arrive one by one.</summary>
    public virtual StreamingDecoder CreateDecoder() => new StreamingDecoder.OfBytes(this);

    /// <summary>
    /// Writes tokenizer.json (for a SentencePiece model also tokenizer.model) and tokenizer_config.json, as transformers opens them.
    /// </summary>
    public virtual void Save(string folder)
    {
        AtomicFile.Write(Path.Combine(folder, DefinitionName), stream => stream.Write(Definition.Span));
        AtomicFile.Write(Path.Combine(folder, ConfigFileName), stream => stream.Write(Config.Span));
    }

    /// <summary>Whether <see cref="Load"/> finds a tokenizer at a path.</summary>
    public static bool IsIn(string path) => TokenizerFiles.Find(path) is not null;

    /// <summary>
    /// Opens a tokenizer: a folder, or a single file (.gguf, .model, tokenizer.json, NAME.tiktoken, vocab.txt). In a folder the first
    /// existing choice is used: tokenizer.json; encoder.json and vocab.bpe, or vocab.json and merges.txt (GPT-2); a single .tiktoken file;
    /// vocab.txt (BERT); tokenizer.model or spiece.model (SentencePiece, or LLaMA 3's ranks); source.spm, target.spm and vocab.json
    /// (Marian). A tokenizer_config.json beside it names special tokens.
    /// </summary>
    public static Tokenizer Load(string path) => TokenizerFiles.Load(path);

    private protected ArgumentOutOfRangeException OutOfRange(int id) => new(nameof(id), $"token id {id}: the vocabulary has ids 0 to {Vocab - 1}");

    /// <summary>Replaces lone surrogates, which are not text, by U+FFFD.</summary>
    internal static string WithoutHalfPairs(string text)
    {
        for (var at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); (uint)at < (uint)text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
                continue;
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
                return string.Concat(text.EnumerateRunes().Select(r => r.ToString()));
            at++;
        }
        return text;
    }
}
