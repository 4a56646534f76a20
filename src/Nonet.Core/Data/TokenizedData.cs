using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Data;

/// <summary>How far the reading of the data is.</summary>
/// <param name="Bytes">Of text read and tokenized.</param>
/// <param name="Documents">Read.</param>
/// <param name="Broken">JSONL lines passed over.</param>
public readonly record struct DataProgress(long Bytes, long Documents, long Broken);

/// <summary>
/// Data as tokens in mapped files: a file a source to train on, and one of all that is held out. They lie in a folder named by a hash of the content of all files, the
/// options and the tokenizer, so that the same data is tokenized once, and anything else is not mistaken for it. A folder appears whole or not at all.
/// </summary>
public sealed class TokenizedData : IDisposable
{
    const string HeldOutName = "held-out.tokens";

    readonly List<TokenFile> files = [];

    TokenizedData(string folder, DataOptions options, Tokenizer tokenizer)
    {
        (FullPath, Tokenizer) = (folder, tokenizer);
        try
        {
            var weights = new List<double?>();
            for (var i = 0; i < options.Sources.Count; i++)
            {
                if (options.Sources[i].Split == DataSplit.Validation)
                    continue;
                files.Add(TokenFile.Open(Path.Combine(folder, NameOf(i)), tokenizer));
                weights.Add(options.Sources[i].Weight);
            }
            Train = [.. files];
            Weights = weights.TrueForAll(w => w is null) ? null : [.. weights.Select(w => w!.Value)];
            files.Add(HeldOut = TokenFile.Open(Path.Combine(folder, HeldOutName), tokenizer));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder of the files.</summary>
    public string FullPath { get; }
    public Tokenizer Tokenizer { get; }

    /// <summary>A file for each source that is trained on, in their order.</summary>
    public IReadOnlyList<TokenFile> Train { get; }

    /// <summary>Shares of the sources; null: by size.</summary>
    public IReadOnlyList<double>? Weights { get; }

    /// <summary>Tokens that are never trained on.</summary>
    public TokenFile HeldOut { get; }

    /// <summary>What identifies the tokens, as checkpoints keep it: a run is resumed on the same only.</summary>
    public JsonObject Identity => new()
    {
        ["text"] = new JsonObject
        {
            ["train_tokens"] = Train.Sum(t => t.Count),
            ["train_bytes"] = Train.Sum(t => t.TextBytes),
            ["held_out_tokens"] = HeldOut.Count,
            ["tokenizer"] = Tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture),
        },
    };

    /// <summary>What was passed over: broken JSONL lines, "FILE:LINE: what is wrong", of each file the first hundred; and "FILE: N row(s) without text".</summary>
    public IReadOnlyList<string> Broken => DataCache.BrokenLines.Read(FullPath);

    /// <summary>Opens what an earlier call made of the same data, or makes it.</summary>
    /// <param name="options">The data.</param>
    /// <param name="tokenizer">What turns it into ids.</param>
    /// <param name="cache">Folder under which it is kept.</param>
    /// <param name="threads">Threads that encode; null: all cores. The bytes do not depend on it.</param>
    /// <param name="progress">Told every few megabytes.</param>
    /// <param name="stopping">Ends it with an <see cref="OperationCanceledException"/>; nothing is left.</param>
    public static TokenizedData Build(DataOptions options, Tokenizer tokenizer, string cache, int? threads = null, IProgress<DataProgress>? progress = null, CancellationToken stopping = default)
    {
        options.Check();
        var folder = Path.Combine(Path.GetFullPath(cache), DataCache.Key(options, tokenizer, "", stopping));
        DataCache.Make(folder, temporary =>
        {
            var lowest = Write(temporary, options, tokenizer, options.Validation, threads, progress, stopping);
            if (lowest is { } least) // none fell to the held-out side: the lowest of all goes there
                Write(temporary, options, tokenizer, Math.BitIncrement(least), threads, progress, stopping);
        }, stopping);
        return new TokenizedData(folder, options, tokenizer);
    }

    /// <summary>Opens a folder that <see cref="Build"/> made with the same options and tokenizer.</summary>
    public static TokenizedData Open(string folder, DataOptions options, Tokenizer tokenizer) => new(folder, options, tokenizer);

    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    /// <summary>What the split compares with <see cref="DataOptions.Validation"/>: a number in (0, 1) drawn from the seed and the document's text.</summary>
    public static double Draw(ulong seed, string text)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return Philox.Uniform(new RandomKey(seed, 0, 0).At("held-out documents"), System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }

    /// <summary>Writes all files. Returns the lowest draw where there are two documents or more that could be held out and none was.</summary>
    static double? Write(string folder, DataOptions options, Tokenizer tokenizer, double validation, int? threads, IProgress<DataProgress>? progress, CancellationToken stopping)
    {
        var (lowest, drawn, done) = (double.PositiveInfinity, 0L, default(DataProgress));
        var broken = new DataCache.BrokenLines();
        using var heldOutStream = DataCache.Create(Path.Combine(folder, HeldOutName));
        using var heldOut = new TokenFileWriter(heldOutStream, tokenizer);
        for (var i = 0; i < options.Sources.Count; i++)
        {
            var source = options.Sources[i];
            using var stream = source.Split == DataSplit.Validation ? null : DataCache.Create(Path.Combine(folder, NameOf(i)));
            using var train = stream is null ? null : new TokenFileWriter(stream, tokenizer);
            var documents = Corpus.Read(source, (file, line, wrong) =>
            {
                broken.Add(file, line, wrong);
                done = done with { Broken = broken.Count };
            }, broken.AddWithoutText);
            var drawing = source.Split == DataSplit.ByDocument;
            foreach (var piece in DataCache.Encode(documents, d => (tokenizer.EncodePlain(d.Text), d.Bytes, drawing ? Draw(options.Seed, d.Text) : (double?)null), threads ?? Environment.ProcessorCount, stopping))
            {
                foreach (var (ids, bytes, draw) in piece)
                {
                    if (draw is { } x)
                        (lowest, drawn) = (Math.Min(lowest, x), drawn + 1);
                    (train is null || draw < validation ? heldOut : train).Add(ids, bytes);
                    done = done with { Bytes = done.Bytes + bytes, Documents = done.Documents + 1 };
                }
                progress?.Report(done);
            }
            if (train?.Documents == 0)
            {
                throw new MalformedFileException(source.Path, string.Create(CultureInfo.InvariantCulture, $"{drawn} document(s), all of them held out"),
                    "one at least to train on: add text, cut it into smaller documents, or lower validation");
            }
            train?.Finish();
        }
        heldOut.Finish();
        broken.Write(folder);
        return heldOut.Documents > 0 ? null : drawn >= 2 && options.Validation > 0 ? lowest : throw NothingHeldOut(options, drawn, done.Bytes);
    }

    /// <summary>Why there is nothing to measure on.</summary>
    /// <param name="options">The data.</param>
    /// <param name="documents">Documents that could have been held out.</param>
    /// <param name="bytes">Their text.</param>
    internal static MalformedFileException NothingHeldOut(DataOptions options, long documents, long bytes) =>
        new(string.Join(", ", options.Sources.Select(s => s.Path)), string.Create(CultureInfo.InvariantCulture, $"{documents:N0} document(s) of {bytes:N0} bytes in all, none of them held out"),
            options.Validation == 0 && documents >= 2 ? "a validation above 0, such as 0.05, or a source with split: validation: the held-out loss is measured on documents that are not trained on"
                : "at least two documents, one to train on and one to measure on, or a source with split: validation: add text, or cut it into smaller documents");

    static string NameOf(int source) => string.Create(CultureInfo.InvariantCulture, $"train-{source}.tokens");
}
