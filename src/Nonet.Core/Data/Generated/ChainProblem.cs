using System.Globalization;
using System.Text;
using Nonet.Data.Masked;

namespace Nonet.Data.Generated;

/// <summary>A step of a chain, labelled with the name of its term: Left ± Right = Result, modulo 100.</summary>
public readonly record struct ChainStep(char Name, int Left, bool Minus, int Right)
{
    internal const int Modulus = 100;

    /// <summary>Result of the step, modulo <c>Modulus</c>.</summary>
    public int Result => (Minus ? Left - Right + Modulus : Left + Right) % Modulus;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} {Left:00}{(Minus ? '-' : '+')}{Right}={Result:00}.");
}

/// <summary>
/// A two-digit number and one-digit terms that are added or subtracted modulo 100: "37 f+5 g-8 h+2". The terms have consecutive letters as names, so
/// that a step can say which term it uses. They can be applied in either order.
/// </summary>
public sealed class ChainProblem
{
    const double HeldOutShare = 1.0 / 16;
    const int Letters = 26;

    readonly int start;
    readonly (char Name, bool Minus, int Number)[] terms;

    ChainProblem(int start, (char Name, bool Minus, int Number)[] terms)
    {
        (this.start, this.terms) = (start, terms);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{start:00}");
        foreach (var (name, minus, number) in terms)
            text.Append(CultureInfo.InvariantCulture, $" {name}{(minus ? '-' : '+')}{number}");
        Text = text.ToString();
    }

    /// <summary>Text of the problem.</summary>
    public string Text { get; }

    /// <summary>Result of the last step.</summary>
    public int Answer => Steps(backward: false)[^1].Result;

    /// <summary>The steps, from the first term forward or from the last term backward.</summary>
    public IReadOnlyList<ChainStep> Steps(bool backward)
    {
        var steps = new ChainStep[terms.Length];
        var total = start;
        for (var i = 0; i < steps.Length; i++)
        {
            var (name, minus, number) = backward ? terms[^(i + 1)] : terms[i];
            steps[i] = new ChainStep(name, total, minus, number);
            total = steps[i].Result;
        }
        return steps;
    }

    /// <summary>Whether the problem is held out from training.</summary>
    public bool IsHeldOut => SymbolMappings.Draw(Text) < HeldOutShare;

    /// <summary>Draws a problem with the given number of steps.</summary>
    internal static ChainProblem Draw(ref KeyedDraws draws, int steps, bool heldOut)
    {
        while (true)
        {
            var first = draws.Below(Letters - steps + 1);
            var terms = new (char Name, bool Minus, int Number)[steps];
            for (var i = 0; i < terms.Length; i++)
                terms[i] = ((char)('a' + first + i), draws.Below(2) == 1, draws.Below(10));
            var problem = new ChainProblem(draws.Below(ChainStep.Modulus), terms);
            if (problem.IsHeldOut == heldOut)
                return problem;
        }
    }
}
