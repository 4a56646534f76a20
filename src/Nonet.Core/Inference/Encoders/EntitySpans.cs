namespace Nonet.Inference.Encoders;

/// <summary>A run of words with one label.</summary>
/// <param name="Label">Label without the prefix, such as B-.</param>
/// <param name="First">Index of the first word.</param>
/// <param name="Last">Index of the last word.</param>
public readonly record struct EntitySpan(string Label, int First, int Last);

/// <summary>
/// Reads spans from the labels of words in IO, IOB1, IOB2 (BIO), BIOES or BILOU: B-X begins X, I-X is inside, E-X or L-X ends it, S-X or U-X is one word, O
/// is outside. The rules are those of conlleval and of seqeval's default mode: I and E begin a span after O, after an end, and where the label changes.
/// </summary>
public static class EntitySpans
{
    /// <summary>Reads the spans. A label without a prefix counts as I.</summary>
    public static IReadOnlyList<EntitySpan> Of(IReadOnlyList<string> labels) => Of(labels, (label, _) => Parse(label) ?? ('I', label));

    /// <summary>Mark (O, B, I, E or S) and label of a tag such as B-LOC, L-LOC or a bare B; null if the text is not a tag.</summary>
    public static (char Mark, string Label)? Parse(string tag)
    {
        if (tag == "O")
            return ('O', "");
        if (tag.Length == 0 || (tag.Length > 1 && tag[1] != '-'))
            return null;
        var mark = tag[0] switch { 'L' => 'E', 'U' => 'S', var c => c };
        return mark is 'B' or 'I' or 'E' or 'S' ? (mark, tag.Length > 2 ? tag[2..] : "") : null;
    }

    internal static IReadOnlyList<EntitySpan> Of(IReadOnlyList<string> tags, Func<string, int, (char Mark, string Label)> parse)
    {
        var spans = new List<EntitySpan>();
        var (before, labelBefore, first) = ('O', "", 0);
        for (var i = 0; i <= tags.Count; i++)
        {
            var (mark, label) = i < tags.Count ? parse(tags[i], i) : ('O', "");
            if (before != 'O' && (before is 'E' or 'S' || mark is 'B' or 'S' or 'O' || label != labelBefore))
                spans.Add(new EntitySpan(labelBefore, first, i - 1));
            if (mark != 'O' && (mark is 'B' or 'S' || before is 'O' or 'E' or 'S' || label != labelBefore))
                first = i;
            (before, labelBefore) = (mark, label);
        }
        return spans;
    }
}
