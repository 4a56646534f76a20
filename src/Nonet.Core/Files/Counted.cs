using System.Globalization;

namespace Nonet.Files;

/// <summary>Numbers of things in words.</summary>
static class Counted
{
    /// <summary>"1 line", "1,234 lines".</summary>
    public static string Of(long n, string noun) => n == 1 ? $"1 {noun}" : string.Create(CultureInfo.InvariantCulture, $"{n:N0} {noun}s");
}
