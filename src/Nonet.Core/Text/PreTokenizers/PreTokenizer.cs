using System.Text;
using Nonet.Files;
using Nonet.Text.Normalizers;
using Nonet.Text.Patterns;
using Nonet.Text.Splits;
using Nonet.Text.Unicode;

namespace Nonet.Text.PreTokenizers;

/// <summary>Splits a text into words, which tokens never cross: the part `pre_tokenizer` of tokenizer.json.</summary>
abstract class PreTokenizer
{
    /// <summary>Splits a piece of text into words. No word is empty.</summary>
    public abstract List<AlignedText> Cut(AlignedText text);

    /// <summary>Whether white space is dropped, and the words between do not depend on the text beyond it.</summary>
    public virtual bool DropsSpaces => false;

    /// <summary>Reads a pre-tokenizer; null if the field is absent or null.</summary>
    public static PreTokenizer? Read(JsonFields? json) => json is null ? null : json.Text("type") switch
    {
        "Sequence" => new SequencePreTokenizer([.. json.Objects("pretokenizers").Select(j => Read(j)!)]),
        "ByteLevel" => new ByteLevelPreTokenizer(json.Flag("add_prefix_space", true), json.Flag("use_regex", true)),
        "Split" => new SplitPreTokenizer(json),
        "Metaspace" => new MetaspacePreTokenizer(json),
        "Whitespace" => new PatternPreTokenizer(new RunPattern(WordKind), SplitBehavior.Removed, invert: true, dropsSpaces: true),
        "WhitespaceSplit" => Spaces(),
        "BertPreTokenizer" => new SequencePreTokenizer(
            [Spaces(), new PatternPreTokenizer(new CharacterPattern(UnicodeTables.BertPunctuation.Contains), SplitBehavior.Isolated)]),
        "Digits" => new PatternPreTokenizer(
            new CharacterPattern(UnicodeTables.Number.Contains), json.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "Punctuation" => new PatternPreTokenizer(new CharacterPattern(UnicodeTables.BertPunctuation.Contains), Behavior(json, SplitBehavior.Isolated)),
        "CharDelimiterSplit" => Delimiter(json),
        "UnicodeScripts" => new UnicodeScriptsPreTokenizer(),
        "FixedLength" => new FixedLengthPreTokenizer(json.Positive("length", 5)),
        _ => throw json.Wrong("type",
            "Sequence, ByteLevel, Split, Metaspace, Whitespace, WhitespaceSplit, BertPreTokenizer, Digits, Punctuation, CharDelimiterSplit, UnicodeScripts "
                + "or FixedLength"),
    };

    public static SplitBehavior Behavior(JsonFields json, SplitBehavior? otherwise = null)
    {
        var name = json.Text("behavior");
        if (name is null && otherwise is { } given)
            return given;
        return Enum.GetNames<SplitBehavior>().Contains(name, StringComparer.Ordinal) ? Enum.Parse<SplitBehavior>(name!)
            : throw json.Wrong("behavior", string.Join(" or ", Enum.GetNames<SplitBehavior>()));
    }

    static PatternPreTokenizer Delimiter(JsonFields json)
    {
        var text = json.Text("delimiter") ?? "";
        if (Rune.DecodeFromUtf16(text, out var rune, out var width) != System.Buffers.OperationStatus.Done || width != text.Length)
            throw json.Wrong("delimiter", "one character");
        return new PatternPreTokenizer(new CharacterPattern(c => c == rune.Value), SplitBehavior.Removed);
    }

    static PatternPreTokenizer Spaces() => new(new CharacterPattern(IsSpace), SplitBehavior.Removed, dropsSpaces: true);

    static bool IsSpace(int c) => Rune.IsWhiteSpace(new Rune(c));

    static int WordKind(int c) => UnicodeTables.Word.Contains(c) ? 1 : IsSpace(c) ? 0 : 2;
}

/// <summary>Applies several pre-tokenizers in order, each to the words of the previous one.</summary>
sealed class SequencePreTokenizer(PreTokenizer[] parts) : PreTokenizer
{
    public IReadOnlyList<PreTokenizer> Parts => parts;
    public override bool DropsSpaces =>
        parts is [{ DropsSpaces: true }, ..] && parts.All(p => p is PatternPreTokenizer or SequencePreTokenizer { DropsSpaces: true });

    public override List<AlignedText> Cut(AlignedText text)
    {
        List<AlignedText> words = [text];
        foreach (var part in parts)
            words = [.. words.SelectMany(part.Cut)];
        return words;
    }
}

/// <summary>Splits at the matches of a pattern.</summary>
sealed class PatternPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert = false, bool dropsSpaces = false) : PreTokenizer
{
    public override bool DropsSpaces => dropsSpaces;

