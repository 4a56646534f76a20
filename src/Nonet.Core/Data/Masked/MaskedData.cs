using System.Globalization;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Data.Masked;

/// <summary>
/// Data as token ids of sentences in two mapped files: one for training, from all sources, and one held out. Like
/// <see cref="TokenizedData"/>, the files are in a folder named after everything that determines their content, and the same documents are
/// held out.
/// </summary>
public sealed class MaskedData : IDisposable
{
    const string TrainName = "train.sentences", HeldOutName = "held-out.sentences";

    MaskedData(string folder, Tokenizer tokenizer)
    {
        (FullPath, Tokenizer, Marks) = (folder, tokenizer, MaskedMarks.Of(tokenizer));
        Train = SentenceFile.Open(Path.Combine(folder, TrainName), tokenizer);
        try
        {
            HeldOut = SentenceFile.Open(Path.Combine(folder, HeldOutName), tokenizer);
        }
        catch
        {
            Train.Dispose();
            throw;
        }
    }

    /// <summary>Folder of the files.</summary>
    public string FullPath { get; }

    /// <summary>Tokenizer of the ids.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Special tokens of the tokenizer.</summary>
    public MaskedMarks Marks { get; }

    /// <summary>Sentences for training.</summary>
    public SentenceFile Train { get; }

    /// <summary>Held-out sentences, which are never trained on.</summary>
    public SentenceFile HeldOut { get; }

    /// <summary>Skipped JSONL lines, "FILE:LINE: reason", at most the first hundred of each file.</summary>
    public IReadOnlyList<string> Broken => DataCache.BrokenLines.Read(FullPath);

    /// <summary>Opens the result of an earlier call for the same data, or creates it. Documents without a sentence are skipped.</summary>
    /// <param name="options">The data. Weights of sources are refused, because sequences are drawn uniformly from all text.</param>
    /// <param name="sentences">How documents are split into sentences.</param>
    /// <param name="tokenizer">A tokenizer with the special tokens of <see cref="MaskedMarks"/>.</param>
    /// <param name="cache">Folder in which prepared data is kept.</param>
    /// <param name="threads">Threads that encode; null: all cores. The bytes do not depend on it.</param>
    /// <param name="progress">Called every few megabytes.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/> and removes unfinished files.</param>
    public static MaskedData Build(
        DataOptions options, SentenceOptions sentences, Tokenizer tokenizer, string cache, int? threads = null, IProgress<DataProgress>? progress = null,
        CancellationToken stopping = default)
    {
        options.Check();
        sentences.Check();
        _ = MaskedMarks.Of(tokenizer);
        if (options.Sources.FirstOrDefault(s => s.Weight is not null) is { } weighted)
            throw new ArgumentException($"data.sources: {weighted.Path} has a weight: masked sequences are drawn uniformly from all text; remove the weight",
                nameof(options));
        var form = string.Create(CultureInfo.InvariantCulture, $"sentences 1 {sentences.Cut} {sentences.Longest}");
        var folder = Path.Combine(Path.GetFullPath(cache), DataCache.Key(options, tokenizer, form, stopping));
        DataCache.Make(folder, temporary =>
        {
            var lowest = Write(temporary, options, sentences, tokenizer, options.Validation, threads, progress, stopping);
            if (lowest is { } least) // no document was drawn: hold out the one with the lowest draw
                Write(temporary, options, sentences, tokenizer, Math.BitIncrement(least), threads, progress, stopping);
        }, stopping);
        return new MaskedData(folder, tokenizer);
    }

    /// <summary>Opens a folder that <see cref="Build"/> created with the same tokenizer.</summary>
    public static MaskedData Open(string folder, Tokenizer tokenizer) => new(folder, tokenizer);

    /// <inheritdoc/>
    public void Dispose()
    {
        Train.Dispose();
        HeldOut.Dispose();
    }

    /// <summary>Writes both files. If two or more documents could be held out and none was, returns the lowest draw.</summary>
    static double? Write(string folder, DataOptions options, SentenceOptions sentences, Tokenizer tokenizer, double validation, int? threads,
        IProgress<DataProgress>? progress, CancellationToken stopping)
    {
        var (lowest, drawn, done) = (double.PositiveInfinity, 0L, default(DataProgress));
        var broken = new DataCache.BrokenLines();
        using var trainStream = DataCache.Create(Path.Combine(folder, TrainName));
        using var heldOutStream = DataCache.Create(Path.Combine(folder, HeldOutName));
        using var train = new SentenceFileWriter(trainStream, tokenizer, sentences.Longest);
        using var heldOut = new SentenceFileWriter(heldOutStream, tokenizer, sentences.Longest);
        foreach (var source in options.Sources)
        {
            var documents = Corpus.Read(source, (file, line, wrong) =>
            {
                broken.Add(file, line, wrong);
                done = done with { Broken = broken.Count };
            }, broken.AddWithoutText);
            foreach (var piece in DataCache.Encode(documents, d =>
                Encode(d, options.Seed, sentences, tokenizer), threads ?? Environment.ProcessorCount, stopping))
            {
                foreach (var (ids, bytes, draw) in piece.SelectMany(p => p).Where(d => d.Ids.Count > 0))
                {
                    if (source.Split == DataSplit.ByDocument)
                        (lowest, drawn) = (Math.Min(lowest, draw), drawn + 1);
                    var isHeldOut = source.Split == DataSplit.Validation || (source.Split == DataSplit.ByDocument && draw < validation);
                    (isHeldOut ? heldOut : train).Add(ids, bytes);
                    done = done with { Bytes = done.Bytes + bytes, Documents = done.Documents + 1 };
                }
                progress?.Report(done);
            }
        }
        var paths = string.Join(", ", options.Sources.Select(s => s.Path));
        if (train.Documents == 0)
            throw new MalformedFileException(paths,
                $"{Counted.Of(drawn, "document")} with sentences, none of them for training",
                "at least one: add text, split it into smaller documents, or lower validation");
        train.Finish();
        heldOut.Finish();
        broken.Write(folder);
        return heldOut.Documents > 0 ? null : drawn >= 2 && options.Validation > 0 ? lowest : throw TokenizedData.NothingHeldOut(options, drawn, done.Bytes);
    }

    static (IReadOnlyList<int[]> Ids, long Bytes, double Draw)[] Encode(Document document, ulong seed, SentenceOptions sentences, Tokenizer tokenizer) =>
        [.. sentences.Sentences(document).Select(d => ((IReadOnlyList<int[]>)[.. d.Sentences.Select(tokenizer.EncodePlain).Where(ids => ids.Length > 0)],
            (long)d.Document.Bytes, TokenizedData.Draw(seed, d.Document.Text)))];
}
