using System.Globalization;
using System.Text.RegularExpressions;

namespace Nonet.Fuzz;

/// <summary>A table by reader, and a line of totals.</summary>
static partial class Report
{
    public static void Print(IReadOnlyList<Outcome> outcomes, TimeSpan took, bool messages)
    {
        Console.WriteLine("| reader | cases | read | refused | failed | slowest ms | most MB |\n|---|---|---|---|---|---|---|");
        foreach (var group in outcomes.GroupBy(o => AllReaders.Of(o.Number).Name).OrderBy(g => g.Key, StringComparer.Ordinal))
            Line(group.Key, [.. group]);
        Line("all", outcomes);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{outcomes.Count} cases, {outcomes.Count(o => o.Verdict == Verdict.Failed)} failed, in {took.TotalSeconds:F0} s"));
        foreach (var kind in outcomes.Where(o => o.Verdict == Verdict.Failed).GroupBy(Shape).OrderByDescending(g => g.Count()))
            Console.WriteLine($"failed {kind.Count()} x, first in case {kind.Min(o => o.Number)}, {kind.Key.Reader}: {kind.Key.Message}");
        if (!messages)
            return;
        foreach (var kind in outcomes.Where(o => o.Verdict == Verdict.Refused).GroupBy(Shape).OrderBy(g => g.Key.Reader).ThenByDescending(g => g.Count()))
            Console.WriteLine($"refused {kind.Count()} x, first in case {kind.Min(o => o.Number)}, {kind.Key.Reader}: {kind.Key.Message}");
    }

    /// <summary>The reader and the message without what differs from case to case.</summary>
    public static (string Reader, string Message) Shape(Outcome outcome)
    {
        var text = Digits().Replace(Key().Replace(Quoted().Replace(outcome.Message, "'…'"), "Key: … "), "#");
        return (AllReaders.Of(outcome.Number).Name, text[..Math.Min(text.Length, 300)]);
    }

    static void Line(string name, IReadOnlyCollection<Outcome> outcomes)
    {
        int Count(Verdict verdict) => outcomes.Count(o => o.Verdict == verdict);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {outcomes.Count} | {Count(Verdict.Read)} | {Count(Verdict.Refused)} | {Count(Verdict.Failed)} | "
                + $"{outcomes.Max(o => o.Milliseconds):F0} | {outcomes.Max(o => o.PeakMegabytes):F0} |"));
    }

    [GeneratedRegex(@"-?\d[\d.]*([eE][-+]?\d+)?")]
    private static partial Regex Digits();

    [GeneratedRegex(@"Key: \S+ ")]
    private static partial Regex Key();

    [GeneratedRegex("'[^']*'")]
    private static partial Regex Quoted();
}
