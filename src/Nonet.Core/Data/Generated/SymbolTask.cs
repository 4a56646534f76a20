using Nonet.Data.Masked;

namespace Nonet.Data.Generated;

/// <summary>Content of a task's rows.</summary>
enum SymbolKind
{
    /// <summary>Letters.</summary>
    Letters,

    /// <summary>Digits.</summary>
    Digits,

    /// <summary>Letters, then one of them again: "k d f : d".</summary>
    LettersAndOne,

    /// <summary>Letters, then one of them and another letter: "k d f : d m".</summary>
    LettersAndTwo,

    /// <summary>Letters with digits, then one of the letters: "k 3 d 5 : d".</summary>
    PairsAndLetter,

    /// <summary>Letters with digits, then one of the digits.</summary>
    PairsAndDigit,
}

/// <summary>A generated task over a few letters or digits, for instruction tuning in miniature.</summary>
public sealed class SymbolTask
{
    readonly SymbolKind kind;
    readonly char first, last;
    readonly Func<string[], string[], IEnumerable<string>> solve;
    readonly Func<string[], string[], IEnumerable<string>>? reason;

    internal SymbolTask(
        string name, string cluster, SymbolKind kind, IReadOnlyList<string> nouns, Func<string[], string[], IEnumerable<string>> solve,
        Func<string[], string[], IEnumerable<string>>? reason = null, char? first = null, char? last = null)
    {
        (Name, Cluster, this.kind, Nouns, this.solve, this.reason) = (name, cluster, kind, nouns, solve, reason);
        (this.first, this.last) = (first ?? (kind == SymbolKind.Digits ? '0' : 'a'), last ?? (kind == SymbolKind.Digits ? '9' : 'v'));
    }

    /// <summary>Name of the task.</summary>
    public string Name { get; }

    /// <summary>Cluster of the task: tasks that ask for similar things.</summary>
    public string Cluster { get; }

    /// <summary>Names for the answer: "reverse", "mirror image".</summary>
    public IReadOnlyList<string> Nouns { get; }

    /// <summary>Instructions that ask for the answer: five templates with each noun, template by template.</summary>
    public IReadOnlyList<string> Instructions => [.. frames.SelectMany(f => Nouns.Select(n => f.Replace("*", n, StringComparison.Ordinal)))];

    static readonly string[] frames = ["Give the *.", "What is the * of this?", "Write the *.", "Find the * of the input.", "Tell me the *."];

    /// <summary>Row i: a pure function of seed and i. Rows may repeat. The reasoning is null if the task has none.</summary>
    public (string Input, string Answer, string? Reasoning) Row(ulong seed, ulong index)
    {
        var draws = SymbolMappings.Stream(seed, index, $"symbols of {Name}");
        var symbols = new string[draws.Between(2, 4)];
        for (var i = 0; i < symbols.Length; i++)
            symbols[i] = ((char)(first + draws.Below(last - first + 1))).ToString();
        string[] more = [];
        switch (kind)
        {
            case SymbolKind.LettersAndOne:
                more = [symbols[draws.Below(symbols.Length)]];
                break;
            case SymbolKind.LettersAndTwo:
                more = [symbols[draws.Below(symbols.Length)], ((char)('a' + draws.Below(last - 'a' + 1))).ToString()];
                break;
            case SymbolKind.PairsAndLetter or SymbolKind.PairsAndDigit:
                symbols = Pairs(symbols.Length, ref draws);
                more = [symbols[2 * draws.Below(symbols.Length / 2) + (kind == SymbolKind.PairsAndDigit ? 1 : 0)]];
                break;
        }
        var input = string.Join(' ', symbols) + (more.Length > 0 ? $" : {string.Join(' ', more)}" : "");
        return (input, string.Join(' ', solve(symbols, more)), reason is null ? null : string.Join(" , ", reason(symbols, more)) + " .");
    }

    /// <summary>The task as a sentence in a text: "the reverse of k d f is f d k .".</summary>
    public string Statement(ulong seed, ulong index)
    {
        var (input, answer, _) = Row(seed, index);
        var draws = SymbolMappings.Stream(seed, index, $"statement of {Name}");
        var noun = Nouns[draws.Below(Nouns.Count)];
        return draws.Below(5) switch
        {
            0 => $"the {noun} of {input} is {answer} .",
            1 => $"{input} has the {noun} {answer} .",
            2 => $"{noun} of {input} = {answer} .",
            3 => $"see {input} . its {noun} is {answer} .",
            _ => $"as for the {noun} , {input} gives {answer} .",
        };
    }

    /// <summary>Different letters, each with a digit of its own.</summary>
    static string[] Pairs(int count, ref KeyedDraws draws)
    {
        var (letters, digits) = (Enumerable.Range('a', 22).Select(c => (char)c).ToArray(), "0123456789".ToCharArray());
        var pairs = new string[2 * count];
        for (var i = 0; i < count; i++)
        {
            var (l, d) = (i + draws.Below(letters.Length - i), i + draws.Below(digits.Length - i));
            (letters[i], letters[l]) = (letters[l], letters[i]);
            (digits[i], digits[d]) = (digits[d], digits[i]);
            (pairs[2 * i], pairs[2 * i + 1]) = (letters[i].ToString(), digits[i].ToString());
        }
        return pairs;
    }
}
