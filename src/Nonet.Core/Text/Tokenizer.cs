using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Nonet.Files;

namespace Nonet.Text;

/// <summary>Text to ids and back. Can be used by several threads at once.</summary>
public abstract class Tokenizer
{
    internal const string FileName = "tokenizer.json";
    internal const string ConfigFileName = "tokenizer_config.json";

    /// <summary>What it is, in words: "byte-level BPE", "SentencePiece unigram".</summary>
    public abstract string Kind { get; }

    /// <summary>Number of ids: they run from 0 to Vocab - 1.</summary>
    public abstract int Vocab { get; }

    /// <summary>The id that ends a document. Throws where the tokenizer's files name none: see <see cref="HasEndOfText"/>.</summary>
    public abstract int EndOfText { get; }

    /// <summary>Whether there is an id that ends a document.</summary>
    public virtual bool HasEndOfText => true;

    /// <summary>A name of the tokenizer's definition, equal for equal ids: the first 64 bits of its SHA-256.</summary>
    public ulong Fingerprint => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Definition.Span));

    /// <summary>Content of <see cref="DefinitionName"/>.</summary>
    internal abstract ReadOnlyMemory<byte> Definition { get; }

    /// <summary>The file that says what the tokenizer does: tokenizer.json, or tokenizer.model.</summary>
    internal virtual string DefinitionName => FileName;

    /// <summary>Content of tokenizer_config.json.</summary>
    internal abstract ReadOnlyMemory<byte> Config { get; }

    /// <summary>
    /// Ids of a text as transformers gives them: special tokens spelled out in it become their ids, and the begin and end marks of the
    /// tokenizer's template, where it has one, are added unless <paramref name="marks"/> is false.
    /// </summary>
    public abstract int[] Encode(string text, bool marks = true);

    /// <summary>Ids of a text as nothing but text: a special token spelled out in it stays spelled out. For corpora.</summary>
    public abstract int[] EncodePlain(string text);

    /// <summary>Refuses a tokenizer that gives other ids or other tokens than another one: models that share a text by ids need the same.</summary>
    /// <exception cref="NotSupportedException">Names the first difference.</exception>
    public void RequireSameTokens(Tokenizer other, string ownFile, string otherFile)
    {
        if (Vocab != other.Vocab)
            throw new NotSupportedException($"{ownFile}: the vocabulary has {Vocab} tokens, that of {otherFile} {other.Vocab}; expected the same vocabulary");
        for (var id = 0; id < Vocab; id++)
        {
            if (TokenOf(id) != other.TokenOf(id))
                throw new NotSupportedException($"{ownFile}: token {id} is '{TokenOf(id)}', in {otherFile} '{other.TokenOf(id)}'; expected the same vocabulary");
        }
    }

    /// <summary>Ids of a text as an encoder-decoder reads it: with the marks of the template, and the end mark where the template adds none.</summary>
    public int[] EncodeSource(string text) => Encode(text) is var ids && (!HasEndOfText || (ids is [.., var last] && last == EndOfText)) ? ids : [.. ids, EndOfText];

    /// <summary>Tokens of a text, or of a pair of texts, with the parts of the text that they stand for.</summary>
    /// <param name="text">The first text.</param>
    /// <param name="pair">The second, or null.</param>
    /// <param name="options">Marks, truncation, padding; by default marks alone.</param>
    public abstract Encoded EncodeFull(string text, string? pair = null, EncodeOptions? options = null);

    /// <summary>The same of several texts, padded to one length where <paramref name="options"/> say so.</summary>
    public Encoded[] EncodeFull(IEnumerable<string> texts, EncodeOptions options)
    {
        var inputs = texts.Select(t => EncodeFull(t, null, options with { Padding = null })).ToArray();
        return options.Padding is { } padding && inputs.Length > 0 ? Limits.Pad(inputs, padding) : inputs;
    }

    /// <summary>The bytes that an id gives inside a text. Throws for one outside the vocabulary.</summary>
    public abstract ReadOnlySpan<byte> BytesOf(int id);

    /// <summary>The name of an id in its vocabulary, such as Ġthe, ▁the or ##ing; null for one that the files skip.</summary>
    public abstract string? TokenOf(int id);

    /// <summary>The id of a token by its name; null where there is none.</summary>
    public abstract int? IdOf(string token);

    /// <summary>Whether an id is a mark rather than text.</summary>
    public abstract bool IsSpecial(int id);

    /// <summary>The text of ids; bytes that are not UTF-8 become U+FFFD.</summary>
    public virtual string Decode(ReadOnlySpan<int> ids)
    {
        var decoder = CreateDecoder();
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(decoder.Add(id));
        return text.Append(decoder.Finish()).ToString();
    }

    /// <summary>The text of ids, those of marks left out.</summary>
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

    /// <summary>A decoder for ids that come one by one.</summary>
    public virtual StreamingDecoder CreateDecoder() => new StreamingDecoder.OfBytes(this);

    /// <summary>Writes tokenizer.json (for a SentencePiece model tokenizer.model beside it) and tokenizer_config.json, as transformers opens them.</summary>
    public virtual void Save(string folder)
    {
        AtomicFile.Write(Path.Combine(folder, DefinitionName), stream => stream.Write(Definition.Span));
        AtomicFile.Write(Path.Combine(folder, ConfigFileName), stream => stream.Write(Config.Span));
    }

    /// <summary>Whether <see cref="Load"/> finds a tokenizer at a path.</summary>
    public static bool IsIn(string path) => TokenizerFiles.Find(path) is not null;

    /// <summary>
    /// Opens a tokenizer: a folder, or a file that is one by itself (.gguf, .model, tokenizer.json, NAME.tiktoken, vocab.txt). In a folder the first that is there wins: tokenizer.json;
    /// encoder.json and vocab.bpe, or vocab.json and merges.txt (GPT-2); the one .tiktoken file; vocab.txt (BERT); tokenizer.model or spiece.model (SentencePiece, or LLaMA 3's ranks);
    /// source.spm, target.spm and vocab.json (Marian). tokenizer_config.json beside it names marks.
    /// </summary>
    public static Tokenizer Load(string path) => TokenizerFiles.Load(path);

    private protected ArgumentOutOfRangeException OutOfRange(int id) => new(nameof(id), $"token id {id}: the vocabulary has ids 0 to {Vocab - 1}");

    /// <summary>Half of a surrogate pair is no text: it becomes U+FFFD.</summary>
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
