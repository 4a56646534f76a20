using System.Globalization;
using Nonet.Data.Masked;

namespace Nonet.Data.Generated;

/// <summary>Text between a problem and its answer: the variants of Wei et al. 2022, section 3.3, used in training.</summary>
public enum Reasoning
{
    /// <summary>Nothing: the answer follows at once.</summary>
    Direct,

    /// <summary>The steps, from either end of the problem.</summary>
    Steps,

    /// <summary>The steps in random order.</summary>
    Shuffled,

    /// <summary>As many dots as the steps have characters.</summary>
    Dots,

    /// <summary>The steps, after the answer.</summary>
    AnswerFirst,
}

/// <summary>
/// Chains of additions and subtractions, asked and answered in the format of Wei et al. 2022: "Q: 37 f+5 g-8", "A: f 37+5=42. g 42-8=34. The answer is 34."
/// </summary>
/// <param name="reasoning">Text between problem and answer.</param>
/// <param name="least">Smallest number of steps.</param>
/// <param name="most">Largest number of steps.</param>
/// <param name="distractors">Largest number of terms that do not change the total. Their lines of the reasoning only repeat it.</param>
public sealed class ChainSequences(Reasoning reasoning, int least, int most, int distractors = 0) : ISequenceGenerator
{
    /// <inheritdoc/>
    public IReadOnlyList<SequencePart> Sequence(ulong seed, ulong index, bool heldOut)
    {
        var problem = Problem(seed, index, least, most, distractors, heldOut);
        var draws = SymbolMappings.Stream(seed, index, "reasoning");
        return [new SequencePart(Question(problem), false), new SequencePart($" {Answered(problem, reasoning, ref draws)}\n", true)];
    }

    /// <summary>The problem of sequence i.</summary>
    public static ChainProblem Problem(ulong seed, ulong index, int least, int most, int distractors, bool heldOut)
    {
        var draws = SymbolMappings.Stream(seed, index, "chain");
        var steps = draws.Between(least, most);
        return ChainProblem.Draw(ref draws, steps, distractors == 0 ? 0 : draws.Between(0, distractors), heldOut);
    }

    /// <summary>The problem as a prompt, up to the beginning of the answer.</summary>
    public static string Question(ChainProblem problem) => $"Q: {problem.Text}\nA:";

    static string Answered(ChainProblem problem, Reasoning reasoning, ref KeyedDraws draws)
    {
        var steps = problem.Steps(backward: draws.Below(2) == 1).Select(s => s.ToString()).ToArray();
        var answer = string.Create(CultureInfo.InvariantCulture, $"The answer is {problem.Answer:00}.");
        switch (reasoning)
        {
            case Reasoning.Direct:
                return answer;
            case Reasoning.Dots:
                return $"{new string('.', string.Join(' ', steps).Length)} {answer}";
            case Reasoning.AnswerFirst:
                return $"{answer} {string.Join(' ', steps)}";
            case Reasoning.Shuffled:
                for (var i = steps.Length - 1; i > 0; i--)
                {
                    var j = draws.Below(i + 1);
                    (steps[i], steps[j]) = (steps[j], steps[i]);
                }
                break;
        }
        return $"{string.Join(' ', steps)} {answer}";
    }
}
