using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Nonet.Formats;
using Nonet.Formats.Gguf;

namespace Nonet.Text;

/// <summary>Text to ids and back. Every id stands for some bytes; text is their UTF-8 reading.</summary>
public abstract class Tokenizer
{
    internal const string FileName = "tokenizer.json";
    internal const string ConfigFileName = "tokenizer_config.json";

    /// <summary>Number of ids: they run from 0 to Vocab - 1.</summary>
    public abstract int Vocab { get; }

    /// <summary>The id that ends a document.</summary>
    public abstract int EndOfText { get; }

    /// <summary>A name of the tokenizer's definition, equal for equal ids: the first 64 bits of its SHA-256.</summary>
    public ulong Fingerprint => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Definition.Span));

    /// <summary>Content of tokenizer.json.</summary>
    internal abstract ReadOnlyMemory<byte> Definition { get; }

    /// <summary>Content of tokenizer_config.json.</summary>
    internal abstract ReadOnlyMemory<byte> Config { get; }

    /// <summary>
    /// Ids of a text as transformers gives them: special tokens spelled out in it become their ids, and the begin and end marks of the
    /// tokenizer's template, where it has one, are added unless <paramref name="marks"/> is false.
    /// </summary>
    public abstract int[] Encode(string text, bool marks = true);

    /// <summary>Ids of a text as nothing but text: a special token spelled out in it stays spelled out. For corpora.</summary>
    public abstract int[] EncodePlain(string text);

    /// <summary>The bytes of an id. Throws for one outside the vocabulary.</summary>
    public abstract ReadOnlySpan<byte> BytesOf(int id);

    /// <summary>The text of ids; bytes that are not UTF-8 become U+FFFD.</summary>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var decoder = CreateDecoder();
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(decoder.Add(id));
        return text.Append(decoder.Finish()).ToString();
    }

    /// <summary>A decoder for ids that come one by one.</summary>
    public StreamingDecoder CreateDecoder() => new(this);

    /// <summary>Writes tokenizer.json and tokenizer_config.json, as transformers opens them.</summary>
    public void Save(string folder)
    {
        AtomicFile.Write(Path.Combine(folder, FileName), stream => stream.Write(Definition.Span));
        AtomicFile.Write(Path.Combine(folder, ConfigFileName), stream => stream.Write(Config.Span));
    }

    /// <summary>Whether <see cref="Load"/> finds a tokenizer's files in a folder.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName)) || Gpt2Files.FindIn(folder) is not null;

    /// <summary>Opens a folder's tokenizer.json, else its encoder.json and vocab.bpe, else its vocab.json and merges.txt; or the tokenizer in a .gguf file.</summary>
    public static Tokenizer Load(string folder)
    {
        if (GgufFile.Is(folder) && File.Exists(folder))
            return GgufTokenizer.Read(GgufFile.Open(folder));
        var file = Path.Combine(folder, FileName);
        if (File.Exists(file))
        {
            var config = Path.Combine(folder, ConfigFileName);
            var json = TokenizerJson.Read(file, File.Exists(config) ? config : null);
            return ByteTokenizer.Is(json) ? new ByteTokenizer() : new BpeTokenizer(json);
        }
        if (Gpt2Files.FindIn(folder) is var (vocabulary, merges))
            return BpeTokenizer.FromGpt2(vocabulary, merges);
        throw new FileNotFoundException($"{folder}: found no tokenizer; expected {FileName}, or encoder.json and vocab.bpe, or vocab.json and merges.txt", file);
    }

    private protected ArgumentOutOfRangeException OutOfRange(int id) => new(nameof(id), $"token id {id}: the vocabulary has ids 0 to {Vocab - 1}");
}
