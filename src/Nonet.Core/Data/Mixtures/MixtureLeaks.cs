namespace Nonet.Data.Mixtures;

/// <summary>How training tasks and a held-out task share data.</summary>
public enum LeakKind
{
    /// <summary>Both come from one data set.</summary>
    SameDataset,

    /// <summary>Rows of the held-out task are rows of the training task.</summary>
    SameRows,

    /// <summary>Rows of the held-out task are rows of the training task with question and answer exchanged, or an inverted copy asks for them.</summary>
    InvertedRows,

    /// <summary>Rows of the held-out task share many words in a row with the training task.</summary>
    Overlap,
}

/// <summary>Data that a held-out task shares with a training task.</summary>
/// <param name="HeldOut">The held-out task.</param>
/// <param name="Training">The training task.</param>
/// <param name="Kind">What they share.</param>
/// <param name="Rows">Number of shared rows of the held-out task; all rows for a shared data set.</param>
/// <param name="Of">Number of rows of the held-out task that were compared.</param>
/// <param name="Shared">An example of the shared data.</param>
public sealed record MixtureLeak(string HeldOut, string Training, LeakKind Kind, int Rows, int Of, string Shared);

/// <summary>Finds data that held-out tasks share with training tasks, so that results on held-out tasks can be trusted.</summary>
public static class MixtureLeaks
{
    const int LongestShown = 80;

    /// <summary>The leaks of a mixture.</summary>
    public static IReadOnlyList<MixtureLeak> Of(InstructionMixture mixture)
    {
        var trained = mixture.Shares.GroupBy(s => s.Task).Select(g => (Task: g.Key, Inverted: g.Any(s => s.Inverted))).ToArray();
        var leaks = new List<MixtureLeak>();
        var indexes = trained.Select(t => new Lazy<Index>(() => new Index(t.Task, mixture.Options.Overlap))).ToArray();
        foreach (var held in mixture.HeldOutTasks)
        {
            for (var t = 0; t < trained.Length; t++)
            {
                var (task, inverted) = trained[t];
                if (task.Dataset == held.Dataset)
                    leaks.Add(new MixtureLeak(held.Name, task.Name, LeakKind.SameDataset, held.Rows.Count, held.Rows.Count, held.Dataset));
                leaks.AddRange(indexes[t].Value.Leaks(held, inverted, mixture.Options.Overlap));
            }
        }
        return leaks;
    }

    /// <summary>Rows and word grams of a training task.</summary>
    sealed class Index
    {
        readonly MixtureTask task;
        readonly HashSet<(string, string)> pairs = [];
        readonly HashSet<ulong> grams = [];

        public Index(MixtureTask task, int length)
        {
            this.task = task;
            foreach (var row in task.Rows)
            {
                pairs.UnionWith(row.Targets.Select(t => (Plain(row.Input), Plain(t))));
                grams.UnionWith(WordGrams.Of(WordGrams.Words(TextOf(row)), length).Select(g => g.Hash));
            }
        }

        public IEnumerable<MixtureLeak> Leaks(MixtureTask held, bool inverted, int length)
        {
            var (same, swapped, overlap) = (new Found(), new Found(), new Found());
            var compared = 0;
            foreach (var row in held.Rows)
            {
                if (row.Targets.Any(t => pairs.Contains((Plain(row.Input), Plain(t)))))
                    (inverted ? swapped : same).Add(row.Input);
                else if (row.Targets.Any(t => pairs.Contains((Plain(t), Plain(row.Input)))))
                    swapped.Add(row.Input);
                var words = WordGrams.Words(TextOf(row));
                compared += words.Length >= length ? 1 : 0;
                foreach (var (hash, start) in WordGrams.Of(words, length))
                {
                    if (!grams.Contains(hash))
                        continue;
                    overlap.Add(string.Join(' ', words, start, length));
                    break;
                }
            }
            foreach (var (found, kind, of) in new[] { (same, LeakKind.SameRows, held.Rows.Count), (swapped, LeakKind.InvertedRows, held.Rows.Count),
                (overlap, LeakKind.Overlap, compared) })
            {
                if (found.Count > 0)
                    yield return new MixtureLeak(held.Name, task.Name, kind, found.Count, of, found.First);
            }
        }

        static string TextOf(TaskRow row) => $"{row.Input} {string.Join(' ', row.Targets)}";

        static string Plain(string text) => string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    sealed class Found
    {
        public int Count { get; private set; }
        public string First { get; private set; } = "";

        public void Add(string text)
        {
            if (Count++ == 0)
                First = text.Length <= LongestShown ? text : text[..(LongestShown - 3)] + "...";
        }
    }
}
