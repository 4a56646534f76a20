using System.Globalization;
using System.Text.RegularExpressions;
using Nonet.Data.Generated;

namespace Nonet.Tests.Data.Generated;

/// <summary>Chains are read again from their text, and every line is computed again.</summary>
public partial class ChainSequencesTests
{
    [GeneratedRegex(@"^Q: (\d\d)((?: [a-z][-+*]\d)+)\nA: (.*)\n$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^(.*?) ?The answer is (\d\d)\. ?(.*)$")]
    private static partial Regex Reply();

    static IEnumerable<(int Start, string[] Terms, string Before, int Answer, string After)> Read(ChainSequences chains, bool heldOut = false)
    {
        for (var i = 0; i < 400; i++)
        {
            var parts = chains.Sequence(seed: 5, (ulong)i, heldOut);
            Assert.Equal([false, true], parts.Select(p => p.Supervised));
            var whole = Whole().Match(string.Concat(parts.Select(p => p.Text)));
            Assert.True(whole.Success, string.Concat(parts.Select(p => p.Text)));
            var reply = Reply().Match(whole.Groups[3].Value);
            yield return (Number(whole.Groups[1].Value), whole.Groups[2].Value.Trim().Split(' '), reply.Groups[1].Value, Number(reply.Groups[2].Value),
                reply.Groups[3].Value);
        }
    }

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The lines of the reasoning in the order of the terms, and the total after the last.</summary>
    static (string Lines, int Total) Computed(int start, IEnumerable<string> terms)
    {
        var (lines, total) = (new List<string>(), start);
        foreach (var term in terms)
        {
            var before = total;
            var number = Number(term[2..]);
            total = term[1] == '+' ? (total + number) % 100 : term[1] == '-' ? (total + 100 - number) % 100 : total;
            lines.Add(term[1] == '*' ? $"{term[0]} {before:00}." : $"{term[0]} {before:00}{term[1]}{number}={total:00}.");
        }
        return (string.Join(' ', lines), total);
    }

    [Theory]
    [InlineData(0), InlineData(3)]
    public void Steps_go_through_the_terms_from_either_end(int distractors)
    {
        var (forward, backward, counts) = (0, 0, new HashSet<(int Steps, int Distractors)>());
        foreach (var (start, terms, before, answer, after) in Read(new ChainSequences(Reasoning.Steps, 2, 5, distractors)))
        {
            var (lines, total) = Computed(start, terms);
            Assert.Equal((total, ""), (answer, after));
            Assert.Contains(before, new[] { lines, Computed(start, terms.Reverse()).Lines });
            forward += before == lines ? 1 : 0;
            backward += before == lines ? 0 : 1;
            counts.Add((terms.Count(t => t[1] != '*'), terms.Count(t => t[1] == '*')));
            Assert.Equal(Enumerable.Range(terms[0][0], terms.Length), terms.Select(t => (int)t[0])); // consecutive letters
        }
        Assert.InRange(forward, 100, 300);
        Assert.InRange(backward, 100, 300);
        Assert.Equal(Enumerable.Range(2, 4).SelectMany(s => Enumerable.Range(0, distractors + 1).Select(d => (s, d))).ToHashSet(), counts);
    }

    [Fact]
    public void The_other_arms_have_the_same_problems_and_answers()
    {
        ChainSequences Arm(Reasoning reasoning) => new(reasoning, 1, 5, 2);
        var steps = Read(Arm(Reasoning.Steps)).ToArray();
        Assert.Equal(steps.Select(s => s with { Before = "" }), Read(Arm(Reasoning.Direct)), Same);
        Assert.Equal(steps.Select(s => s with { Before = new string('.', s.Before.Length) }), Read(Arm(Reasoning.Dots)), Same);
        Assert.Equal(steps.Select(s => s with { Before = "", After = s.Before }), Read(Arm(Reasoning.AnswerFirst)), Same);
        var shuffled = Read(Arm(Reasoning.Shuffled)).ToArray();
        Assert.Equal(steps.Select(s => s with { Before = Sorted(s.Before) }), shuffled.Select(s => s with { Before = Sorted(s.Before) }), Same);
        Assert.True(shuffled.Zip(steps).Count(s => s.First.Before != s.Second.Before) > 200);

        static string Sorted(string lines) => string.Join('.', lines.Split(". ").Select(l => l.TrimEnd('.')).Order(StringComparer.Ordinal));
        static bool Same((int, string[], string, int, string) a, (int, string[], string, int, string) b) =>
            (a.Item1, string.Join(' ', a.Item2), a.Item3, a.Item4, a.Item5) == (b.Item1, string.Join(' ', b.Item2), b.Item3, b.Item4, b.Item5);
    }

    [Fact]
    public void No_held_out_problem_is_trained_on()
    {
        static HashSet<string> Problems(bool heldOut) =>
            [.. Read(new ChainSequences(Reasoning.Steps, 1, 1, 0), heldOut).Select(s => $"{s.Start} {s.Terms[0]}")];
        var trained = Problems(false);
        Assert.True(trained.Count > 300);
        Assert.Empty(trained.Intersect(Problems(true)));
    }

    [Fact]
    public void A_line_is_written_as_it_is_computed() // 97 + 5 and 3 - 8, modulo 100
    {
        Assert.Equal("f 97+5=02.", new ChainStep('f', 97, '+', 5).ToString());
        Assert.Equal("g 03-8=95.", new ChainStep('g', 3, '-', 8).ToString());
        Assert.Equal("h 95.", new ChainStep('h', 95, '*', 4).ToString());
    }
}
