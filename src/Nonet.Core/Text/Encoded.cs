namespace Nonet.Text;

/// <summary>A text, or a pair of texts, as tokens.</summary>
/// <param name="Tokens">Tokens, in order.</param>
/// <param name="Overflow">Truncated tokens as further inputs, which share a stride with their neighbours.</param>
public sealed record Encoded(IReadOnlyList<Token> Tokens, IReadOnlyList<Encoded> Overflow)
{
    /// <summary>Ids of the tokens.</summary>
    public int[] Ids => [.. Tokens.Select(t => t.Id)];

    /// <summary>Segment of each token.</summary>
    public int[] Types => [.. Tokens.Select(t => t.Type)];

    /// <summary>1 for tokens that a model attends to, 0 for padding.</summary>
    public int[] AttentionMask => [.. Tokens.Select(t => t.Attended ? 1 : 0)];

    /// <summary>1 for tokens from a template or padding, 0 for text.</summary>
    public int[] SpecialMask => [.. Tokens.Select(t => t.Special ? 1 : 0)];

    /// <summary>Range of each token in the text, in UTF-16 units.</summary>
    public IReadOnlyList<(int Start, int End)> Offsets => [.. Tokens.Select(t => (t.Start, t.End))];
}
