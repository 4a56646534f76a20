using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>
/// Windows of one token file in training order. An epoch begins at its own offset, splits the file into windows of Context targets and
/// visits each once, in the order of a keyed permutation. Window i is a pure function of (seed, i).
/// </summary>
sealed class Windows
{
    readonly TokenFile tokens;
    readonly int context, offsets;
    readonly RandomKey orderKey, offsetKey;
    KeyedPermutation order;
    long epoch = -1, offset;

    /// <param name="tokens">The file.</param>
    /// <param name="context">Ids per window. The next id is the target of each.</param>
    /// <param name="least">Desired number of windows per epoch. A small file gets fewer offsets to reach it.</param>
    /// <param name="seed">Seed of order and offsets.</param>
    public Windows(TokenFile tokens, int context, long least, ulong seed)
    {
        (this.tokens, this.context) = (tokens, context);
        Count = (tokens.Count - context) / context; // windows that fit after any offset below Context
        if (Count < least)
            Count = (tokens.Count - 1) / context; // a small corpus: allow fewer offsets
        offsets = (int)Math.Clamp(tokens.Count - Count * context, 1, context);
        orderKey = new RandomKey(seed, 0, 0).At("order of windows");
        offsetKey = new RandomKey(seed, 0, 0).At("offset of windows");
    }

    /// <summary>Windows per epoch.</summary>
    public long Count { get; }

    /// <summary>Copies window i: Context + 1 ids.</summary>
    public void Read(long i, Span<int> window)
    {
        if (i / Count is var wanted && wanted != epoch)
        {
            epoch = wanted;
            order = new KeyedPermutation(orderKey with { Step = checked((uint)epoch) }, Count);
            offset = Philox.Below(offsetKey, (ulong)epoch, offsets);
        }
        tokens.Read(offset + order[i % Count] * context, window);
    }
}