    public override List<AlignedText> Cut(AlignedText text) => pattern.Cut(text, behavior, invert);
}

/// <summary>The pre-tokenizer Split. Known patterns, such as those of GPT-2 and GPT-4, are replaced by faster hand-written code.</summary>
sealed class SplitPreTokenizer : PreTokenizer
{
    readonly Pattern? pattern;
    readonly SplitBehavior behavior;
    readonly bool invert;

    public SplitPreTokenizer(JsonFields json)
    {
        (behavior, invert) = (Behavior(json), json.Flag("invert", false));
        if (behavior == SplitBehavior.Isolated || (behavior == SplitBehavior.Removed && invert)) // every character belongs to a match of a known pattern
            Words = json.IsText("pattern") ? null : WordSplit.Known(json.Object("pattern")?.Text("Regex"));
        if (Words is null)
            pattern = Pattern.Read(json);
    }

    /// <summary>Hand-written split that is equivalent to the pattern; null: none.</summary>
    public WordSplit? Words { get; }

    public override List<AlignedText> Cut(AlignedText text) => Words?.Cut(text) ?? pattern!.Cut(text, behavior, invert);
}

/// <summary>Spells bytes as characters, after a split by GPT-2's pattern if <paramref name="useRegex"/> is set.</summary>
sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    static readonly Gpt2Split words = new();

    public bool AddPrefixSpace => addPrefixSpace;
    public bool UseRegex => useRegex;

    public override List<AlignedText> Cut(AlignedText text)
    {
        if (addPrefixSpace && !text.Text.StartsWith(' '))
            text.Prepend(" ");
        var cut = useRegex ? words.Cut(text) : [text];
        foreach (var word in cut)
            ByteAlphabet.Spell(word);
        return cut;
    }
}

/// <summary>Replaces spaces by a visible character, adds one before the text, and begins words with it.</summary>
sealed class MetaspacePreTokenizer : PreTokenizer
{
    readonly string replacement;
    readonly string scheme;
    readonly bool split;

    public MetaspacePreTokenizer(JsonFields json)
    {
        replacement = Metaspace.Replacement(json);
        scheme = Metaspace.Scheme(json);
        split = json.Flag("split", true);
    }

    public override List<AlignedText> Cut(AlignedText text)
    {
        text.Replace(new LiteralPattern(" ").Matches(text.Text), replacement);
        if ((scheme == "always" || (scheme == "first" && text.Start == 0)) && !text.Text.StartsWith(replacement, StringComparison.Ordinal))
            text.Prepend(replacement);
        return split ? new LiteralPattern(replacement).Cut(text, SplitBehavior.MergedWithNext) : [text];
    }
}

/// <summary>Splits a text into words of a fixed number of characters.</summary>
sealed class FixedLengthPreTokenizer(int length) : PreTokenizer
{
    public override List<AlignedText> Cut(AlignedText text)
    {
        var (words, start, count, at) = (new List<AlignedText>(), 0, 0, 0);
        foreach (var rune in text.Text.EnumerateRunes())
        {
            at += rune.Utf16SequenceLength;
            if (++count == length)
            {
                words.Add(text.Slice(start, at));
                (start, count) = (at, 0);
            }
        }
        if (at > start)
            words.Add(text.Slice(start, at));
        return words;
    }
}

/// <summary>Splits where the script changes. Kana belong to Chinese characters, and a space to the preceding text.</summary>
sealed class UnicodeScriptsPreTokenizer : PreTokenizer
{
    const string Any = "Any";

    public override List<AlignedText> Cut(AlignedText text)
    {
        var (words, start, at, last) = (new List<AlignedText>(), -1, 0, "");
        foreach (var rune in text.Text.EnumerateRunes())
        {
            var script = Of(rune.Value);
            if (script != Any && script != last)
            {
                if (start >= 0)
                    words.Add(text.Slice(start, at));
                (start, last) = (at, script); // text before the first letter is lost, as in tokenizers
            }
            at += rune.Utf16SequenceLength;
        }
        if (start >= 0)
            words.Add(text.Slice(start, at));
        return words;
    }

    static string Of(int c) => c switch
    {
        0x30FC => "Han",
        0x589 or 0x61C => "Common", // these four code points as in an older version of Unicode
        0x953 or 0x954 => "Devanagari",
        _ when UnicodeTables.NoScript.Contains(c) => Any,
        _ => UnicodeTables.Scripts.FirstOrDefault(s => s.Value.Contains(c)).Key switch
        {
            "Hiragana" or "Katakana" => "Han",
            var script => script ?? Any,
        },
    };
}
