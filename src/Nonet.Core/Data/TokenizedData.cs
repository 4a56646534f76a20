using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Data;

/// <summary>Progress of tokenizing the data.</summary>
/// <param name="Bytes">Bytes of text read and tokenized.</param>
/// <param name="Documents">Documents read.</param>
/// <param name="Broken">JSONL lines skipped.</param>
public readonly record struct DataProgress(long Bytes, long Documents, long Broken);

/// <summary>
/// Data as tokens in mapped files: one file per training source and one with all held-out documents. Their folder is named after a hash of
/// the content of all files, the options and the tokenizer. The same data is therefore tokenized once, and other data is never mistaken for
/// it. A folder is written completely or not at all.
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

    /// <summary>Folder of the files.</summary>
    public string FullPath { get; }

    /// <summary>Tokenizer of the ids.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>One file per training source, in the order of the sources.</summary>
    public IReadOnlyList<TokenFile> Train { get; }

    /// <summary>Shares of the sources; null: in proportion to size.</summary>
    public IReadOnlyList<double>? Weights { get; }

    /// <summary>Held-out tokens, which are never trained on.</summary>
    public TokenFile HeldOut { get; }

    /// <summary>Identity of the tokens. Checkpoints store it: a run can be resumed only on the same tokens.</summary>
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

    /// <summary>
    /// Skipped input: broken JSONL lines as "FILE:LINE: reason", at most the first hundred of each file, and "FILE: N row(s) without text".
    /// </summary>
    public IReadOnlyList<string> Broken => DataCache.BrokenLines.Read(FullPath);

    /// <summary>Opens the result of an earlier call for the same data, or creates it.</summary>
    /// <param name="options">The data.</param>
    /// <param name="tokenizer">Tokenizer of the ids.</param>
    /// <param name="cache">Folder in which prepared data is kept.</param>
    /// <param name="threads">Threads that encode; null: all cores. The bytes do not depend on it.</param>
    /// <param name="progress">Called every few megabytes.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/> and removes unfinished files.</param>
    public static TokenizedData Build(DataOptions options, Tokenizer tokenizer, string cache, int? threads = null, IProgress<DataProgress>? progress = null,
        CancellationToken stopping = default)
    {
        options.Check();
        var folder = Path.Combine(Path.GetFullPath(cache), DataCache.Key(options, tokenizer, "", stopping));
        DataCache.Make(folder, temporary =>
        {
            var lowest = Write(temporary, options, tokenizer, options.Validation, threads, progress, stopping);
            if (lowest is { } least) // no document was drawn: hold out the one with the lowest draw
                Write(temporary, options, tokenizer, Math.BitIncrement(least), threads, progress, stopping);
        }, stopping);
        return new TokenizedData(folder, options, tokenizer);
    }

    /// <summary>Opens a folder that <see cref="Build"/> created with the same options and tokenizer.</summary>
    public static TokenizedData Open(string folder, DataOptions options, Tokenizer tokenizer) => new(folder, options, tokenizer);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    /// <summary>
    /// Random number in (0, 1) of a document, drawn from the seed and its text. The document is held out if it is below
    /// <see cref="DataOptions.Validation"/>.
    /// </summary>
    public static double Draw(ulong seed, string text)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return Philox.Uniform(new RandomKey(seed, 0, 0).At("held-out documents"), System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }

    /// <summary>Writes all files. If two or more documents could be held out and none was, returns the lowest draw.</summary>
    static double? Write(string folder, DataOptions options, Tokenizer tokenizer, double validation, int? threads, IProgress<DataProgress>? progress,
        CancellationToken stopping)
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
            foreach (var piece in DataCache.Encode(documents, d =>
                (tokenizer.EncodePlain(d.Text), d.Bytes, drawing ? Draw(options.Seed, d.Text) : (double?)null), threads ?? Environment.ProcessorCount,
                stopping))
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
                    "at least one for training: add text, split it into smaller documents, or lower validation");
            }
            train?.Finish();
        }
        heldOut.Finish();
        broken.Write(folder);
        return heldOut.Documents > 0 ? null : drawn >= 2 && options.Validation > 0 ? lowest : throw NothingHeldOut(options, drawn, done.Bytes);
    }

    /// <summary>Explains why there is nothing to evaluate on.</summary>
    /// <param name="options">The data.</param>
    /// <param name="documents">Number of documents that could have been held out.</param>
    /// <param name="bytes">Bytes of their text.</param>
    internal static MalformedFileException NothingHeldOut(DataOptions options, long documents, long bytes) =>
        new(string.Join(", ", options.Sources.Select(s => s.Path)),
            string.Create(CultureInfo.InvariantCulture, $"{Counted.Of(documents, "document")} of {bytes:N0} bytes in total, none of them held out"),
            options.Validation == 0 && documents >= 2
                ? "a validation above 0, such as 0.05, or a source with split: validation: the held-out loss is measured on documents that the run does not "
                + "train on"
                : "at least two documents, one for training and one for evaluation, or a source with split: validation: add text, or split it into smaller "
                + "documents");

    static string NameOf(int source) => string.Create(CultureInfo.InvariantCulture, $"train-{source}.tokens");
}
