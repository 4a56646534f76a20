using System.Globalization;
using Nonet.Numerics;

namespace Nonet.ToolUse.Tools;

/// <summary>
/// Arithmetic, rounded to two decimals: <c>27 + 4 * 2</c> gives 35, <c>400 / 1400</c> gives 0.29. It has no result for an input that
/// <see cref="Arithmetic"/> cannot evaluate. Schick et al. 2023, section 3.
/// </summary>
public sealed class CalculatorTool : ITool
{
    /// <inheritdoc/>
    public string Name => "Calculator";

    /// <inheritdoc/>
    public string Description => "Computes an arithmetic expression with + - * / and parentheses, such as (27 + 4) * 2.";

    /// <inheritdoc/>
    public string Identity => "two decimals";

    /// <inheritdoc/>
    public Task<string?> RunAsync(string input, CancellationToken cancellationToken) => Task.FromResult(Calculate(input));

    /// <summary>The value of an expression, as a whole number or with two decimals; null if <see cref="Arithmetic"/> cannot evaluate it.</summary>
    public static string? Calculate(string expression)
    {
        if (Arithmetic.Evaluate(expression) is not { } value)
            return null;
        var rounded = Math.Round(value, 2, MidpointRounding.AwayFromZero);
        if (rounded == 0)
            rounded = 0; // without the sign of a small negative number
        return rounded.ToString(value == decimal.Truncate(value) ? "0" : "0.00", CultureInfo.InvariantCulture);
    }
}
