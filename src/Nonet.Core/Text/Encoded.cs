namespace Nonet.Text;

/// <summary>A text, or a pair of texts, as tokens.</summary>
/// <param name="Tokens">In order.</param>
/// <param name="Overflow">What truncation cut off, in pieces that share a stride with their neighbours; each is a whole input of its own.</param>
public sealed record Encoded(IReadOnlyList<Token> Tokens, IReadOnlyList<Encoded> Overflow)
{
    public int[] Ids => [.. Tokens.Select(t => t.Id)];
    public int[] Types => [.. Tokens.Select(t => t.Type)];

    /// <summary>1 where a model attends, 0 for padding.</summary>
    public int[] AttentionMask => [.. Tokens.Select(t => t.Attended ? 1 : 0)];

    /// <summary>1 for what a template or padding added.</summary>
    public int[] SpecialMask => [.. Tokens.Select(t => t.Special ? 1 : 0)];

    /// <summary>The parts of the text, in UTF-16 units.</summary>
    public IReadOnlyList<(int Start, int End)> Offsets => [.. Tokens.Select(t => (t.Start, t.End))];
}
