using System.Globalization;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Recipes.Runs;
using Nonet.Text;

namespace Nonet.Recipes;

/// <summary>Creates the tokenizer and the tokens of a recipe if they do not exist yet.</summary>
static class RecipeText
{
    /// <summary>
    /// Tokenizes the documents. The tokens are kept in tokens/ beside the run folder, and later runs on the same data use them again; the
    /// file text in the run folder names the place. A resumed run uses the tokenizer and tokens that it started with.
    /// </summary>
    public static TokenizedData Open(Recipe recipe, string folder, bool resume, int? threads, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var (options, pointer, trained) = (recipe.Data.ToOptions(), Path.Combine(folder, "text"), Path.Combine(folder, "tokenizer"));
        var begun = resume && File.Exists(pointer);
        var tokenizer = recipe.Ids.Open(recipe.From, trained, begun, train => TrainTokenizer(options, train, trained, threads, progress, stopping));
        if (begun && Path.Combine(folder, File.ReadAllText(pointer).Trim()) is var tokens && Directory.Exists(tokens))
            return TokenizedData.Open(tokens, options, tokenizer);
        var cache = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(folder))!, "tokens");
        var data = TokenizedData.Build(options, tokenizer, cache, threads, progress is null ? null : new ReadingReport(progress), stopping);
        AtomicFile.WriteText(pointer, Path.GetRelativePath(folder, data.FullPath) + "\n");
        progress?.Report(new StageStarted("text", string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(", ", options.Sources.Select(s => LineReport.Near(s.Path)))}: {data.Train.Sum(t => t.TextBytes):N0} bytes in "
                + $"{data.Train.Sum(t => t.Documents):N0} documents for training, {data.HeldOut.TextBytes:N0} in {data.HeldOut.Documents:N0} held out")));
        if (data.Broken is { Count: > 0 } broken)
            progress?.Report(new StageStarted("skipped",
                string.Create(CultureInfo.InvariantCulture,
                $"{broken[0]}{(broken.Count > 1 ? $" and {broken.Count - 1:N0} more; tokens/.../broken.txt lists them" : "")}")));
        return data;
    }

    /// <summary>Trains a tokenizer on the documents that are not held out.</summary>
    public static PipelineTokenizer TrainTokenizer(DataOptions data, TokenizerTrainerOptions options, string folder, int? threads,
        IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var trained = data.Sources.Where(s => s.Split != DataSplit.Validation).ToArray();
        var texts = trained.SelectMany(s =>
            Corpus.Read(s).Select(d => d.Text).Where(text => s.Split == DataSplit.Train || TokenizedData.Draw(data.Seed, text) >= data.Validation));
        if (!texts.Any())
        {
            var all = trained.SelectMany(s => Corpus.Read(s)).ToArray();
            throw new MalformedFileException(string.Join(", ", trained.Select(s => s.Path)),
                string.Create(CultureInfo.InvariantCulture,
                    $"{Counted.Of(all.Length, "document")} of {all.Sum(d => (long)d.Bytes):N0} bytes in total, "
                        + $"{(all.Length == 0 ? "none" : "all")} of them held out"),
                "at least two documents, one for training and one for evaluation: add text, or split it into smaller documents");
        }
        return TrainTokenizer(texts, options, folder, threads, progress, stopping);
    }

    /// <summary>Trains a tokenizer and saves it in a folder.</summary>
    public static PipelineTokenizer TrainTokenizer(
        IEnumerable<string> texts, TokenizerTrainerOptions options, string folder, int? threads, IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var tokenizer = options.Train(texts, threads, progress is null ? null : new TokenizerReport(progress), stopping);
        AtomicFolder.Write(folder, tokenizer.Save);
        progress?.Report(new StageStarted("tokenizer", string.Create(CultureInfo.InvariantCulture,
            $"{tokenizer.Vocab:N0} ids, trained on the training text in {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s")));
        return tokenizer;
    }

    /// <summary>Reports the progress of training the tokenizer every few seconds.</summary>
    sealed class TokenizerReport(IProgress<RunEvent> progress) : IProgress<TokenizerTrainingProgress>
    {
        readonly Lock reporting = new();
        long last = System.Diagnostics.Stopwatch.GetTimestamp();

        public void Report(TokenizerTrainingProgress value)
        {
            lock (reporting)
            {
                if (System.Diagnostics.Stopwatch.GetElapsedTime(last) < ReadingReport.Pause)
                    return;
                last = System.Diagnostics.Stopwatch.GetTimestamp();
                progress.Report(new StageStarted("tokenizer", value.Tokens == 0
                    ? string.Create(CultureInfo.InvariantCulture, $"{value.Characters / 1e6:N0} M characters read")
                    : string.Create(CultureInfo.InvariantCulture, $"{value.Tokens:N0} tokens of {value.Words:N0} different words")));
            }
        }
    }

    /// <summary>Reports the progress of reading every few seconds.</summary>
    public sealed class ReadingReport(IProgress<RunEvent> progress) : IProgress<DataProgress>
    {
        public static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);
        readonly long start = System.Diagnostics.Stopwatch.GetTimestamp();
        TimeSpan last;

        public void Report(DataProgress value)
        {
            var now = System.Diagnostics.Stopwatch.GetElapsedTime(start);
            if (now - last < Pause)
                return;
            last = now;
            progress.Report(new DataRead(value.Bytes, value.Documents, value.Bytes / now.TotalSeconds));
        }
    }
}
