using System.Globalization;
using System.Text;
using Nonet.Data.Masked;

namespace Nonet.Data.Generated;

/// <summary>A line of a chain: Left + Right or Left - Right, modulo 100, under the name of its term.</summary>
/// <param name="Name">Name of the term.</param>
/// <param name="Left">Total before the step.</param>
/// <param name="Sign">+ or -; * for a distractor, which leaves the total as it is.</param>
/// <param name="Right">Number of the term.</param>
public readonly record struct ChainStep(char Name, int Left, char Sign, int Right)
{
    internal const int Modulus = 100;

    /// <summary>Total after the step, modulo <c>Modulus</c>.</summary>
    public int Result => Sign switch { '+' => (Left + Right) % Modulus, '-' => (Left - Right + Modulus) % Modulus, _ => Left };

    /// <inheritdoc/>
    public override string ToString() =>
        Sign == '*' ? string.Create(CultureInfo.InvariantCulture, $"{Name} {Left:00}.")
            : string.Create(CultureInfo.InvariantCulture, $"{Name} {Left:00}{Sign}{Right}={Result:00}.");
}

/// <summary>
/// A number of two digits, and one-digit terms that are added to it or subtracted from it, modulo 100: "37 f+5 g-8 h+2". The terms are named by consecutive
/// letters, so that a step can say which term it takes, and can be taken in either order. A term with the sign * is a distractor: it does not change the
/// total, as irrelevant details of a word problem do not.
/// </summary>
public sealed class ChainProblem
{
    const double HeldOutShare = 1.0 / 16;
    const int Letters = 26;

    readonly int start;
    readonly (char Name, char Sign, int Number)[] terms;

    ChainProblem(int start, (char Name, char Sign, int Number)[] terms)
    {
        (this.start, this.terms) = (start, terms);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{start:00}");
        foreach (var (name, sign, number) in terms)
            text.Append(CultureInfo.InvariantCulture, $" {name}{sign}{number}");
        Text = text.ToString();
    }

    /// <summary>Text of the problem.</summary>
    public string Text { get; }

    /// <summary>Result of the last step.</summary>
    public int Answer => Steps(backward: false)[^1].Result;

    /// <summary>One line per term, from the first term to the last or from the last to the first.</summary>
    public IReadOnlyList<ChainStep> Steps(bool backward)
    {
        var steps = new ChainStep[terms.Length];
        var total = start;
        for (var i = 0; i < steps.Length; i++)
        {
            var (name, sign, number) = backward ? terms[^(i + 1)] : terms[i];
            steps[i] = new ChainStep(name, total, sign, number);
            total = steps[i].Result;
        }
        return steps;
    }

    /// <summary>Whether the problem is held out from training.</summary>
    public bool IsHeldOut => SymbolMappings.Draw(Text) < HeldOutShare;

    /// <summary>Draws a problem with the given numbers of steps and of distractors.</summary>
    internal static ChainProblem Draw(ref KeyedDraws draws, int steps, int distractors, bool heldOut)
    {
        while (true)
        {
            var first = draws.Below(Letters - steps - distractors + 1);
            var terms = new (char Name, char Sign, int Number)[steps + distractors];
            var left = distractors;
            for (var i = 0; i < terms.Length; i++)
            {
                var isDistractor = left > 0 && draws.Below(terms.Length - i) < left;
                if (isDistractor)
                    left--;
                terms[i] = ((char)('a' + first + i), isDistractor ? '*' : draws.Below(2) == 1 ? '-' : '+', draws.Below(10));
            }
            var problem = new ChainProblem(draws.Below(ChainStep.Modulus), terms);
            if (problem.IsHeldOut == heldOut)
                return problem;
        }
    }
}
