namespace Nonet.Inference.Encoders;

/// <summary>A run of words with one label.</summary>
/// <param name="Label">Without the letter before it.</param>
/// <param name="First">Its first word.</param>
/// <param name="Last">Its last word.</param>
public readonly record struct EntitySpan(string Label, int First, int Last);

/// <summary>Reads spans off labels of words in BIO, IO or BIOES: B-X begins X, I-X is inside, E-X ends it, S-X is one word, O is none.</summary>
public static class EntitySpans
{
    /// <summary>
    /// The spans. As in the scorer of CoNLL, labels that do not fit are forgiven: an I or E without a beginning begins, and a span ends where its label does. A label without a letter
    /// is read as I.
    /// </summary>
    public static IReadOnlyList<EntitySpan> Of(IReadOnlyList<string> labels)
    {
        var (spans, first, open) = (new List<EntitySpan>(), 0, (string?)null);
        for (var i = 0; i <= labels.Count; i++)
        {
            var (letter, label) = i < labels.Count ? Parse(labels[i]) : ('O', "");
            if (open is not null && (letter is 'O' or 'B' or 'S' || label != open))
            {
                spans.Add(new EntitySpan(open, first, i - 1));
                open = null;
            }
            if (letter == 'O')
                continue;
            if (open is null)
                (open, first) = (label, i);
            if (letter is 'E' or 'S')
            {
                spans.Add(new EntitySpan(open, first, i));
                open = null;
            }
        }
        return spans;
    }

    static (char Letter, string Label) Parse(string label) => label == "O" ? ('O', "")
        : label.Length > 2 && label[1] == '-' && label[0] is 'B' or 'I' or 'E' or 'S' ? (label[0], label[2..])
        : ('I', label);
}
