namespace Nonet.Inference.Constraints.Grammars;

/// <summary>The tokens of a cached mask, stored as ids if they are few.</summary>
sealed class TokenList
{
    const int Few = 256;

    readonly int[]? ids;
    readonly ulong[]? words;

    public TokenList(TokenMask mask)
    {
        var count = mask.Count;
        if (count > Few)
        {
            words = mask.Words.ToArray();
            return;
        }
        ids = new int[count];
        var next = 0;
        for (var at = 0; at < mask.Words.Length; at++)
        {
            for (var word = mask.Words[at]; word != 0; word &= word - 1)
                ids[next++] = (at * 64) + System.Numerics.BitOperations.TrailingZeroCount(word);
        }
    }

    /// <summary>Approximate memory in bytes.</summary>
    public int Size => 64 + (ids?.Length * sizeof(int) ?? words!.Length * sizeof(ulong));

    /// <summary>Sets a mask to these tokens.</summary>
    public void CopyTo(TokenMask mask)
    {
        mask.Clear();
        if (words is not null)
            mask.Or(words);
        foreach (var id in ids ?? [])
            mask.Allow(id);
    }
}
