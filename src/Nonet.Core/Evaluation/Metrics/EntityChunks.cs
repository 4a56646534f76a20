namespace Nonet.Evaluation.Metrics;

/// <summary>A named entity: words [Start, End) of a sentence.</summary>
/// <param name="Type">PER, LOC; empty where the tags name none.</param>
/// <param name="Start">First word.</param>
/// <param name="End">The word behind the last.</param>
public readonly record struct EntityChunk(string Type, int Start, int End)
{
    /// <summary>
    /// The entities that tags spell, by the rules of conlleval and of seqeval's default mode, which read IOB1, IOB2, BIOES and BILOU alike. B and S begin one; E and S end one; I and E begin one
    /// after O, after an end, and where the type changes. Throws an <see cref="ArgumentException"/> for a tag that is none.
    /// </summary>
    public static List<EntityChunk> Of(IReadOnlyList<string> tags)
    {
        var chunks = new List<EntityChunk>();
        var (before, typeBefore, start) = ('O', "", 0);
        for (var i = 0; i <= tags.Count; i++)
        {
            var (mark, type) = i < tags.Count ? Parse(tags[i], i) : ('O', "");
            if (before != 'O' && (before is 'E' or 'S' || mark is 'B' or 'S' or 'O' || type != typeBefore))
                chunks.Add(new EntityChunk(typeBefore, start, i));
            if (mark != 'O' && (mark is 'B' or 'S' || before is 'O' or 'E' or 'S' || type != typeBefore))
                start = i;
            (before, typeBefore) = (mark, type);
        }
        return chunks;
    }

    static (char Mark, string Type) Parse(string tag, int place)
    {
        if (tag == "O")
            return ('O', "");
        if (tag.Length > 0 && (tag.Length == 1 || tag[1] == '-'))
        {
            var mark = tag[0] switch { 'L' => 'E', 'U' => 'S', var c => c };
            if (mark is 'B' or 'I' or 'E' or 'S')
                return (mark, tag.Length > 2 ? tag[2..] : "");
        }
        throw new ArgumentException($"tag {place} is '{tag}': O, or one of B, I, E, S, L and U with - and a type, is needed");
    }
}
