using System.Globalization;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Data.Masked;

/// <summary>
/// Data as token ids of sentences in two mapped files: one to train on, of all sources, and one that is held out. As <see cref="TokenizedData"/> they lie in a folder named by all that decides
/// their content, and the same documents are held out.
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

    /// <summary>The folder of the files.</summary>
    public string FullPath { get; }
    public Tokenizer Tokenizer { get; }
    public MaskedMarks Marks { get; }
    public SentenceFile Train { get; }

    /// <summary>Sentences that are never trained on.</summary>
    public SentenceFile HeldOut { get; }

    /// <summary>JSONL lines that were passed over, "FILE:LINE: what is wrong", of each file the first hundred.</summary>
    public IReadOnlyList<string> Broken => DataCache.BrokenLines.Read(FullPath);

    /// <summary>Opens what an earlier call made of the same data, or makes it. Documents without a sentence are passed over.</summary>
    /// <param name="options">The data; weights of sources are refused, as sequences are drawn from all text alike.</param>
    /// <param name="sentences">How documents become sentences.</param>
    /// <param name="tokenizer">What turns them into ids: one with the marks of <see cref="MaskedMarks"/>.</param>
    /// <param name="cache">Folder under which it is kept.</param>
    /// <param name="threads">Threads that encode; null: all cores. The bytes do not depend on it.</param>
    /// <param name="progress">Told every few megabytes.</param>
    /// <param name="stopping">Ends it with an <see cref="OperationCanceledException"/>; nothing is left.</param>
    public static MaskedData Build(
        DataOptions options, SentenceOptions sentences, Tokenizer tokenizer, string cache, int? threads = null, IProgress<DataProgress>? progress = null, CancellationToken stopping = default)
    {
        options.Check();
        sentences.Check();
        _ = MaskedMarks.Of(tokenizer);
        if (options.Sources.FirstOrDefault(s => s.Weight is not null) is { } weighted)
            throw new ArgumentException($"data.sources: {weighted.Path} has a weight: sequences with masks are drawn from all text alike, and none is needed", nameof(options));
        var form = string.Create(CultureInfo.InvariantCulture, $"sentences 1 {sentences.Cut} {sentences.Longest}");
        var folder = Path.Combine(Path.GetFullPath(cache), DataCache.Key(options, tokenizer, form, stopping));
        DataCache.Make(folder, temporary =>
        {
            var lowest = Write(temporary, options, sentences, tokenizer, options.Validation, threads, progress, stopping);
            if (lowest is { } least) // none fell to the held-out side: the lowest of all goes there
                Write(temporary, options, sentences, tokenizer, Math.BitIncrement(least), threads, progress, stopping);
        }, stopping);
        return new MaskedData(folder, tokenizer);
    }

    /// <summary>Opens a folder that <see cref="Build"/> made with the same tokenizer.</summary>
    public static MaskedData Open(string folder, Tokenizer tokenizer) => new(folder, tokenizer);

    public void Dispose()
    {
        Train.Dispose();
        HeldOut.Dispose();
    }

    /// <summary>Writes both files. Returns the lowest draw where there are two documents or more that could be held out and none was.</summary>
    static double? Write(string folder, DataOptions options, SentenceOptions sentences, Tokenizer tokenizer, double validation, int? threads, IProgress<DataProgress>? progress, CancellationToken stopping)
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
            foreach (var piece in DataCache.Encode(documents, d => Encode(d, options.Seed, sentences, tokenizer), threads ?? Environment.ProcessorCount, stopping))
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
            throw new MalformedFileException(paths, string.Create(CultureInfo.InvariantCulture, $"{drawn} document(s) with sentences, none of them to train on"), "one at least: add text, cut it into smaller documents, or lower validation");
        train.Finish();
        heldOut.Finish();
        broken.Write(folder);
        return heldOut.Documents > 0 ? null : drawn >= 2 && options.Validation > 0 ? lowest : throw TokenizedData.NothingHeldOut(options, drawn, done.Bytes);
    }

    static (IReadOnlyList<int[]> Ids, long Bytes, double Draw)[] Encode(Document document, ulong seed, SentenceOptions sentences, Tokenizer tokenizer) =>
        [.. sentences.Sentences(document).Select(d => ((IReadOnlyList<int[]>)[.. d.Sentences.Select(tokenizer.EncodePlain).Where(ids => ids.Length > 0)],
            (long)d.Document.Bytes, TokenizedData.Draw(seed, d.Document.Text)))];
}
