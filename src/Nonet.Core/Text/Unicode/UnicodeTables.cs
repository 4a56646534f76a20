using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Nonet.Text.Unicode;

/// <summary>
/// Unicode tables of Hugging Face's tokenizers 0.23, whose parts follow Unicode 8 to 17: decompositions, combining classes, sets of characters, scripts. .NET's
/// own functions do not suffice: without ICU they do not normalise, and all their categories are those of Unicode 16. Written by bench/unicode_tables.py.
/// </summary>
static class UnicodeTables
{
    static readonly Lazy<Content> content = new(Read);
    static readonly ConcurrentDictionary<string, CodePointSet> sets = new(StringComparer.Ordinal);

    sealed class Content
    {
        public Dictionary<string, string> Sets { get; } = new(StringComparer.Ordinal);
        public Dictionary<string, CodePointSet> Scripts { get; } = new(StringComparer.Ordinal);
        public Dictionary<int, int> Lower { get; } = [];
        public Dictionary<int, byte> Classes { get; } = [];
        public Dictionary<int, int[]> Canonical { get; } = [];
        public Dictionary<int, int[]> Compatible { get; } = [];
        public Dictionary<(int, int), int> Compositions { get; } = [];
    }

    /// <summary>Marks according to StripAccents.</summary>
    public static CodePointSet Mark => Set("mark");

    /// <summary>Marks according to BertNormalizer.</summary>
    public static CodePointSet BertMark => Set("bert-mark");
    public static CodePointSet BertControl => Set("bert-control");
    public static CodePointSet BertPunctuation => Set("bert-punctuation");
    public static CodePointSet Number => Set("number");

    /// <summary>\w of the pre-tokenizer Whitespace and of an added token's single_word.</summary>
    public static CodePointSet Word => Set("word");

    /// <summary>\w of a regular expression.</summary>
    public static CodePointSet RegexWord => Set("regex-word");
    public static CodePointSet RegexPunctuation => Set("regex-punctuation");
    public static CodePointSet Alphabetic => Set("alphabetic");

    /// <summary>The characters of each script, by its name in Unicode.</summary>
    public static IReadOnlyDictionary<string, CodePointSet> Scripts => content.Value.Scripts;

    /// <summary>Characters without a script according to UnicodeScripts.</summary>
    public static CodePointSet NoScript => Set("no-script");

    public static byte CombiningClass(int codePoint) => content.Value.Classes.GetValueOrDefault(codePoint);

    /// <summary>Decomposition of a character in one step; null if it does not change.</summary>
    public static int[]? Decomposition(int codePoint, bool compatible) =>
        content.Value.Canonical.GetValueOrDefault(codePoint) ?? (compatible ? content.Value.Compatible.GetValueOrDefault(codePoint) : null);

    /// <summary>Composition of two characters; -1 if they have none.</summary>
    public static int Composition(int first, int second) => content.Value.Compositions.GetValueOrDefault((first, second), -1);

    /// <summary>Appends a character in lower case: two characters for U+0130, otherwise one.</summary>
    public static void AppendLower(Rune rune, ICollection<Rune> to)
    {
        if (rune.Value == 0x130)
        {
            to.Add(new Rune('i'));
            to.Add(new Rune(0x307));
        }
        else
            to.Add(content.Value.Lower.TryGetValue(rune.Value, out var lower) ? new Rune(lower) : Rune.ToLowerInvariant(rune));
    }

    static CodePointSet Set(string name) => sets.GetOrAdd(name, n => CodePointSet.Parse(content.Value.Sets[n]));

    static Content Read()
    {
        using var stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("Nonet.Text.Unicode.unicode.txt")!;
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var read = new Content();
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            switch (fields[0])
            {
                case "set":
                    read.Sets[fields[1]] = string.Join(' ', fields[2..]);
                    break;
                case "script":
                    read.Scripts[fields[1]] = CodePointSet.Parse(string.Join(' ', fields[2..]));
                    break;
                case "lower":
                    read.Lower[Hex(fields[1])] = Hex(fields[2]);
                    break;
                case "class":
                    foreach (var (from, to) in CodePointSet.Parse(string.Join(' ', fields[2..])).Ranges)
                    {
                        for (var c = from; c <= to; c++)
                            read.Classes[c] = byte.Parse(fields[1], CultureInfo.InvariantCulture);
                    }
                    break;
                default: // c: canonical, composed again; d: canonical; k: compatible
                    var (code, parts) = (Hex(fields[1]), Array.ConvertAll(fields[2..], Hex));
                    (fields[0] == "k" ? read.Compatible : read.Canonical)[code] = parts;
                    if (fields[0] == "c")
                        read.Compositions[(parts[0], parts[1])] = code;
                    break;
            }
        }
        return read;
    }

    static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
