using Nonet.Files;

namespace Nonet.Text;

/// <summary>Truncation and padding of token sequences.</summary>
static class Limits
{
    const int MostPadding = 1 << 20;

    /// <summary>Truncates texts. The first result is kept, the others are the overflow.</summary>
    /// <param name="texts">One or two texts.</param>
    /// <param name="limit">Limit, including special tokens.</param>
    /// <param name="marks">Number of special tokens that the template will add.</param>
    public static List<List<Token>[]> Cut(List<Token>[] texts, Truncation limit, int marks)
    {
        var most = limit.MaxLength - marks;
        if (most < 0)
            throw new ArgumentException($"a maximum length of {limit.MaxLength} has no room for the {marks} special tokens of the template");
        var total = texts.Sum(t => t.Count);
        if (total <= most)
            return [texts];
        var lengths = Lengths(texts, limit.Strategy, most, total);
        var first = Windows(texts[0], lengths[0], limit);
        if (texts.Length == 1)
            return [.. first.Select(w => new[] { w })];
        var second = Windows(texts[1], lengths[1], limit);
        List<List<Token>[]> pieces = [[first[0], second[0]]];
        pieces.AddRange(first.Skip(1).Select(w => new[] { w, second[0] }));
        pieces.AddRange(second.Skip(1).Select(w => new[] { first[0], w }));
        return pieces;
    }

    static int[] Lengths(List<Token>[] texts, TruncationStrategy strategy, int most, int total)
    {
        if (texts.Length == 1)
            return strategy != TruncationStrategy.OnlySecond ? [most]
                : throw new ArgumentException("OnlySecond truncates the second text of a pair, but there is only one text");
        var (a, b) = (texts[0].Count, texts[1].Count);
        if (strategy != TruncationStrategy.LongestFirst)
        {
            var kept = (strategy == TruncationStrategy.OnlyFirst ? a : b) - (total - most);
            if (kept <= 0)
                throw new ArgumentException($"the text that {strategy} cuts is too short to bring {total} tokens to {most}");
            return strategy == TruncationStrategy.OnlyFirst ? [kept, b] : [a, kept];
        }
        var swap = a > b;
        var (less, more) = swap ? (b, a) : (a, b);
        if (less > most)
            more = less;
        else
            more = Math.Max(less, most - less);
        if (less + more > most)
            (less, more) = (most / 2, (most / 2) + (most % 2));
        return swap ? [more, less] : [less, more];
    }

    static List<List<Token>> Windows(List<Token> tokens, int length, Truncation limit)
    {
        if (tokens.Count <= length)
            return [tokens];
        if (length == 0)
            return [[], tokens];
        if (limit.Stride >= length)
            throw new ArgumentException($"a stride of {limit.Stride}: expected less than the {length} tokens of a piece");
        var (windows, step) = (new List<List<Token>>(), length - limit.Stride);
        if (limit.Side == TextSide.Right)
        {
            for (var start = 0; ; start += step)
            {
                windows.Add(tokens[start..Math.Min(start + length, tokens.Count)]);
                if (start + length >= tokens.Count)
                    return windows;
            }
        }
        for (var end = tokens.Count; ; end -= step)
        {
            windows.Add(tokens[Math.Max(0, end - length)..end]);
            if (end - length <= 0)
                return windows;
        }
    }

    /// <summary>Pads inputs to one length.</summary>
    public static Encoded[] Pad(IReadOnlyList<Encoded> inputs, Padding padding)
    {
        var length = padding.Length ?? inputs.Max(i => i.Tokens.Count);
        length = (length + padding.MultipleOf - 1) / padding.MultipleOf * padding.MultipleOf;
        return [.. inputs.Select(One)];

        Encoded One(Encoded input)
        {
            var filling = Enumerable.Repeat(new Token(padding.Id, 0, 0, padding.Type, Special: true, Attended: false),
                Math.Max(0, length - input.Tokens.Count));
            return new Encoded(padding.Side == TextSide.Right ? [.. input.Tokens, .. filling] : [.. filling, .. input.Tokens], [.. input.Overflow.Select(One)]);
        }
    }

    public static Truncation? ReadTruncation(JsonFields? json) => json is null ? null : new Truncation(
        (int)json.Number("max_length", 512, 0, int.MaxValue), (int)json.Number("stride", 0, 0, int.MaxValue), Named<TruncationStrategy>(json, "strategy"),
        Named<TextSide>(json, "direction"));

    public static Padding? ReadPadding(JsonFields? json)
    {
        if (json is null)
            return null;
        int? length = !json.IsText("strategy") && json.Object("strategy") is { } fix ? (int)fix.Number("Fixed", 0, 0, MostPadding) : null;
        return new Padding((int)json.Number("pad_id", 0, 0, int.MaxValue), length, (int)json.Number("pad_to_multiple_of", 1, 1, MostPadding),
            (int)json.Number("pad_type_id", 0, 0, int.MaxValue), Named<TextSide>(json, "direction"));
    }

    static T Named<T>(JsonFields json, string name) where T : struct, Enum
    {
        var text = json.Text(name);
        return text is null ? default : Array.Find(Enum.GetNames<T>(), n => n == text) is { } known ? Enum.Parse<T>(known)
            : throw json.Wrong(name, string.Join(" or ", Enum.GetNames<T>()));
    }
}
