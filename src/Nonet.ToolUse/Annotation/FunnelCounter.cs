using System.Globalization;

namespace Nonet.ToolUse.Annotation;

/// <summary>Counts the funnel of a tool, text by text.</summary>
/// <param name="tool">Name of the tool.</param>
/// <param name="threshold">Its own τ_f.</param>
/// <param name="thresholds">Further thresholds for which kept calls are counted.</param>
sealed class FunnelCounter(string tool, double threshold, IEnumerable<double> thresholds)
{
    const int MostExamples = 5, Shown = 60;

    readonly double[] thresholds = [.. thresholds.Append(threshold).Distinct().Order()];
    readonly Dictionary<double, (long Calls, long Texts)> kept = [];
    readonly SortedDictionary<ToolOutcome, long> outcomes = [];
    readonly Dictionary<FunnelStage, List<FunnelExample>> passed = [], held = [];
    readonly PriorityQueue<FunnelExample, double> unlikely = new(), useless = new();
    ToolFunnel sum = new() { Tool = tool, Threshold = threshold };

    public string Tool => tool;

    /// <summary>Number of texts into which a call was inserted.</summary>
    public long Examples => sum.Examples;

    /// <summary>Counts texts. <see cref="Add(AnnotatedText)"/> is called besides for each text on which a tool was tried.</summary>
    public void AddTexts(int texts) => sum = sum with { Texts = sum.Texts + texts };

    /// <summary>Counts a text on which a tool was tried.</summary>
    public void Add(AnnotatedText text)
    {
        if (text.Trials.FirstOrDefault(t => t.Tool == tool) is not { } trial)
            return;
        sum = sum with
        {
            Chosen = sum.Chosen + 1,
            TextsWithPositions = sum.TextsWithPositions + (trial.Positions.Count > 0 ? 1 : 0),
            Positions = sum.Positions + trial.Positions.Count,
            Likeliest = Math.Max(sum.Likeliest, trial.Likeliest),
        };
        See(passed, FunnelStage.Chosen, text, 0, "", "");
        if (trial.Positions.Count == 0)
            Best(unlikely, trial.Likeliest, Example(text, 0, "", Number($"the highest p(mark) is {trial.Likeliest:0.0e0}")));
        foreach (var position in trial.Positions)
        {
            See(passed, FunnelStage.Positions, text, position.At, "", Number($"p(mark) {position.Probability:0.000}"));
            foreach (var sample in position.Samples)
                Add(text, position, sample);
        }
        var gains = trial.Positions.SelectMany(p => p.Samples).Where(s => s.Gain is not null).Select(s => s.Gain!.Value).ToArray();
        foreach (var least in thresholds)
        {
            var calls = gains.Count(g => g >= least);
            var before = kept.GetValueOrDefault(least);
            kept[least] = (before.Calls + calls, before.Texts + (calls > 0 ? 1 : 0));
        }
    }

    /// <summary>Counts calls that were inserted into a text.</summary>
    public void AddInserted(int calls) => sum = sum with { Inserted = sum.Inserted + calls, Examples = sum.Examples + (calls > 0 ? 1 : 0) };

    /// <summary>The counts so far.</summary>
    public ToolFunnel ToFunnel()
    {
        held[FunnelStage.Positions] = Ordered(unlikely);
        held[FunnelStage.Kept] = Ordered(useless);
        KeptCount[] counts = [.. thresholds.Select(t => new KeptCount(t, kept.GetValueOrDefault(t).Calls, kept.GetValueOrDefault(t).Texts))];
        var funnel = sum with { Outcomes = outcomes, Kept = counts };
        return funnel with
        {
            Seen = Enum.GetValues<FunnelStage>().Select(s => (Stage: s, Examples: (funnel.Count(s) > 0 ? passed : held).GetValueOrDefault(s)))
                .Where(s => s.Examples is { Count: > 0 }).ToDictionary(s => s.Stage, s => (IReadOnlyList<FunnelExample>)s.Examples!),
        };
    }

    void Add(AnnotatedText text, TriedPosition position, SampledCall sample)
    {
        sum = sum with { Sampled = sum.Sampled + sample.Count, Closed = sum.Closed + (sample.IsClosed ? sample.Count : 0) };
        See(sample.IsClosed ? passed : held, FunnelStage.Closed, text, position.At, sample.Written, sample.IsClosed ? "" : "never closes");
        if (!sample.IsClosed)
            return;
        See(sample.Call is null ? held : passed, FunnelStage.Parsed, text, position.At, sample.Written, sample.Call is null ? $"no call of {tool}" : "");
        if (sample.Call is null)
            return;
        sum = sum with { Parsed = sum.Parsed + sample.Count, Calls = sum.Calls + 1, LookingAhead = sum.LookingAhead + (sample.LooksAhead ? 1 : 0) };
        See(sample.LooksAhead ? held : passed, FunnelStage.Allowed, text, position.At, sample.Written,
            sample.LooksAhead ? "asks for what the text says only later" : "");
        if (sample.Outcome is not { } outcome)
            return;
        outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        See(outcome == ToolOutcome.Answered ? passed : held, FunnelStage.Answered, text, position.At, sample.Written,
            outcome == ToolOutcome.Answered ? sample.Result! : sample.Error is { } error ? $"{outcome}: {error}" : $"{outcome}");
        if (sample.Gain is not { } gain)
            return;
        sum = sum with { HighestGain = Math.Max(sum.HighestGain ?? double.NegativeInfinity, gain) };
        var losses = Number($"L+ {sample.WithResult:0.00}, L(e(c)) {sample.WithoutResult:0.00}, L(empty) {sample.WithoutCall:0.00}: gain {gain:0.00}");
        var says = $"gives {sample.Result}; {losses}";
        if (gain >= threshold)
            See(passed, FunnelStage.Kept, text, position.At, sample.Written, says);
        else
            Best(useless, gain, Example(text, position.At, sample.Written, says));
    }

    static void See(Dictionary<FunnelStage, List<FunnelExample>> where, FunnelStage stage, AnnotatedText text, int at, string written, string says)
    {
        if (!where.TryGetValue(stage, out var examples))
            where.Add(stage, examples = []);
        if (examples.Count < MostExamples)
            examples.Add(Example(text, at, written, says));
    }

    /// <summary>Keeps the examples with the highest scores; among equal scores, the first ones.</summary>
    static void Best(PriorityQueue<FunnelExample, double> examples, double score, FunnelExample example)
    {
        if (examples.Count < MostExamples)
            examples.Enqueue(example, score);
        else if (examples.TryPeek(out _, out var least) && score > least)
            examples.DequeueEnqueue(example, score);
    }

    static List<FunnelExample> Ordered(PriorityQueue<FunnelExample, double> examples) =>
        [.. examples.UnorderedItems.OrderByDescending(e => e.Priority).ThenBy(e => e.Element.Text).Select(e => e.Element)];

    static FunnelExample Example(AnnotatedText text, int at, string written, string says)
    {
        var source = text.Source.Text;
        var from = Math.Max(0, at - Shown);
        var to = Math.Min(source.Length, at + Shown);
        var (before, after) = ((from > 0 ? "…" : "") + source[from..at], source[at..to] + (to < source.Length ? "…" : ""));
        return new FunnelExample(text.Source.Number, before, written, after, says);
    }

    static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
