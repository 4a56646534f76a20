using System.Globalization;

namespace Nonet.Recipes.Scaling;

/// <summary>Formats numbers of any size: 1.23e20, 4,567 or 3.21.</summary>
static class ShortNumber
{
    /// <summary>Three significant digits or a few more, with an exponent for very large and very small numbers.</summary>
    public static string Of(double x) =>
        Math.Abs(x) is >= 1e5 or < 1e-3 and > 0 ? x.ToString("0.00#e0", CultureInfo.InvariantCulture)
        : x.ToString(Math.Abs(x) >= 100 ? "#,0.#" : "0.####", CultureInfo.InvariantCulture);
}
