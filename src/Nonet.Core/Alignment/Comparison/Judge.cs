using System.Text.RegularExpressions;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;

namespace Nonet.Alignment.Comparison;

/// <summary>Verdict of a judge on two answers.</summary>
/// <param name="Outcome">1: the first is better; 0: the second; 0.5: neither; 0.75 or 0.25 if one of two judgements is a tie.</param>
/// <param name="IsConsistent">Whether both positions gave the same verdict.</param>
/// <param name="Unread">Number of the two replies that contain no verdict. They count as ties.</param>
public readonly record struct Judgement(double Outcome, bool IsConsistent, int Unread);

/// <summary>
/// A model that says which of two answers is better: a local one, or one behind an IChatClient. It sees each pair twice with the positions swapped, because
/// judges are biased towards a position. Two contradictory verdicts are a tie. Zheng et al. 2023, section 3.4.
/// </summary>
/// <param name="model">The judge.</param>
/// <param name="seed">Seed of its draws, if it samples.</param>
public sealed partial class Judge(ITextModel model, ulong seed = 1)
{
    const int ReplyTokens = 16;

    const string Instruction = "Two answers to the same prompt follow. Decide which one is better: more correct, more helpful and better written. "
        + "Their order means nothing. Reply with a single letter: A if the first is better, B if the second is better, C if they are equally good.";

    /// <summary>Judges the answers of two models to the same prompts.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="answers">Answers of the first model.</param>
    /// <param name="others">Answers of the second model.</param>
    /// <param name="stopping">Cancels the comparison.</param>
    public async Task<Judgement[]> Compare(IReadOnlyList<string> prompts, IReadOnlyList<string> answers, IReadOnlyList<string> others,
        CancellationToken stopping = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(answers.Count, prompts.Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(others.Count, prompts.Count);
        var requests = prompts.SelectMany((prompt, i) => new[] { Ask(prompt, answers[i], others[i]), Ask(prompt, others[i], answers[i]) }).ToArray();
        var replies = new string[requests.Length];
        await model.Write(requests, (i, written) => replies[i] = written.Text, stopping).ConfigureAwait(false);
        return [.. prompts.Select((_, i) => Of(Verdict(replies[2 * i]), Verdict(replies[2 * i + 1])))];
    }

    /// <summary>Combines the verdicts of both orders; each is 1 for the answer that came first.</summary>
    static Judgement Of(double? first, double? swapped)
    {
        var (a, b) = (first ?? 0.5, 1 - (swapped ?? 0.5));
        return new Judgement((a + b) / 2, a == b, (first is null ? 1 : 0) + (swapped is null ? 1 : 0));
    }

    /// <summary>1, 0 or 0.5 for a reply of A, B or C; null for any other reply.</summary>
    internal static double? Verdict(string reply) => Letter().Match(reply) is { Success: true } found
        ? found.Groups[1].Value switch { "A" => 1, "B" => 0, _ => 0.5 } : null;

    TextRequest Ask(string prompt, string first, string second) =>
        new(new ModelPrompt(Instruction, [], $"Prompt:\n{prompt}\n\nAnswer A:\n{first}\n\nAnswer B:\n{second}\n\nThe better answer is", "\n\n"), [],
            ReplyTokens, 0, null, seed);

    [GeneratedRegex(@"(?<![\p{L}'])([ABC])(?![\p{L}'])", RegexOptions.CultureInvariant)]
    private static partial Regex Letter();
}
