using System.Text.RegularExpressions;
using Nonet.Files;

namespace Nonet.Checkpoints.Adapters;

/// <summary>
/// alpha_pattern of an adapter: a number for the layers that match the end of a name or a regular expression. If several patterns match,
/// the first in the file counts, as in PEFT.
/// </summary>
sealed class LayerPatterns
{
    /// <summary>Limit of regular expressions in a file. Plain names may be as many as there are layers.</summary>
    const int MostExpressions = 200;

    /// <summary>Limit of one match. The clock does not stop while a busy machine runs something else, so it is long.</summary>
    static readonly TimeSpan limit = TimeSpan.FromSeconds(5);

    readonly List<(string Name, Regex? Pattern, double Value)> patterns = [];
    readonly JsonFields? fields;

    public LayerPatterns(JsonFields config, string field)
    {
        fields = config.Object(field);
        var expressions = 0;
        foreach (var name in fields?.All.Select(p => p.Name).Distinct() ?? [])
        {
            var plain = name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
            if (!plain && ++expressions > MostExpressions)
                throw new MalformedFileException(fields!.File, $"more than {MostExpressions} regular expressions in {field}",
                    "names of layers, or a few expressions");
            patterns.Add((name, plain ? null : Parse(name), fields!.Number(name, 0, -1e9, 1e9)));
        }
    }

    /// <summary>Number of a module; null if no pattern matches.</summary>
    /// <exception cref="MalformedFileException">Matching a pattern takes too long.</exception>
    public double? For(string module)
    {
        foreach (var (name, pattern, value) in patterns)
        {
            if (Fits(name, pattern, module))
                return value;
        }
        return null;
    }

    bool Fits(string name, Regex? pattern, string module)
    {
        if (module == name || module.EndsWith("." + name, StringComparison.Ordinal))
            return true;
        if (pattern is null)
            return false;
        try
        {
            return pattern.IsMatch(module);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new MalformedFileException(fields!.File, $"the pattern '{name}', which takes more than {limit.TotalSeconds} s over '{module}'",
                "a pattern that is quick to match", e);
        }
    }

    /// <summary>Matches a whole name, or its part after a dot. Takes linear time unless the pattern has lookarounds or backreferences.</summary>
    Regex Parse(string name)
    {
        var pattern = $@"^(.*\.)?({name})$";
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, limit);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, limit);
        }
        catch (ArgumentException e)
        {
            throw new MalformedFileException(fields!.File, $"the pattern '{name}': {e.Message}", "a name's end or a regular expression", e);
        }
    }
}
